"""The public directory in a browser: filters, map reached by the keyboard, pages, with and without script."""

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import assert_accessible

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.navigateur
DEUX = pytest.mark.parametrize(("largeur", "javascript"), [(360, False), (1280, True)], indirect=True)


@DEUX
def test_a_reader_finds_a_structure_by_the_list_and_by_the_map(page: "Page") -> None:
    page.goto("/structures/")
    assert_accessible(page)
    page.locator("#id_departement").select_option("71")
    page.locator("#id_type").select_option("msp")
    page.locator("#id_etat").select_option("ouvertes")
    with page.expect_navigation():
        page.get_by_role("button", name="Afficher").click()
    assert_accessible(page)
    lignes = page.locator("table.m-annuaire tbody tr")
    reperes = page.locator("svg a.m-repere")
    assert lignes.count() == reperes.count() > 10  # the list says what the map shows
    premier = reperes.first
    nom = (premier.get_attribute("aria-label") or "").split(",")[0]
    premier.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert nom in page.inner_text("h1")
    assert "Exemple inventé".lower() in page.inner_text("main").lower()
    assert_accessible(page)
    page.goto("/structures/?type=hotel")
    assert "Ce type n'existe pas" in page.inner_text("main").replace("’", "'")


@DEUX
def test_a_reader_finds_a_cpts_and_its_communes(page: "Page") -> None:
    page.goto("/cpts/?departement=71")
    assert_accessible(page)
    with page.expect_navigation():
        page.get_by_role("link", name="CPTS du Chalonnais").last.click()
    texte = page.inner_text("main")
    assert "Taille au sens de l’ACI" in texte
    assert page.locator("#liste tbody tr").count() > 10
    assert_accessible(page)
