"""ARS staff, end of journey 5: from a campaign, a bulletin to the members of a CPTS, its mail, its stop."""

import os
import re
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.atelier import Geste
from tests.browser.conftest import assert_accessible
from tests.browser.connexion import type_password
from tests.browser.test_espace import CODE, PREPARER, SECRET, follow, press, read

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.navigateur
LIVRER = "from tests.browser.bulletins_actes import work\nwork()\n"


@pytest.mark.parametrize(("largeur", "javascript"), [(360, False)], indirect=True)
def test_a_bulletin_leaves_from_the_page_of_a_campaign(page: "Page", geste: Geste, boite: Path) -> None:
    marque = os.urandom(4).hex()
    courriel = f"coordination-{marque}@exemple.fr"
    geste(PREPARER.format(courriel=courriel))
    page.goto(f"/prevention/campagnes/grippe-2024-2025/?dans=cpts:{CODE}")
    follow(page, "Écrire un bulletin aux membres")
    type_password(page, courriel, SECRET)
    page.get_by_label("Objet").fill(f"Semaine {marque}")
    page.get_by_label("Texte").fill("La campagne avance.")
    assert_accessible(page)
    press(page, "Enregistrer le brouillon et le relire")
    assert re.search(r"\d+ personnes? recevr(a|ont) ce bulletin", read(page))
    assert_accessible(page)
    press(page, "Publier")
    assert "Le bulletin est publié" in read(page)
    geste(LIVRER)
    recus = [message_from_bytes(lu.read_bytes(), policy=policy.default) for lu in boite.glob("bulletin-*.eml")]
    (message,) = [lu for lu in recus if lu["To"] == courriel]
    assert message["Subject"] == f"Semaine {marque} — CPTS du Chalonnais"
    texte = str(message.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    chemins = re.findall(r"https?://[^/\s]+(/\S+)", texte)
    assert any(chemin.startswith("/prevention/releves/") for chemin in chemins)
    page.goto(next(chemin for chemin in chemins if re.fullmatch(r"/prevention/bulletins/\d+/", chemin)))
    assert_accessible(page)
    page.goto(next(chemin for chemin in chemins if "/arret/" in chemin))
    assert_accessible(page)
    press(page, "Arrêter les bulletins")
    assert "C’est arrêté" in read(page)
