"""Coordinators’ first journey: two communes come, one goes, the size changes, a neighbour is named, ARS approves."""

import os
from typing import TYPE_CHECKING

import pytest

from tests.browser.atelier import Geste
from tests.browser.conftest import assert_accessible
from tests.browser.connexion import sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.navigateur
MOT_DE_PASSE = "Un-mot-de-passe-d-essai-7"
DEUX = pytest.mark.parametrize(("largeur", "javascript"), [(360, True), (1280, False)], indirect=True)
PREPARATION = "from tests.browser.perimetre_actes import prepare; prepare({code!r}, {coordinateur!r}, {valideur!r})"


def read(page: "Page") -> str:
    """The words of the page, each space alike."""
    return " ".join(page.inner_text("main").split())


def press(page: "Page", nom: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=nom, exact=True).click()


def tick(page: "Page", *cases: str) -> None:
    for case in cases:
        page.locator(f"#{case}").check()


def edit(page: "Page", bouton: str, javascript: bool, attendu: str) -> None:
    """Send a list: with scripts the page stays and says what changed, without them it comes again."""
    if javascript:
        page.get_by_role("button", name=bouton, exact=True).click()
        page.locator("[data-perimetre-etat]", has_text=attendu).wait_for(state="attached")
    else:
        press(page, bouton)


def draw(page: "Page", javascript: bool) -> None:
    """Avrillé and Trélazé come, Écouflant goes: on the map with scripts, in the list without."""
    tick(page, "a-49015", "a-49353")
    edit(page, "Ajouter les communes cochées", javascript, "2 communes ajoutées")
    if javascript:
        page.locator("path[data-code='49129']").dispatch_event("click")
        page.locator("[data-perimetre-etat]", has_text="1 commune retirée").wait_for(state="attached")
    else:
        tick(page, "r-49129")
        edit(page, "Retirer les communes cochées", javascript, "")


@DEUX
def test_a_perimeter_is_drawn_submitted_and_approved(page: "Page", geste: Geste, javascript: bool) -> None:
    rang = os.urandom(3).hex()
    code, coordinateur, valideur = f"49-{rang}", f"coordination-{rang}@exemple.fr", f"ars-{rang}@exemple.fr"
    geste(PREPARATION.format(code=code, coordinateur=coordinateur, valideur=valideur))

    sign_in(page, coordinateur, MOT_DE_PASSE, f"/espace/{code}/perimetre/")
    assert_accessible(page)
    assert "173 491 habitants" in read(page)
    assert "Taille 3" in read(page)
    press(page, "Préparer un changement de périmètre")
    draw(page, javascript)
    texte = read(page)
    assert "200 326 habitants" in texte
    assert "avant : 173 491 (+26 835)" in texte
    assert "Changement de taille : de 3 à 4" in texte
    assert f"CPTS voisine {code} : Avrillé (49)" in texte
    assert "Deviendraient des zones blanches : Écouflant" in texte
    assert_accessible(page)

    page.get_by_label("Pourquoi ce périmètre change").fill("Deux communes demandent à rejoindre la CPTS.")
    page.get_by_label("Prend effet le").fill("2026-01-01")
    press(page, "Soumettre à l’ARS")
    assert "l’ARS va répondre" in read(page)
    assert_accessible(page)

    sign_in(page, valideur, MOT_DE_PASSE, "/admin/cpts/perimetre/")
    with page.expect_navigation():
        page.locator(f"a[href*='/espace/{code}/perimetre/']").first.click()
    assert_accessible(page)
    press(page, "Approuver")
    assert "En vigueur du 1er janvier 2026" in read(page)

    page.goto(f"/espace/{code}/perimetre/")
    assert read(page).count("Approuvé, n°") == 2
    assert "200 326" in read(page)
    page.goto(f"/espace/{code}/perimetre/?au=2025-12-31")
    assert "173 491 habitants" in read(page)
    page.goto("/admin/cpts/perimetre/blanches/?territoire=departement:49")
    assert "Écouflant" in read(page)
    assert_accessible(page)
    page.goto("/admin/cpts/perimetre/chevauchements/?territoire=departement:49")
    assert f"CPTS voisine {code}" in read(page)
    assert_accessible(page)


@DEUX
def test_names_that_are_not_sure_are_chosen_on_the_screen(page: "Page", geste: Geste, javascript: bool) -> None:
    rang = os.urandom(3).hex()
    code, coordinateur = f"49-{rang}", f"coordination-{rang}@exemple.fr"
    geste(f"from tests.browser.perimetre_actes import prepare_seule; prepare_seule({code!r}, {coordinateur!r})")
    sign_in(page, coordinateur, MOT_DE_PASSE, f"/espace/{code}/perimetre/")
    press(page, "Préparer un changement de périmètre")
    page.locator("summary", has_text="Coller une liste").click()
    page.get_by_label("Une commune par ligne").fill("Trélazé\nLes Ponts de Cé\nSainte-Marie\nXyzzt")
    press(page, "Reconnaître et ajouter")
    assert "À vérifier avant d’ajouter" in read(page)
    if javascript:  # else the page is opened again by its address, which is only ever posted to
        assert_accessible(page)
    press(page, "Ajouter les communes choisies")
    assert "2 communes ajoutées" in read(page)
    assert "Trélazé (49)" in read(page)
