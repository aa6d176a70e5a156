"""The dashboard to print: read back, it holds the figures of the screen, its tags, its title and its language."""

import io
import re
from datetime import date

import pytest
import time_machine
from pypdf import PdfReader

from cpts.enums import StatutStructure
from portal.pilotage.models import Territoire
from portal.pilotage.tableau_pdf import RESERVE
from portal.pilotage.tableaux import read_tableau
from tests.people import make_agent
from tests.pilotage.scene import JOUR, make_msp, run

APRES = date(2026, 4, 20)


@pytest.fixture
def mesures(pays):
    run()
    make_msp(pays["71003"], StatutStructure.OUVERTE)
    run(APRES)
    with time_machine.travel(APRES):
        yield pays


def fetch(client, adresse: str) -> PdfReader:
    reponse = client.get(adresse)
    assert (reponse.status_code, reponse["Content-Type"]) == (200, "application/pdf")
    return PdfReader(io.BytesIO(reponse.content))


def extract(lu: PdfReader) -> str:
    """The words of the pages: a line that is cut is one text again."""
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in lu.pages)).replace("- ", "-")


def squeeze(texte: str) -> str:
    return re.sub(r"[\s\u00ad-]", "", texte)


def test_the_file_is_tagged_and_says_what_it_is(client, mesures):
    lu = fetch(client, f"/chiffres/?territoire=region:27&depuis={JOUR}&format=pdf")
    racine = lu.trailer["/Root"]
    assert racine["/MarkInfo"]["/Marked"]
    assert racine["/Lang"].lower().startswith("fr")
    region = Territoire.objects.get(type="region", code="27")
    assert lu.metadata.title == f"Tableau de bord : {region.nom} (Région)"
    texte = extract(lu)
    assert "Chiffres au 20/04/2026, comparé au 10/03/2026" in texte
    assert f"/chiffres/?territoire=region:27&depuis={JOUR}" in texte.replace(" ", "")
    assert squeeze(RESERVE) not in squeeze(texte)


def test_the_figures_are_those_of_the_screen(client, mesures):
    departement = Territoire.objects.get(type="departement", code="71")
    tableau = read_tableau(departement, au=APRES, depuis=JOUR)
    texte = squeeze(extract(fetch(client, f"/chiffres/?territoire=departement:71&depuis={JOUR}&format=pdf")))
    ouvertes = next(ligne for ligne in tableau.lignes if ligne.indicateur.code == "msp_ouvertes")
    assert ouvertes.ecart == "+\u00a01"
    assert squeeze("+ 1 (mieux)") in texte
    for ligne in tableau.lignes:
        debut = texte.index(squeeze(ligne.indicateur.libelle))
        suite = texte[debut : debut + 400]
        assert squeeze(ligne.texte) in suite, ligne.indicateur.code
        assert all(squeeze(autre) in suite for autre in ligne.autres), ligne.indicateur.code


def test_behind_an_account_it_says_what_is_not_public(client, mesures):
    assert client.get("/pilotage/?format=pdf").status_code == 302
    client.force_login(make_agent("lecteur", "departement:71"))
    reponse = client.get("/pilotage/?territoire=departement:71&format=pdf")
    texte = squeeze(extract(PdfReader(io.BytesIO(reponse.content))))
    assert squeeze(RESERVE) in texte
    assert "nonpublic" in texte
    assert "no-store" in reponse["Cache-Control"]
    autre = squeeze(extract(fetch(client, "/pilotage/?territoire=departement:69&format=pdf")))
    assert "nonpublic" not in autre
