"""Small multiples: which curves a set holds, on which scale, for whom, and what goes in the file."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
import time_machine

from cpts.enums import StatutStructure
from portal.pilotage.courbes import EnsembleVide, list_jours, read_planche
from portal.pilotage.enums import Duree, Ensemble
from portal.pilotage.lecture import find_indicateur
from portal.pilotage.models import Territoire
from portal.pilotage.sources.definitions import list_indicateurs
from tests.people import make_agent
from tests.pilotage.scene import JOUR, make_msp, run

APRES = date(2026, 4, 10)
REQUETES_MAX = 14
MSP, PART = "msp_ouvertes", "part_population_zip"


@pytest.fixture
def mesures(pays):
    run()
    make_msp(pays["71003"], StatutStructure.OUVERTE)
    run(APRES)
    with time_machine.travel(APRES):
        yield pays


def find(type_: str, code: str) -> Territoire:
    return Territoire.objects.get(type=type_, code=code)


def read(territoire: Territoire, code: str = MSP, **options):
    voulus = {"ensemble": Ensemble.AUTOUR, "theme": "structures", "duree": Duree.AN, "au": APRES}
    return read_planche(territoire, **(voulus | {"indicateur": find_indicateur(code)} | options))


def find_serie(planche, nom: str):
    return next(serie for serie in planche.series if serie.territoire.nom == nom)


@pytest.mark.parametrize(
    ("au", "duree", "premier", "nombre"),
    [
        (date(2026, 3, 31), Duree.AN, date(2025, 3, 31), 13),
        (date(2024, 2, 29), Duree.AN, date(2023, 2, 28), 13),
        (date(2026, 3, 31), Duree.CINQ_ANS, date(2021, 3, 31), 21),
    ],
)
def test_the_days_of_a_curve_end_on_the_day_asked_for(au, duree, premier, nombre):
    jours = list_jours(au, duree)
    assert (jours[0], jours[-1], len(jours)) == (premier, au, nombre)
    assert list(jours) == sorted(set(jours))


def test_a_territory_is_drawn_first_then_those_that_hold_it_then_its_neighbours(mesures):
    planche = read(find("departement", "71"))
    assert [(s.territoire.type, s.territoire.code) for s in planche.series] == [
        ("departement", "71"), ("france", "france"), ("region", "27"), ("departement", "21"),
    ]  # fmt: skip
    assert [serie.choisie for serie in planche.series] == [True, False, False, False]


def test_a_share_has_one_scale_and_a_count_one_by_size(mesures):
    part, compte = read(find("departement", "71"), PART), read(find("departement", "71"))
    assert all(serie.echelle for serie in part.series)
    assert {serie.territoire.type for serie in compte.series if serie.echelle} == {"departement"}
    assert compte.echelle == "de 0 à 3 structures"
    vignettes = [serie.vignette for serie in compte.series if serie.echelle]
    assert {(vignette.bas, vignette.haut) for vignette in vignettes} == {("0", "3")}


def test_the_same_height_is_the_same_figure_on_the_shared_scale(mesures):
    saone, cote = (find_serie(read(find("departement", "71")), nom) for nom in ("Département 71", "Département 21"))
    assert saone.valeurs[-2:] == (Decimal(2), Decimal(3))
    assert saone.vignette.courbe.y < cote.vignette.courbe.y
    assert cote.vignette.repere.trace == saone.vignette.courbe.trace
    assert saone.dite == "De 2\u00a0structures à 3\u00a0structures ; au plus bas 2, au plus haut 3."
    assert (saone.ecart, saone.mieux) == ("", None)  # nothing was measured a year before


def test_two_days_are_compared(mesures):
    saone = find_serie(read(find("departement", "71"), depuis=JOUR), "Département 71")
    assert (saone.texte_avant, saone.texte, saone.ecart, saone.mieux) == (
        "2\u00a0structures", "3\u00a0structures", "+\u00a01", True,
    )  # fmt: skip


def test_sets_are_read_from_what_holds_them(mesures):
    departements = read(find("region", "27"), ensemble=Ensemble.DEPARTEMENTS)
    assert [serie.territoire.code for serie in departements.series] == ["21", "71"]
    epci = read(find("departement", "71"), "population", ensemble=Ensemble.EPCI)
    assert [serie.territoire.code for serie in epci.series] == ["247100589"]
    with pytest.raises(EnsembleVide, match="choisissez d'abord"):
        read(find("region", "27"), ensemble=Ensemble.EPCI)


def test_a_theme_draws_the_figures_of_one_territory_each_on_its_scale(mesures):
    planche = read(find("departement", "71"), ensemble=Ensemble.THEME)
    codes = [serie.indicateur.code for serie in planche.series]
    assert MSP in codes
    assert {find_indicateur(code).theme for code in codes} == {"structures"}
    assert {serie.territoire.code for serie in planche.series} == {"71"}
    assert not any(serie.echelle for serie in planche.series)


def test_a_figure_that_is_not_public_is_drawn_for_its_agents_only(mesures):
    prive = next(
        un for un in list_indicateurs().values()
        if "departement" in un.mailles and "departement" not in un.mailles_publiques
    )  # fmt: skip
    agent = make_agent("lecteur", "departement:71")
    assert read(find("departement", "71"), prive.code).series == ()
    siennes = read(find("departement", "71"), prive.code, user=agent).series
    assert "71" in [serie.territoire.code for serie in siennes]
    assert "21" not in [serie.territoire.code for serie in siennes]


def test_the_page_costs_a_fixed_number_of_queries(client, mesures, django_assert_max_num_queries):
    with django_assert_max_num_queries(REQUETES_MAX):
        page = client.get(f"/chiffres/courbes/?territoire=departement:71&indicateur={MSP}").content.decode()
    assert page.count("<h1") == 1
    assert page.count('role="img"') == 4
    assert "De 2\u00a0structures à 3\u00a0structures" in page
    assert " style=" not in page


@pytest.mark.parametrize(
    ("question", "phrase"),
    [
        ("territoire=region:99", "ce territoire n&#x27;est pas connu"),
        ("indicateur=inconnu", "cet indicateur n&#x27;est pas connu ici"),
        ("au=2031-01-01", "choisissez un jour entre"),
        ("territoire=region:27&ensemble=epci", "choisissez d&#x27;abord ce territoire"),
        ("territoire=departement:71&ensemble=epci&indicateur=publie_dac_prevus", "n’a pas de chiffre public"),
        ("page=99&duree=siecle&theme=rien&ensemble=tout", "Courbes"),
    ],
)
def test_a_wrong_question_is_answered_with_a_sentence(client, mesures, question, phrase):
    reponse = client.get(f"/chiffres/courbes/?{question}")
    assert reponse.status_code == 200
    assert phrase in reponse.content.decode()


def test_the_file_holds_every_curve_of_the_set(client, mesures):
    adresse = f"/chiffres/courbes/?territoire=departement:71&indicateur={MSP}&format=csv"
    lignes = list(csv.DictReader(io.StringIO(client.get(adresse).getvalue().decode("utf-8-sig")), delimiter=";"))
    assert len(lignes) == 4 * 13
    saone = [ligne["Valeur"] for ligne in lignes if ligne["Code du territoire"] == "71"]
    assert saone[-2:] == ["2,0000", "3,0000"]


def test_the_private_page_opens_on_one_s_own_territory(client, mesures):
    assert client.get("/pilotage/courbes/").status_code == 302
    client.force_login(make_agent("coordinateur_cpts", "cpts:71-chalonnais"))
    reponse = client.get("/pilotage/courbes/?ensemble=theme&theme=cpts")
    assert "(CPTS)" in reponse.content.decode()
    assert "no-store" in reponse["Cache-Control"]


@pytest.mark.parametrize("adresse", ["/chiffres/", "/chiffres/courbes/"])
def test_before_any_run_the_page_says_so(client, db, adresse):
    """With no territory at all, and with those that the targets of the texts made before the first run."""
    assert "Aucun chiffre n’est encore calculé" in client.get(adresse).content.decode()
    Territoire.objects.create(type="france", code="france", nom="France")
    assert "Aucun chiffre n’est encore calculé" in client.get(adresse).content.decode()
