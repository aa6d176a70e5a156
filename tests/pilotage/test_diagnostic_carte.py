"""The diagnosis of a whole région or of France, read by département, and the map of any territory."""

import io
import re
from datetime import date

import pytest
from django.core.cache import caches
from django.urls import reverse
from pypdf import PdfReader

from cpts.models import OffreCommune
from portal.core.cache import forget_version
from portal.pilotage.diagnostic_blocs import build_diagnostic
from portal.pilotage.diagnostic_carte import APL, ZONE, draw_carte, find_classe
from portal.pilotage.diagnostic_territoire import Choix
from prevention.enums import StatutCampagne
from tests.pilotage.scene import add_donnee
from tests.prevention.factories import make_cible, write
from zonage.models import Apl

PAGE = reverse("diagnostic")
AU = date(2026, 3, 10)


@pytest.fixture(autouse=True)
def _fresh():
    caches["pages"].clear()
    forget_version()


@pytest.fixture
def garni(pays):
    """Supply and accessibility of two départements of the région, one commune without a doctor in each."""
    for code, praticiens in (("71001", 3), ("71002", 1), ("21001", 4)):
        OffreCommune.objects.create(
            commune_id=code, profession="medecin", jour=date(2026, 1, 5), praticiens=praticiens, liberaux=1
        )
    for code, apl, poids in (("71001", 2.0, 100.0), ("71002", 4.0, 300.0), ("21001", 1.0, 400.0)):
        Apl.objects.create(
            code_publie=code, commune_id=code, profession="medecin", millesime=2023, apl=apl,
            population_standardisee=poids, population_totale=poids,
        )  # fmt: skip
    add_donnee("sans_medecin_traitant_17", ("region", "27"), "10", date(2025, 1, 1))
    return pays


def _diagnose(codes, type_, code):
    return build_diagnostic(Choix(type_, code, "Essai", frozenset(codes), "", ""), au=AU)


def _figures(diagnostic):
    """The first column, by line."""
    return {
        ligne.code: None if ligne.cases[0].valeur is None else round(float(ligne.cases[0].valeur), 3)
        for bloc in diagnostic.blocs
        for ligne in bloc.lignes
    }


def test_a_region_by_departement_says_what_its_communes_say(garni):
    communes = [code for code in garni if code[:2] in ("71", "21")]
    grand, petit = _diagnose(["71", "21"], "region", "27"), _diagnose(communes, "ensemble", "")
    lues, attendues = _figures(grand), _figures(petit)
    absentes = attendues.keys() - lues.keys()
    assert absentes == {"part_sans_medecin"}
    assert {code: lues[code] for code in lues if lues[code] != attendues[code]} == {"sans_medecin_traitant_17": 10.0}
    assert lues["communes"] == 5
    assert lues["sans_medecin"] == 2
    assert lues["zone_medecin_zip"] == 47.619
    assert grand.entetes == ["Essai", "France"]
    for colonne in grand.colonnes:
        if colonne.somme:
            assert sum(colonne.valeurs.values()) == colonne.total


def test_departements_are_added_up_only_when_all_have_their_figure(pays):
    cible = make_cible(StatutCampagne.OUVERTE)
    code = f"prevention_{cible.campagne.code}_{cible.code}"
    write(cible, ("departement", "71", 300, 1000))
    assert _figures(_diagnose(["71", "21"], "region", "27")).get(code) is None
    write(cible, ("departement", "21", 100, 1000))
    assert _figures(_diagnose(["71", "21"], "region", "27"))[code] == 20.0


def test_a_region_costs_no_reading_of_its_communes(garni, client, django_assert_max_num_queries):
    client.get(PAGE, {"region": "27"})
    with django_assert_max_num_queries(20) as lues:
        page = client.get(PAGE, {"region": "27"}).content.decode()
    assert not [r["sql"] for r in lues.captured_queries if 'FROM "zonage_zonecommune"' in r["sql"]]
    assert "Bourgogne-Franche-Comté" in page
    assert "2 départements, 5 communes" in page
    assert '<a href="/diagnostic/?territoire=departement:71">Département 71</a>' in page
    france = client.get(PAGE, {"territoire": "france"}).content.decode()
    assert "3 départements, 6 communes" in france
    fichier = client.get(reverse("diagnostic_fichier", args=["communes.csv"]), {"territoire": "region:27"})
    assert "Département 71" in fichier.getvalue().decode("utf-8-sig")


def test_the_map_draws_each_commune_in_its_class_and_counts_them(garni):
    diagnostic = _diagnose(["71001", "71002", "71003"], "ensemble", "")
    carte = draw_carte(diagnostic, ZONE)
    assert [(rang.apparence.code, rang.nombre, rang.habitants) for rang in carte.rangs] == [
        ("zip", 1, "1\u00a0000"),
        ("zac", 1, "2\u00a0000"),
        ("hors_zonage", 1, "3\u00a0000"),
    ]
    assert carte.absentes + len(re.findall("<path", carte.dessin)) == 3
    apl = draw_carte(diagnostic, APL)
    assert {rang.apparence.code: rang.nombre for rang in apl.rangs} == {"apl_1": 1, "apl_2": 1, "apl_0": 1}


@pytest.mark.parametrize(("valeur", "classe"), [(2.5, "apl_1"), (2.6, "apl_2"), (4, "apl_2"), (4.1, "apl_3")])
def test_a_bound_belongs_to_the_class_below(valeur, classe):
    assert find_classe(valeur).code == classe


def test_the_page_and_its_pdf_show_the_map_and_its_table(garni, client):
    requete = {"territoire": "departement:71"}
    page = client.get(PAGE, {**requete, "carte": "apl"}).content.decode()
    assert 'aria-current="true">Accessibilité aux médecins (APL)' in page
    assert "plus de 2,5 à 4 consultations" in page
    assert not re.search(r"\sstyle=", page)
    assert "Zones des médecins, commune par commune" in client.get(PAGE, {**requete, "carte": "non"}).content.decode()
    lu = PdfReader(io.BytesIO(client.get(reverse("diagnostic_fichier", args=["pdf"]), requete).content))
    assert "Carte : Zones des médecins" in "\n".join(p.extract_text() for p in lu.pages)
