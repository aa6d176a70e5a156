"""Coordinators, journey 3: the home of the space, the diagnosis of the territory, its files, a saved territory."""

import csv
import io
import os
import re
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from tests.browser.atelier import Geste
from tests.browser.conftest import assert_accessible
from tests.browser.connexion import type_password

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.navigateur
SECRET = "Un-mot-de-passe-d-essai-7"
CODE = "71-chalonnais"
PREPARER = """
from tests.people import make_agent
make_agent("coordinateur_cpts", "cpts:71-chalonnais", courriel={courriel!r})
"""
# Long: a phone with scripts, a desk without, rather than the four.
DEUX = pytest.mark.parametrize(("largeur", "javascript"), [(360, True), (1280, False)], indirect=True)


def press(page: "Page", nom: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=nom, exact=True).first.click()


def follow(page: "Page", nom: str) -> None:
    with page.expect_navigation():
        page.get_by_role("link", name=nom, exact=True).first.click()


def read(page: "Page", selecteur: str = "main") -> str:
    """The text, each blank as one space."""
    return re.sub(r"\s+", " ", page.locator(selecteur).first.text_content() or "")


def read_ligne(page: "Page", libelle: str) -> list[str]:
    """The cells of the line of a figure: the territory, the département, the région, France."""
    ligne = page.locator("tr", has=page.locator("th[scope=row]", has_text=libelle)).first
    return [re.sub(r"\s+", " ", texte) for texte in ligne.locator("td").all_text_contents()]


def download(page: "Page", nom: str) -> bytes:
    lien = page.get_by_role("link", name=nom, exact=True).get_attribute("href") or ""
    reponse = page.request.get(page.url.split("/diagnostic/")[0] + lien)
    assert reponse.status == 200
    return reponse.body()


@DEUX
def test_from_the_home_to_the_diagnosis_and_its_files(page: "Page", geste: Geste) -> None:
    courriel = f"coordination-{os.urandom(4).hex()}@exemple.fr"
    geste(PREPARER.format(courriel=courriel))
    page.goto(f"/compte/connexion/?next=/espace/{CODE}/")
    type_password(page, courriel, SECRET)
    accueil = read(page)
    for mots in ("Ce qui est dû", "Ce qui manque", "Ce qui a changé", "Mon territoire", "Mon argent", "Mes actions"):
        assert mots in accueil
    assert "99 communes" in accueil
    assert_accessible(page)

    follow(page, "Diagnostic du territoire")
    medecin = read_ligne(page, "17 ans ou plus sans médecin traitant")
    for mots in ("12,0", "27/09/2024", "Signature de l'ACI de la CPTS du Chalonnais"):
        assert mots in medecin[0]
    assert "à renseigner" in medecin[1]
    assert "7,8" in read_ligne(page, "70 ans ou plus sans médecin traitant")[0]
    assert "130 046" in read_ligne(page, "Population municipale")[0]
    assert all("%" in cellule for cellule in read_ligne(page, "Personnes de 65 ans ou plus")[:3])
    assert "« Masqué » : moins de 11 personnes" in read(page)
    assert "masqué" in read(page, "table:has(tfoot) tbody")
    assert_accessible(page)

    lignes = list(csv.reader(io.StringIO(download(page, "Communes (CSV)").decode("utf-8-sig")), delimiter=";"))
    rang = lignes[0].index("Habitants")
    assert sum(int(ligne[rang]) for ligne in lignes[1:-1]) == int(lignes[-1][rang]) == 130_046
    chiffres = download(page, "Chiffres (CSV)").decode("utf-8-sig")
    assert "sans_medecin_traitant_70" in chiffres
    lu = PdfReader(io.BytesIO(download(page, "Page à imprimer (PDF)")))
    assert lu.metadata is not None
    assert lu.metadata.title == "Diagnostic du territoire : CPTS du Chalonnais"


@DEUX
def test_any_communes_are_diagnosed_then_saved(page: "Page", geste: Geste) -> None:
    marque = os.urandom(4).hex()
    courriel = f"coordination-{marque}@exemple.fr"
    geste(PREPARER.format(courriel=courriel))
    page.goto("/diagnostic/")
    assert_accessible(page)
    page.get_by_label("Communes").fill("Chalon-sur-Saône\nNulle-Part-sur-Rien")
    press(page, "Voir le diagnostic de ces communes")
    assert "Nulle-Part-sur-Rien" in read(page)
    assert "Nulle-Part-sur-Rien" in page.get_by_label("Communes").input_value()
    assert_accessible(page)
    page.get_by_label("Communes").fill("Chalon-sur-Saône\n71270")
    press(page, "Voir le diagnostic de ces communes")
    assert page.url.endswith("?communes=71076,71270")
    assert "2 communes" in read(page)

    follow(page, "Enregistrer ce territoire dans mon espace")
    type_password(page, courriel, SECRET)
    assert page.get_by_label("Communes").input_value().split() == ["71076", "71270"]
    page.get_by_label("Nom du territoire").fill(f"Ville {marque}")
    press(page, "Enregistrer ce territoire")
    assert_accessible(page)
    follow(page, f"Ville {marque}")
    assert read(page, "h1").startswith(f"Ville {marque}")


@pytest.mark.parametrize(("largeur", "javascript"), [(360, True)], indirect=True)
def test_the_pages_of_the_territory_are_accessible(page: "Page", geste: Geste) -> None:
    courriel = f"coordination-{os.urandom(4).hex()}@exemple.fr"
    geste(PREPARER.format(courriel=courriel))
    page.goto(f"/compte/connexion/?next=/espace/{CODE}/structures/")
    type_password(page, courriel, SECRET)
    assert "Rattachées à la CPTS" in read(page)
    assert_accessible(page)
    for chemin in ("chiffres/", "diagnostics/", "acces/"):
        page.goto(f"/espace/{CODE}/{chemin}")
        assert_accessible(page)
    page.goto(f"/espace/{CODE}/chiffres/")
    page.get_by_label("Valeur").fill("120")
    press(page, "Enregistrer")
    assert page.get_by_label("Valeur").input_value() == "120"
    assert_accessible(page)
