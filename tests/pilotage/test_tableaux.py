"""Dashboards: what everybody reads, what one's territory adds, the movement, the curve, the files."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
import time_machine

from cpts.enums import StatutStructure
from portal.pilotage.lecture import search_territoires
from portal.pilotage.models import Territoire
from portal.pilotage.sources.definitions import list_indicateurs
from portal.pilotage.svg import MARGE, draw_courbe
from portal.pilotage.tableaux import read_tableau
from portal.pilotage.templatetags.tableau import render_rangee
from tests.people import make_agent
from tests.pilotage.scene import JOUR, make_msp, run

APRES = date(2026, 4, 20)
REQUETES_MAX = 8
D = Decimal


@pytest.fixture
def mesures(pays):
    run()
    with time_machine.travel(APRES):
        yield pays


def find(type_: str, code: str) -> Territoire:
    return Territoire.objects.get(type=type_, code=code)


def read(territoire: Territoire, **options):
    return read_tableau(territoire, **({"au": APRES, "depuis": JOUR} | options))


def find_ligne(tableau, code: str):
    return next(ligne for ligne in tableau.lignes if ligne.indicateur.code == code)


def test_everybody_reads_the_open_figures_alone(mesures):
    tableau = read(find("region", "27"))
    codes = {ligne.indicateur.code for ligne in tableau.lignes}
    assert "part_population_zip" in codes
    assert all("region" in list_indicateurs()[code].mailles_publiques for code in codes)
    assert not tableau.complet
    assert [autre.code for autre in tableau.autres] == ["france"]


def test_an_agent_reads_every_figure_of_the_region_and_the_open_ones_elsewhere(mesures):
    agent = make_agent("lecteur", "region:27")
    sienne, autre = read(find("region", "27"), user=agent), read(find("region", "84"), user=agent)
    prives = {un.code for un in list_indicateurs().values() if "region" in un.mailles and not un.mailles_publiques}
    assert prives & {ligne.indicateur.code for ligne in sienne.lignes}
    assert not prives & {ligne.indicateur.code for ligne in autre.lignes}
    assert (sienne.complet, autre.complet) == (True, False)


def test_a_movement_says_its_size_and_its_direction(mesures):
    make_msp(mesures["71003"], StatutStructure.ACI_SIGNE)
    run(APRES)
    tableau = read(find("departement", "71"))
    ouvertes = find_ligne(tableau, "msp_ouvertes")
    assert (ouvertes.texte, ouvertes.ecart, ouvertes.mieux) == ("3\u00a0structures", "+\u00a01", True)
    assert find_ligne(tableau, "population").ecart == "stable"
    assert ouvertes.courbe is not None


def test_a_figure_whose_source_changed_says_so_until_the_next_run(mesures):
    run(APRES)
    assert not find_ligne(read(find("departement", "71")), "msp_ouvertes").modifie
    make_msp(mesures["71003"], StatutStructure.OUVERTE)
    assert find_ligne(read(find("departement", "71")), "msp_ouvertes").modifie
    run(APRES)
    assert not find_ligne(read(find("departement", "71")), "msp_ouvertes").modifie


def test_a_territory_is_found_by_a_part_of_its_name(mesures):
    assert [(t.type, t.code) for t in search_territoires("Grand Chalon")] == [("epci", "247100589")]
    assert search_territoires("nulle part") == []


@pytest.mark.parametrize(
    ("valeurs", "trace"),
    [
        ([D(1)], None),
        ([None, D(4), None], None),
        ([D(0), D(10)], f"M{MARGE} 29L117 3"),
        ([D(5), D(5), D(5)], f"M{MARGE} 16L60 16L117 16"),
        ([D(0), None, D(10)], f"M{MARGE} 29h0M117 3h0"),
    ],
)
def test_a_curve_breaks_where_a_day_has_no_figure(valeurs, trace):
    courbe = draw_courbe(valeurs)
    assert (courbe.trace if courbe else None) == trace


def test_the_public_page_costs_a_fixed_number_of_queries(client, mesures, django_assert_max_num_queries):
    with django_assert_max_num_queries(REQUETES_MAX):
        page = client.get("/chiffres/?territoire=departement:71").content.decode()
    assert "Département 71" in page
    assert page.count("<h1") == 1
    assert "/chiffres/part_population_zip/departement/71/" in page


@pytest.mark.parametrize(
    ("question", "phrase"),
    [
        ("territoire=region:99", "ce territoire n&#x27;est pas connu"),
        ("au=2026-02-30", "un jour qui existe"),
        ("au=2031-01-01", "choisissez un jour entre"),
        ("avec=region:99", "ce territoire n&#x27;est pas connu"),
    ],
)
def test_a_wrong_question_is_answered_with_a_sentence(client, mesures, question, phrase):
    reponse = client.get(f"/chiffres/?{question}")
    assert reponse.status_code == 200
    assert phrase in reponse.content.decode()


def test_the_private_page_opens_on_one_s_own_territory(client, mesures):
    assert client.get("/pilotage/").status_code == 302
    client.force_login(make_agent("coordinateur_cpts", "cpts:71-chalonnais"))
    page = client.get("/pilotage/").content.decode()
    assert "(CPTS)" in page
    assert "/pilotage/chiffres/" in page


def test_exports_hold_what_the_screen_shows(client, mesures):
    fichier = client.get("/chiffres/?territoire=region:27&format=csv").getvalue().decode("utf-8-sig")
    lignes = list(csv.reader(io.StringIO(fichier), delimiter=";"))
    mesures_json = client.get("/chiffres/?territoire=region:27&format=json").json()["mesures"]
    assert [ligne[1] for ligne in lignes[1:]] == [une["indicateur"] for une in mesures_json]
    zip_ = next(une for une in mesures_json if une["indicateur"] == "part_population_zip")
    assert zip_["valeur"] == pytest.approx(100 * zip_["numerateur"] / zip_["denominateur"], abs=0.001)


def test_a_row_is_written_again_as_soon_as_it_says_something_else(client, mesures):
    """Rows are kept by what they say: the second reading writes none, a changed figure writes its own."""
    render_rangee.cache_clear()
    premiere = client.get("/chiffres/?territoire=departement:71").content.decode()
    assert "<strong>2\xa0structures</strong>" in premiere
    ecrites = render_rangee.cache_info().misses
    assert ecrites > 20
    assert client.get("/chiffres/?territoire=departement:71").content.decode() == premiere
    assert render_rangee.cache_info().misses == ecrites
    make_msp(mesures["71003"], StatutStructure.OUVERTE)
    assert "Modifié depuis" in client.get("/chiffres/?territoire=departement:71").content.decode()
    run(APRES)
    derniere = client.get("/chiffres/?territoire=departement:71").content.decode()
    assert "<strong>3\xa0structures</strong>" in derniere
    assert "Modifié depuis" not in derniere
