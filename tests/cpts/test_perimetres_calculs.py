"""The sizes, the units and the mergers: pure computations, and what hypothesis finds of them."""

from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpts.calculs.cycle_perimetre import list_couples, may_go
from cpts.calculs.perimetres import (
    Frontiere,
    compare,
    expand_unites,
    find_kilometres,
    find_taille,
    is_sur_borne,
    list_fusions,
    resolve_heritages,
)


@pytest.mark.parametrize(
    ("population", "inferieur", "inferieur_ou_egal"),
    [
        (0, 1, 1),
        (39_999, 1, 1),
        (40_000, 2, 1),
        (40_001, 2, 2),
        (79_999, 2, 2),
        (80_000, 3, 2),
        (80_001, 3, 3),
        (130_000, 3, 3),
        (174_999, 3, 3),
        (175_000, 4, 3),
        (175_001, 4, 4),
    ],
)
def test_the_side_of_a_bound_is_a_parameter(population, inferieur, inferieur_ou_egal):
    assert find_taille(population, Frontiere.INFERIEUR) == inferieur
    assert find_taille(population, Frontiere.INFERIEUR_OU_EGAL) == inferieur_ou_egal
    assert is_sur_borne(population) == (inferieur != inferieur_ou_egal)


def test_mergers_of_mergers_lead_to_today_and_a_shared_code_to_nobody():
    couples = [("71002", "71001"), ("71003", "71002"), ("71004", "71010"), ("71004", "71011"), ("71005", "71005")]
    assert resolve_heritages(couples) == {"71002": "71001", "71003": "71001"}


def test_codes_that_lead_to_each_other_are_left_as_they_are():
    assert resolve_heritages([("71001", "71002"), ("71002", "71001"), ("71003", "71001")]) == {}


def test_a_city_counts_once_by_its_arrondissements():
    villes = {"13055": ("13201", "13202")}
    assert expand_unites(["13055", "13201", "13001"], {}, villes) == {"13201", "13202", "13001"}


def test_a_former_commune_is_named_with_the_one_that_took_it_over():
    assert list_fusions(["71003", "71001"], {"71003": "71001"}) == {"71003": "71001"}


def test_the_distance_between_two_mairies():
    assert find_kilometres((4.8539, 46.7806), (4.8320, 46.3069)) == pytest.approx(52.7, abs=0.3)  # Chalon, Mâcon
    assert find_kilometres((2.0, 48.0), (2.0, 48.0)) == 0


CODES = [f"{71000 + rang}" for rang in range(1, 25)]
ensembles = st.sets(st.sampled_from(CODES))
fusions = st.lists(st.tuples(st.sampled_from(CODES), st.sampled_from(CODES)), max_size=12)
villes = st.dictionaries(st.sampled_from(CODES[:3]), st.just(("75101", "75102", "75103")), max_size=1)


@given(perimetres=st.lists(ensembles, max_size=5), fusions=fusions, villes=villes)
def test_what_is_covered_and_what_is_white_make_the_whole_country(perimetres, fusions, villes):
    """Whatever merges: no unit is lost, none counted twice."""
    heritages = resolve_heritages(fusions)
    france = expand_unites(CODES, heritages, villes)
    couvertes = [expand_unites(codes, heritages, villes) for codes in perimetres]
    union = frozenset[str]().union(*couvertes)
    blanches = france - union
    assert union <= france
    assert len(union) + len(blanches) == len(france)
    doubles = sum(len(siennes) for siennes in couvertes) - len(union)
    chevauchements = {code for code in union if sum(code in siennes for siennes in couvertes) > 1}
    assert (doubles > 0) == bool(chevauchements)


@given(codes=ensembles, fusions=fusions, villes=villes)
def test_reading_twice_is_reading_once(codes, fusions, villes):
    heritages = resolve_heritages(fusions)
    unites = expand_unites(codes, heritages, villes)
    assert expand_unites(unites, heritages, villes) == unites


@given(avant=ensembles, ajoute=ensembles, retire=ensembles)
def test_an_edit_conserves_what_it_does_not_name(avant, ajoute, retire):
    """Each unit weighs one: the population after is that before, plus what came, less what went."""
    apres = (avant | ajoute) - retire
    ecart = compare(avant, apres)
    assert len(apres) == len(avant) + len(ecart.ajoutees) - len(ecart.retirees)
    assert ecart.gardees == avant & apres
    assert ecart.ajoutees <= ajoute - avant
    assert ecart.retirees <= retire


def test_the_migration_holds_the_same_life():
    assert sorted(import_module("cpts.migrations.0011_suites").COUPLES) == list_couples()
    assert may_go("soumis", "approuve")
    assert not may_go("approuve", "brouillon")
