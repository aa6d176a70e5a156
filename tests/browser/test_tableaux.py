"""The dashboards: a territory, its neighbours, the receipt of a figure and its file; those of an agent."""

import csv
import io
import os
import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.atelier import Geste
from tests.browser.conftest import assert_accessible
from tests.browser.connexion import sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.navigateur
SECRET = "Un-mot-de-passe-d-essai-7"
MESURER = """
from tests.browser.pilotage_actes import measure
measure("population", "cpts_aci", "part_population_cpts", "msp_ouvertes", "montant_verse")
"""
AGENT = """
from tests.people import make_agent
make_agent("instructeur", "departement:71", courriel={courriel!r}, is_staff=True)
"""
DEUX = pytest.mark.parametrize(("largeur", "javascript"), [(360, False), (1280, True)], indirect=True)


def follow(page: "Page", nom: str) -> None:
    with page.expect_navigation():
        page.get_by_role("link", name=nom, exact=True).first.click()


def press(page: "Page", nom: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=nom, exact=True).click()


def read(page: "Page", selecteur: str = "main") -> str:
    """The text, each blank as one space."""
    return re.sub(r"\s+", " ", page.locator(selecteur).first.text_content() or "")


def read_ligne(page: "Page", code: str) -> list[str]:
    """The cells of the line of an indicator, without the marks."""
    ligne = page.locator("tr", has=page.locator(f"th a[href*='/{code}/']"))
    cellules = [re.sub(r"\s+", " ", texte).strip() for texte in ligne.locator("td").all_text_contents()]
    return [cellule.replace(" Démonstration", "") for cellule in cellules]


@DEUX
def test_a_reader_goes_from_a_territory_to_the_rows_of_a_figure(page: "Page", geste: Geste) -> None:
    geste(MESURER)
    page.goto("/chiffres/")
    assert "France" in read(page, "h1")
    page.get_by_label("Territoire", exact=True).select_option(label="Saône-et-Loire")
    page.locator("label", has_text="Structures de soins coordonnés").click()
    page.locator("label", has_text="Population et territoire").click()
    page.get_by_label("Chercher un EPCI, une CPTS, un bassin").fill("chalonnais")
    press(page, "Afficher")
    assert "Saône-et-Loire" in read(page, "h1")

    # Compared with a CPTS found by its name, beside the région and France.
    follow(page, "Comparer Saône-et-Loire avec CPTS du Chalonnais")
    assert "Comparé avec CPTS du Chalonnais" in read(page)
    assert read_ligne(page, "population")[-1] == "130 046 habitants"
    assert read_ligne(page, "part_population_cpts") == []  # of a theme that was not asked for
    assert_accessible(page)

    # The table is reached and moved by the keyboard: it is wider than a phone, the page is not.
    tableau = page.locator(".fr-table__container", has=page.locator("a[href*='/msp_ouvertes/']"))
    tableau.focus()
    assert tableau.evaluate("un => document.activeElement === un")
    if tableau.evaluate("un => un.scrollWidth > un.clientWidth"):
        page.keyboard.press("ArrowRight")
        # Timers never fire where scripts are disabled: asked again from here.
        assert any(page.evaluate("document.activeElement.scrollLeft > 0") for _ in range(500))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('table') !== null")

    # The receipt, and every row behind it: as many as the figure says.
    nombre = int(read_ligne(page, "msp_ouvertes")[0].split(" ")[0])
    page.locator("th a[href*='/msp_ouvertes/']").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert read(page, ".m-recu-chiffre__valeur").startswith(f"{nombre} structures")
    assert "Maisons de santé pluriprofessionnelles en fonctionnement" in read(page)
    assert "Passage n°" in read(page)
    assert_accessible(page)
    lien = page.get_by_role("link", name="Télécharger toutes les lignes").get_attribute("href") or ""
    fichier = page.request.get(lien)
    assert fichier.status == 200
    lignes = list(csv.reader(io.StringIO(fichier.body().decode("utf-8-sig")), delimiter=";"))
    assert sum(int(ligne[2]) for ligne in lignes[1:-1]) == int(lignes[-1][2]) == nombre


@DEUX
def test_an_agent_reads_what_is_kept_to_the_territory(page: "Page", geste: Geste) -> None:
    courriel = f"agent-{os.urandom(4).hex()}@exemple.fr"
    geste(MESURER + AGENT.format(courriel=courriel))
    page.goto("/chiffres/?territoire=departement:71&theme=aides")
    assert read_ligne(page, "montant_verse") == []
    sign_in(page, courriel, SECRET, "/pilotage/")
    assert "Saône-et-Loire" in read(page, "h1")
    assert "euro" in read_ligne(page, "montant_verse")[0]
    keep_view(page)
    page.goto("/pilotage/?territoire=departement:21&theme=aides")
    assert "Ce territoire n’est pas dans votre périmètre" in read(page)
    assert read_ligne(page, "montant_verse") == []
    page.goto("/pilotage/?territoire=region:0000&au=2026-13-45")
    assert "2 valeurs sont à corriger" in read(page)
    assert_accessible(page)


def keep_view(page: "Page") -> None:
    """What the screen shows, under a name: the default of the dashboard from then on, until it is removed."""
    page.goto("/pilotage/?territoire=region:27&theme=aides")
    page.locator("summary", has_text="Enregistrer cette vue").click()
    page.get_by_label("Nom de la vue").fill("Les aides de la région")
    page.get_by_label("Ouvrir mon tableau de bord dessus").select_option("oui")
    press(page, "Enregistrer")
    assert_accessible(page)
    page.goto("/pilotage/")
    assert "Bourgogne-Franche-Comté" in read(page, "h1")
    assert read_ligne(page, "population") == []  # of another theme
    follow(page, "Modifier la vue Les aides de la région")
    assert_accessible(page)
    press(page, "Supprimer cette vue")
    page.goto("/pilotage/")
    assert "Saône-et-Loire" in read(page, "h1")
