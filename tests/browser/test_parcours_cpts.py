"""The life of a CPTS: a letter of intent is deposited, sent back with its reason, deposited again, validated."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.browser.atelier import Geste
from tests.browser.conftest import assert_accessible
from tests.browser.connexion import sign_in
from tests.corpus.fabrique import pdf

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.navigateur
SECRET = "Un-mot-de-passe-d-essai-7"
PREPARER = """
from tests.cpts.factories import make_cpts
from tests.people import make_agent
make_cpts({code!r}, nom="CPTS des essais " + {code!r}, demonstration=True)
make_agent("coordinateur_cpts", "cpts:{code}", courriel={coordinatrice!r})
make_agent("valideur", "region:27", courriel={valideur!r}, is_staff=True, first_name="Ada", last_name="Essai")
"""
OTER = """
from django.db import connection, transaction
from cpts.models import ActeCpts, Cpts, PieceCpts
with transaction.atomic(), connection.cursor() as cursor:
    cursor.execute("SET LOCAL session_replication_role = replica")
    PieceCpts.objects.filter(cpts={code!r}).delete()
    ActeCpts.objects.filter(cpts={code!r}).delete()
    Cpts.objects.filter(pk={code!r}).delete()
"""
"""The base of the server serves every test: those that count the CPTS do not meet this one."""
DEUX = pytest.mark.parametrize(("largeur", "javascript"), [(360, False), (1280, True)], indirect=True)


def press(page: "Page", nom: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=nom, exact=True).first.click()


def follow(page: "Page", nom: str) -> None:
    with page.expect_navigation():
        page.get_by_role("link", name=nom, exact=True).first.click()


def read(page: "Page", selecteur: str = "main") -> str:
    """The text, each blank as one space."""
    return re.sub(r"\s+", " ", page.locator(selecteur).first.text_content() or "").replace("’", "'")


def read_suite(page: "Page", titre: str) -> str:
    """What follows a heading."""
    return read(page, f"h2:has-text('{titre}') + *")


@DEUX
def test_a_letter_is_sent_back_then_validated(page: "Page", geste: Geste, tmp_path: Path, javascript: bool) -> None:
    rang = os.urandom(3).hex()
    code, coordinatrice, valideur = f"71-{rang}", f"coordination-{rang}@exemple.fr", f"ars-{rang}@exemple.fr"
    (tmp_path / "lettre.pdf").write_bytes(pdf())
    geste(PREPARER.format(code=code, coordinatrice=coordinatrice, valideur=valideur))
    try:
        walk(page, code, (coordinatrice, valideur), str(tmp_path / "lettre.pdf"), javascript=javascript)
    finally:
        geste(OTER.format(code=code))


def walk(page: "Page", code: str, personnes: tuple[str, str], lettre: str, *, javascript: bool) -> None:
    coordinatrice, valideur = personnes
    sign_in(page, coordinatrice, SECRET, f"/espace/{code}/parcours/")
    assert "En émergence" in read(page, "[aria-current=step]")
    assert "Lettre d'intention attendu de : la coordination de la CPTS" in read_suite(page, "Ce qui manque")
    assert_accessible(page)

    # Nothing leaves without the letter; what was typed stays.
    follow(page, "Déposer la lettre d'intention")
    page.get_by_label("Jour de l'acte").fill("2026-01-12")
    press(page, "Déposer la lettre d'intention")
    assert "Lettre d'intention : joignez ce document." in read(page)
    assert page.get_by_label("Jour de l'acte").input_value() == "2026-01-12"
    if javascript:  # without, the page is opened again, and this one is the answer to a sending
        assert_accessible(page)
    page.set_input_files("[name=piece_lettre]", lettre)
    press(page, "Déposer la lettre d'intention")
    assert "Lettre d'intention déposée" in read(page, "[aria-current=step]")
    assert "lettre.pdf" in read(page)
    assert "Aucun acte n'attend" not in read(page)
    assert "Courrier conjoint ARS et Assurance maladie attendu de : un agent valideur" in read_suite(
        page, "Ce qui manque"
    )

    # The agent finds it on the home, sends it back with a reason, in the administration.
    sign_in(page, valideur, SECRET, "/admin/")
    follow(page, f"CPTS des essais {code}")
    fiche = page.url
    assert_accessible(page)
    follow(page, "Demander une autre lettre d'intention")
    page.get_by_label("Jour de l'acte").fill("2026-01-20")
    press(page, "Demander une autre lettre d'intention")
    assert "Ce champ est obligatoire" in read(page, "#content")
    if javascript:
        assert_accessible(page)
    page.get_by_label("Motif").fill("Dire quelles communes sont couvertes.")
    press(page, "Demander une autre lettre d'intention")

    # The coordination reads why, and answers.
    sign_in(page, coordinatrice, SECRET, f"/espace/{code}/parcours/")
    assert "Dire quelles communes sont couvertes." in read(page)
    assert "Lettre d'intention attendu de : la coordination" in read_suite(page, "Ce qui manque")
    follow(page, "Déposer la lettre d'intention")
    page.get_by_label("Jour de l'acte").fill("2026-02-02")
    page.set_input_files("[name=piece_lettre]", lettre)
    press(page, "Déposer la lettre d'intention")

    # Validated by the joint letter; the next step is said to both.
    sign_in(page, valideur, SECRET, urlsplit(fiche).path)
    follow(page, "Valider la lettre d'intention")
    assert page.get_by_label("Qui a décidé").input_value() == "ARS et Assurance maladie, courrier conjoint"
    page.get_by_label("Jour de l'acte").fill("2026-03-02")
    page.set_input_files("[name=piece_courrier_conjoint]", lettre)
    press(page, "Valider la lettre d'intention")
    assert_accessible(page)
    sign_in(page, coordinatrice, SECRET, f"/espace/{code}/parcours/")
    assert "Lettre d'intention validée" in read(page, "[aria-current=step]")
    assert "le 2 mars 2026" in read(page, "[aria-current=step]")
    follow(page, "Commencer la rédaction du projet de santé")
    assert_accessible(page)
