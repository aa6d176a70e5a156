"""Coordinators, journey 2: log a meeting, see it count, see what is missing, delete it, see everything step back."""

import io
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfWriter

from tests.browser.atelier import Geste
from tests.browser.conftest import assert_accessible
from tests.browser.connexion import type_password

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.navigateur
SECRET = "Un-mot-de-passe-d-essai-7"
PREPARER = """
from datetime import date
from decimal import Decimal
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone
from cpts.models import IndicateurMission, ParametreAci
from cpts.services.missions_calculs import find_annee
from tests.cpts.missions_essai import find_mission, make_membre, make_ouverte, start
from tests.people import make_agent
cpts = make_ouverte({code!r}, demonstration=True)
elle = make_agent("coordinateur_cpts", f"cpts:{{cpts.code}}", courriel={courriel!r})
jour = timezone.localdate()
annee = DateRange(date(jour.year, 1, 1), date(jour.year + 1, 1, 1))
for code, mission, valeur, periode in (
    ("mission_variable", "parcours", 25000, DateRange(date(2019, 8, 25), None)),
    ("plafond_indemnites", "", 100, annee),
):
    ParametreAci.objects.get_or_create(
        region_code=cpts.region_code, code=code, taille=0, mission=mission, demonstration=True,
        defaults={{"valeur": Decimal(valeur), "periode": periode, "reference": "Essai"}},
    )
make_membre(cpts, "Martin Zoé", "Infirmière")
start(cpts, "parcours", date(2025, 9, 1), elle)
IndicateurMission.objects.create(
    mission=find_mission(cpts, "parcours"), annee=find_annee(cpts, jour), libelle="Réunions tenues",
    calcul="reunions_tenues", unite="réunions", objectif=Decimal(4),
)
"""
FEUILLE = "Nom\tProfession\tSignature\tIndemnité\nZoé Martin\t\toui\t75\nDurand Ève\tUsagère\toui\t\nX\t\t\tbeaucoup\n"
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


def read_estimation(page: "Page", code: str) -> str:
    """What the meetings of today would bring of the variable part of « Parcours », this year."""
    page.goto(f"/espace/{code}/argent/")
    ligne = page.locator("details[open] tr", has_text="Parcours pluriprofessionnels, volet variable").first
    return re.sub(r"\s+", " ", ligne.locator("td").nth(1).text_content() or "").strip()


def make_pdf(dossier: Path) -> str:
    pdf, sortie = PdfWriter(), io.BytesIO()
    pdf.add_blank_page(72, 72)
    pdf.write(sortie)
    fichier = dossier / "compte-rendu.pdf"
    fichier.write_bytes(sortie.getvalue())
    return str(fichier)


@DEUX
def test_a_meeting_counts_then_steps_back(page: "Page", geste: Geste, tmp_path: Path, javascript: bool) -> None:
    marque = os.urandom(4).hex()
    code, courriel = f"71-{marque}", f"coordination-{marque}@exemple.fr"
    geste(PREPARER.format(code=code, courriel=courriel))
    page.goto(f"/compte/connexion/?next=/espace/{code}/missions/")
    type_password(page, courriel, SECRET)
    assert "Parcours pluriprofessionnels" in read(page)
    assert_accessible(page)
    assert read_estimation(page, code) == "0,00 €"
    assert_accessible(page)

    # A draft, refused with a social security number, kept as it was typed, then held.
    page.goto(f"/espace/{code}/reunions/")
    press(page, "Nouvelle réunion")
    reunion = page.url.split("?")[0]
    page.get_by_label("Objet de la réunion").fill("Sorties d’hospitalisation")
    page.get_by_label("Mission servie").select_option(label="Parcours pluriprofessionnels")
    page.get_by_label("Ordre du jour").fill("Suivi de 1 84 12 71 076 451 11")
    press(page, "Enregistrer le brouillon")
    assert "Retirez le numéro de sécurité sociale" in read(page)
    assert page.get_by_label("Objet de la réunion").input_value() == "Sorties d’hospitalisation"
    assert_accessible(page)
    page.get_by_label("Ordre du jour").fill("Le protocole commun")
    press(page, "Enregistrer le brouillon")
    if javascript:
        page.clock.install()
        page.goto(reunion)
        page.get_by_label("Lieu").fill("Chalon-sur-Saône")
        with page.expect_response(lambda reponse: reponse.url == reunion) as enregistre:
            page.clock.run_for(20_000)
        assert enregistre.value.status == 200
        page.goto(reunion)
        assert page.get_by_label("Lieu").input_value() == "Chalon-sur-Saône"
    assert read_estimation(page, code) == "0,00 €"
    page.goto(reunion)
    press(page, "La réunion s’est tenue")
    assert "la liste de présence" in read(page, "#manques")
    assert "Réunions tenues" in read(page)
    assert read_estimation(page, code) == "6 250,00 €"

    # The attendance pasted, with its report; one more person, who has not signed; the minutes.
    page.goto(reunion)
    page.locator("summary", has_text="Coller la feuille").click()
    page.get_by_label("Lignes collées depuis un tableur").fill(FEUILLE)
    press(page, "Vérifier les lignes")
    assert "2 lignes acceptées sur 3" in read(page)
    assert "n'est pas un montant" in read(page)
    assert_accessible(page)
    press(page, "Inscrire les lignes acceptées")
    page.get_by_label("Nom et prénom").fill("Petit Jean")
    page.locator("#presences input[name=indemnite]").fill("100,01")
    press(page, "Ajouter à la feuille")
    assert "1 signature" in read(page, "#manques")
    assert "dépassé : Petit Jean (100,01 € pour 100,00 €)" in read(page, "#presences")
    page.set_input_files("#compte-rendu input[type=file]", make_pdf(tmp_path))
    press(page, "Joindre le compte rendu")
    assert "compte-rendu.pdf" in read(page, "#compte-rendu")
    page.locator("label", has_text="A signé : Petit Jean").click()
    press(page, "Enregistrer les signatures")
    assert "Cette réunion est une preuve complète." in read(page, "#manques")
    assert_accessible(page)

    # The person over the cap of the year; the proof behind the line.
    page.goto(f"/espace/{code}/membres/indemnites/")
    assert "Petit Jean" in read(page, ".fr-alert--warning")
    assert_accessible(page)
    page.goto(f"/espace/{code}/argent/")
    with page.expect_navigation():
        page.locator("details[open] a", has_text="Parcours pluriprofessionnels, volet variable").first.click()
    assert "Réunion : Sorties d’hospitalisation" in read(page)
    assert_accessible(page)

    # Deleted: everything steps back.
    page.goto(reunion)
    follow(page, "Supprimer la réunion")
    assert_accessible(page)
    press(page, "Supprimer définitivement")
    assert "Aucune réunion." in read(page)
    assert read_estimation(page, code) == "0,00 €"


@pytest.mark.parametrize(("largeur", "javascript"), [(360, True)], indirect=True)
def test_the_other_pages_of_the_space_are_accessible(page: "Page", geste: Geste) -> None:
    marque = os.urandom(4).hex()
    code, courriel = f"71-{marque}", f"coordination-{marque}@exemple.fr"
    geste(PREPARER.format(code=code, courriel=courriel))
    page.goto(f"/compte/connexion/?next=/espace/{code}/membres/")
    type_password(page, courriel, SECRET)
    assert "Martin Zoé" in read(page)
    for chemin in ("membres/", "membres/ajouter/?nomme=1", "membres/coller/", "missions/parcours/",
                   "missions/parcours/indicateurs/"):  # fmt: skip
        page.goto(f"/espace/{code}/{chemin}")
        assert_accessible(page)
