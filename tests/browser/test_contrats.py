"""A contract lived by two people: its holder proves a duty and declares a year, an agent grants what is asked."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.atelier import Geste
from tests.browser.conftest import assert_accessible
from tests.browser.connexion import sign_in
from tests.browser.test_dossiers import make_pdf

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.navigateur
MOT_DE_PASSE = "Un-mot-de-passe-d-essai-7"
DEUX = pytest.mark.parametrize(("largeur", "javascript"), [(360, True), (1280, False)], indirect=True)


PREPARATION = "from tests.browser.contrats_actes import prepare; prepare({titulaire!r}, {valideur!r})"


def press(page: "Page", nom: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=nom).first.click()


@DEUX
def test_a_year_is_declared_then_granted(page: "Page", geste: Geste, tmp_path: Path, javascript: bool) -> None:
    rang = os.urandom(3).hex()
    titulaire, valideur = f"titulaire-{rang}@exemple.fr", f"valideur-{rang}@exemple.fr"
    geste(PREPARATION.format(titulaire=titulaire, valideur=valideur))
    preuve = tmp_path / "preuve.pdf"
    preuve.write_bytes(make_pdf())

    sign_in(page, titulaire, MOT_DE_PASSE, "/contrats/")
    assert_accessible(page)
    assert "En retard" in page.inner_text("main")
    page.locator("details summary").first.click()
    page.locator("input[type=file]").first.set_input_files(preuve)
    press(page, "Joindre")
    assert_accessible(page)
    assert "Preuve jointe : preuve.pdf" in page.inner_text("main")

    with page.expect_navigation():
        page.locator("main a[href*='/contrats/campagnes/']").first.click()
    assert_accessible(page)
    page.get_by_label("Honoraires conventionnels annuels").fill("beaucoup")
    press(page, "Déclarer")
    assert_accessible(page)
    assert page.get_by_label("Honoraires conventionnels annuels").input_value() == "beaucoup"
    page.get_by_label("Honoraires conventionnels annuels").fill("123 457")
    press(page, "Déclarer")
    assert "12 345,70" in " ".join(page.inner_text("main").split())

    page.goto("/contrats/agenda/")
    press(page, "Créer une adresse")
    if javascript:  # else the page is opened again by its address, which is only ever posted to
        assert_accessible(page)
    assert page.get_by_label("Adresse de l’agenda").input_value().endswith(".ics")

    sign_in(page, valideur, MOT_DE_PASSE, "/admin/aides/echeance/")
    assert_accessible(page)
    page.goto("/admin/aides/campagne/")
    assert_accessible(page)
    with page.expect_navigation():
        page.locator("main h2 a").first.click()
    page.goto(f"{page.url}?etat=a_accorder")
    assert_accessible(page)
    page.locator("input[name=ligne]").last.check(force=True)
    press(page, "Accorder les lignes cochées")
    if javascript:
        assert_accessible(page)
    press(page, "Accorder 12")
    if javascript:
        assert_accessible(page)
    assert "€ accordés" in page.inner_text("main")
