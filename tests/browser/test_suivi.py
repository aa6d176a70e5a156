"""Journey 4 of the practitioners: ask to be told, confirm, be told that an order changes one's rights, read, stop."""

import email
import email.policy
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.atelier import Geste
from tests.browser.conftest import assert_accessible

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.navigateur

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
def arrete(geste: Geste) -> Iterator[str]:
    """The number of an order that the test may publish; taken back afterwards, so that the next test starts alike."""
    numero = f"E-{os.urandom(4).hex()}"
    yield numero
    geste(RETRAIT.format(numero=numero))


def read_lien(boite: Path, adresse: str, sujet: str, motif: str) -> str:
    """The link of the only message to that address whose subject begins so: others follow the same commune."""
    messages = [email.message_from_bytes(f.read_bytes(), policy=email.policy.default) for f in boite.glob("*.eml")]
    siens = [message for message in messages if message["To"] == adresse]
    (message,) = [message for message in siens if message["Subject"].strip().startswith(sujet)]
    corps = message.get_body(("plain",))
    assert corps is not None
    trouve = re.search(motif, corps.get_content())
    assert trouve is not None
    return trouve[0]


def test_from_an_answer_to_the_message_and_to_the_stop(page: "Page", geste: Geste, boite: Path, arrete: str) -> None:
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
    page.goto(read_lien(boite, adresse, "Confirmez", r"http://\S+/suivi/confirmer/\S+"))
    assert_accessible(page)
    page.get_by_role("button", name="Confirmer ce suivi").press("Enter")
    page.get_by_text("Vous serez prévenu à chaque changement").wait_for()
    suivi = page.url
    assert "Rien depuis le début de ce suivi" in page.locator("main").inner_text()

    geste(PUBLICATION.format(numero=arrete))
    geste(TRAVAIL)
    page.goto(read_lien(boite, adresse, "Vos aides vont changer", r"http://\S+/changements/\d+/"))
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

    page.goto(read_lien(boite, adresse, "Vos aides vont changer", r"http://\S+/suivi/arret/\S+"))
    assert_accessible(page)
    page.get_by_role("button", name="Arrêter tous mes suivis").press("Enter")
    page.get_by_role("heading", name="C’est arrêté").wait_for()
    assert_accessible(page)
    page.goto(suivi)
    page.get_by_text("Arrêté", exact=True).wait_for()
    assert_accessible(page)
