"""Journey 4 of the practitioners: ask to be told, confirm, be told that an order changes one's rights, read, stop."""

import email
import email.policy
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.browser.conftest import RACINE, assert_accessible

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.navigateur
Gestes = Callable[[str], None]

# What two agents and the worker do, in processes of their own, on the base of the server.
TRAVAIL = "from tests.aides.suivis_essai import work; work()"
PUBLICATION = """
from tests.browser.suivi_actes import publish
publish({numero!r})
"""
RETRAIT = """
from tests.browser.suivi_actes import retract
retract({numero!r})
"""


@pytest.fixture
def boite(tmp_path: Path) -> Path:
    return tmp_path / "courriels"


@pytest.fixture
def geste(portail: str, boite: Path) -> Gestes:
    parties = urlsplit(os.environ["DATABASE_URL"])
    if "MAILLAGE_NAVIGATEUR_URL" not in os.environ:
        parties = parties._replace(path=f"/maillage_navigateur_{os.getpid()}")
    env = {
        **os.environ,
        "DATABASE_URL": urlunsplit(parties),
        "DJANGO_SETTINGS_MODULE": "portal.settings.dev",
        "MAILLAGE_COURRIELS": str(boite),
        "MAILLAGE_ADRESSE": portail,
    }

    def act(code: str) -> None:
        commande = [sys.executable, "manage.py", "shell", "-v", "0", "-c", code]
        fini = subprocess.run(commande, cwd=RACINE, env=env, capture_output=True, text=True)
        assert fini.returncode == 0, fini.stderr[-3000:]

    return act


@pytest.fixture
def arrete(geste: Gestes) -> Iterator[str]:
    """The number of an order that the test may publish; taken back afterwards, so that the next test starts alike."""
    numero = f"E-{os.urandom(4).hex()}"
    yield numero
    geste(RETRAIT.format(numero=numero))


def read_lien(boite: Path, sujet: str, motif: str) -> str:
    """The link of the only message whose subject begins so."""
    messages = [email.message_from_bytes(f.read_bytes(), policy=email.policy.default) for f in boite.glob("*.eml")]
    (message,) = [m for m in messages if m["Subject"].strip().startswith(sujet)]
    corps = message.get_body(("plain",))
    assert corps is not None
    trouve = re.search(motif, corps.get_content())
    assert trouve is not None
    return trouve[0]


def test_from_an_answer_to_the_message_and_to_the_stop(page: "Page", geste: Gestes, boite: Path, arrete: str) -> None:
    adresse = f"{arrete.lower()}@exemple.fr"
    page.goto("/aides/verifier/resultat/?commune=71076&profession=medecin&statut=projet")
    page.get_by_role("link", name="Me prévenir si cela change").press("Enter")
    page.wait_for_url(re.compile("/suivi/nouveau/"))
    assert_accessible(page)
    page.get_by_label("Votre adresse électronique").fill("pas une adresse")
    page.get_by_role("button", name="Recevoir le lien").press("Enter")
    page.get_by_text("n'est pas complète").wait_for()
    assert_accessible(page)
    page.get_by_label("Votre adresse électronique").fill(adresse)
    page.get_by_role("button", name="Recevoir le lien").press("Enter")
    page.wait_for_url("**/suivi/demande/")
    assert_accessible(page)

    geste(TRAVAIL)
    page.goto(read_lien(boite, "Confirmez", r"http://\S+/suivi/confirmer/\S+"))
    assert_accessible(page)
    page.get_by_role("button", name="Confirmer ce suivi").press("Enter")
    page.get_by_text("Vous serez prévenu à chaque changement").wait_for()
    suivi = page.url
    assert "Rien depuis le début de ce suivi" in page.locator("main").inner_text()

    geste(PUBLICATION.format(numero=arrete))
    geste(TRAVAIL)
    page.goto(read_lien(boite, "Vos aides vont changer", r"http://\S+/changements/\d+/"))
    assert_accessible(page)
    texte = page.locator("main").inner_text()
    assert arrete in texte
    assert "va à son terme" in texte
    assert page.locator("article").count() >= 1
    page.get_by_role("link", name="La vérification complète, la veille").press("Enter")
    page.wait_for_url(re.compile("/aides/verifier/resultat/"))
    page.goto(suivi)
    assert arrete in page.locator("main").inner_text()
    assert_accessible(page)

    page.goto(read_lien(boite, "Vos aides vont changer", r"http://\S+/suivi/arret/\S+"))
    assert_accessible(page)
    page.get_by_role("button", name="Arrêter tous mes suivis").press("Enter")
    page.get_by_role("heading", name="C’est arrêté").wait_for()
    assert_accessible(page)
    page.goto(suivi)
    page.get_by_text("Arrêté", exact=True).wait_for()
    assert_accessible(page)
