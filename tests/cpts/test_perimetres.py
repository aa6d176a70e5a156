"""Perimeters read on a day: periods, sizes, mergers, overlaps, white zones, before and after."""

from datetime import date

import pytest
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cpts.calculs.perimetres import Frontiere
from cpts.lecture_perimetres import (
    Heritages,
    find_couvrantes,
    find_perimetre,
    list_blanches,
    list_chevauchements,
    list_codes,
    list_cpts_commune,
    list_populations,
    read_couverture,
    read_perimetre,
    read_regle_taille,
    read_unites,
    weigh,
)
from cpts.models import ParametreAci, Perimetre
from cpts.services.perimetres import (
    approve_perimetre,
    edit_brouillon,
    open_brouillon,
)
from cpts.services.perimetres_apercu import build_apercu
from tests.cpts.factories import CODE, make_cpts, make_perimetre
from tests.cpts.perimetres_essai import EFFET, JOUR, list_unites, make_communes, merge, submit
from tests.people import make_agent
from tests.zonage.factories import CommuneFactory, MouvementFactory, PopulationLegaleFactory
from zonage.models import Commune

pytestmark = pytest.mark.django_db


@pytest.fixture
def communes():
    return make_communes()


@pytest.fixture
def cpts(communes):
    return make_cpts(communes=communes[:3])


@pytest.fixture
def coordinateur(cpts):
    return make_agent("coordinateur_cpts", f"cpts:{CODE}")


@pytest.fixture
def valideur():
    return make_agent("valideur", "departement:71")


# --- reading


def test_a_perimeter_is_read_on_its_days_only(cpts):
    perimetre = Perimetre.objects.get(cpts=cpts)
    Perimetre.objects.filter(pk=perimetre.pk).update(periode=DateRange(date(2024, 1, 1), date(2026, 1, 1)))
    assert set(read_perimetre(CODE, date(2024, 1, 1))) == {"71001", "71002", "71003"}
    assert set(read_perimetre(CODE, date(2025, 12, 31))) == {"71001", "71002", "71003"}
    assert read_perimetre(CODE, date(2023, 12, 31)) == {}
    assert read_perimetre(CODE, date(2026, 1, 1)) == {}


def test_a_draft_covers_nothing(cpts, communes, coordinateur):
    edit_brouillon(open_brouillon(cpts, par=coordinateur), par=coordinateur, version=0, ajoute=["71006"])
    assert list_cpts_commune("71006", JOUR) == []
    assert list_cpts_commune("71001", JOUR) == [cpts]


def test_the_weight_says_its_vintage_and_what_it_does_not_know(communes):
    Commune.objects.filter(pk="71002").update(population=None, millesime_population=None)
    poids = weigh(read_unites(["71001", "71002"]).values(), read_regle_taille("27", JOUR))
    assert (poids.communes, poids.population, poids.millesimes, poids.inconnues) == (2, 1_000, (2023,), ("Village 1",))
    assert poids.tranche == "moins de 40 000 habitants"


def test_the_side_of_the_bound_is_that_of_the_region_then_of_france(communes):
    Commune.objects.filter(pk="71001").update(population=80_000)
    unites = read_unites(["71001"]).values()
    defaut = weigh(unites, read_regle_taille("27", JOUR))
    assert (defaut.taille, defaut.a_confirmer) == (3, True)
    depuis = DateRange(date(2020, 1, 1), None)
    ParametreAci.objects.create(
        code="frontiere_taille", periode=depuis, texte=Frontiere.INFERIEUR, reference="Note d'essai"
    )
    ParametreAci.objects.create(
        code="frontiere_taille",
        region_code="27",
        periode=depuis,
        texte=Frontiere.INFERIEUR_OU_EGAL,
        reference="Courrier d'essai",
        verifie_le=date(2025, 1, 1),
    )
    confirme = weigh(unites, read_regle_taille("27", JOUR))
    assert (confirme.taille, confirme.a_confirmer) == (2, False)
    assert weigh(unites, read_regle_taille("84", JOUR)).taille == 3
    assert read_regle_taille("27", date(2019, 1, 1)).reference == ""


def test_a_city_is_read_by_its_arrondissements_and_counted_once(communes):
    ville = CommuneFactory(code_insee="13055", nom="Marseille", population=100)
    for rang in (1, 2):
        CommuneFactory(code_insee=f"1320{rang}", arrondissement=True, parent=ville, population=50)
    entiere = make_cpts("13-ville", communes=[ville])
    moitie = make_cpts("13-moitie", communes=[Commune.objects.get(pk="13202")])
    assert set(read_perimetre("13-ville", JOUR)) == {"13201", "13202"}
    assert weigh(read_perimetre("13-ville", JOUR).values(), read_regle_taille("", JOUR)).population == 100
    assert [(un.code, [code for code, _ in un.cpts]) for un in list_chevauchements("", JOUR)] == [
        ("13202", ["13-moitie", "13-ville"])
    ]
    assert "13055" not in list_unites(list_blanches("", JOUR))
    assert list_cpts_commune("13055", JOUR) == [moitie, entiere]
    assert list_cpts_commune("13201", JOUR) == [entiere]


def test_populations_of_other_vintages_are_those_loaded(communes):
    PopulationLegaleFactory(commune=communes[0], code_publie="71001", millesime=2021, municipale=900)
    PopulationLegaleFactory(commune=communes[0], code_publie="71001", millesime=2022, municipale=950)
    PopulationLegaleFactory(commune=communes[1], code_publie="71002", millesime=2022, municipale=1_900)
    assert list_populations(["71001", "71002"]) == [(2022, 2_850, 0), (2021, 900, 1)]


def test_white_zones_and_overlaps_of_a_territory(cpts, communes):
    make_cpts("71-autre", communes=communes[2:4])
    assert [une.code for une in list_blanches("27", JOUR)] == ["71005", "71006"]
    assert [une.code for une in list_blanches("", JOUR, departement="71")] == ["71005", "71006"]
    assert list_blanches("84", JOUR) == []
    (seul,) = list_chevauchements("27", JOUR)
    assert (seul.code, {code for code, _ in seul.cpts}) == ("71003", {CODE, "71-autre"})
    couverture = read_couverture("27", JOUR)
    assert (couverture.communes, couverture.communes_couvertes) == (6, 4)
    assert (couverture.population, couverture.population_couverte) == (21_000, 10_000)


def test_each_question_about_france_is_one_query(cpts, django_assert_num_queries):
    for lit in (list_blanches, list_chevauchements, read_couverture):
        with django_assert_num_queries(2):  # the former communes, then the question
            lit("", JOUR)


# --- mergers


def test_two_merged_communes_in_two_cpts_are_an_overlap(cpts, communes):
    make_cpts("71-autre", communes=communes[3:4])
    assert list_chevauchements("", JOUR) == []
    merge(communes[2], communes[3])
    (seul,) = list_chevauchements("", JOUR)
    assert (seul.code, {code for code, _ in seul.cpts}) == ("71004", {CODE, "71-autre"})


def test_a_former_commune_is_read_as_the_one_that_took_it_over(cpts, communes):
    merge(communes[2], communes[3])
    assert set(read_perimetre(CODE, JOUR)) == {"71001", "71002", "71004"}
    assert "71003" not in list_unites(list_blanches("", JOUR))
    assert "71004" not in list_unites(list_blanches("", JOUR))
    apercu = build_apercu(find_perimetre(CODE, JOUR), JOUR)
    assert apercu.fusions == (("Village 2", "Village 3"),)


def test_a_merger_inside_a_perimeter_conserves_its_population(cpts, communes):
    avant = weigh(read_perimetre(CODE, JOUR).values(), read_regle_taille("27", JOUR))
    merge(communes[1], communes[2])
    apres = weigh(read_perimetre(CODE, JOUR).values(), read_regle_taille("27", JOUR))
    assert (avant.communes, apres.communes) == (3, 2)
    assert avant.population == apres.population


def test_a_commune_re_established_is_itself_again(cpts, communes):
    merge(communes[2], communes[3])
    MouvementFactory(modalite="21", code_avant="71004", code_apres="71003", date_effet=date(2026, 1, 1))
    assert set(read_perimetre(CODE, JOUR)) == {"71001", "71002", "71003"}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    perimetres=st.lists(st.sets(st.integers(0, 5), min_size=1), min_size=1, max_size=3),
    fusions=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=3),
    editions=st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=4),
)
def test_population_is_conserved_across_edits_and_mergers(communes, valideur, perimetres, fusions, editions):
    """Covered and white always make the country; an edit moves the people it names, and no others."""
    with transaction.atomic():
        try:
            _check_conservation(communes, valideur, perimetres, fusions, editions)
        finally:
            transaction.set_rollback(True)


def _check_conservation(communes, valideur, perimetres, fusions, editions):
    liees = [
        make_cpts(f"71-essai-{rang}", communes=[communes[indice] for indice in sorted(indices)])
        for rang, indices in enumerate(perimetres)
    ]
    total = read_couverture("", JOUR).population
    absorbees: set[int] = set()
    for ancienne, nouvelle in fusions:
        if ancienne != nouvelle and not absorbees & {ancienne, nouvelle}:
            merge(Commune.objects.get(pk=communes[ancienne].pk), Commune.objects.get(pk=communes[nouvelle].pk))
            absorbees.add(ancienne)
        couverture = read_couverture("", JOUR)
        blanches = sum(une.population for une in list_blanches("", JOUR))
        assert couverture.population == total
        assert couverture.population_couverte + blanches == total
        par_cpts = [read_perimetre(cpts.code, JOUR) for cpts in liees]
        somme = sum(unite.population for siennes in par_cpts for unite in siennes.values())
        doubles = sum(un.population * (len(un.cpts) - 1) for un in list_chevauchements("", JOUR))
        assert somme - doubles == couverture.population_couverte
    brouillon = open_brouillon(liees[0], par=valideur)
    for ajoute, indice in editions:
        avant = read_unites(list_codes(brouillon))
        code = communes[indice].pk
        edition = edit_brouillon(
            brouillon, par=valideur, version=brouillon.version, **{"ajoute" if ajoute else "retire": [code]}
        )
        apres = read_unites(list_codes(brouillon))
        nommees = Heritages().expand([code])
        assert {*edition.ajoutees, *edition.retirees} <= nommees
        assert {c: u for c, u in avant.items() if c not in nommees} == {
            c: u for c, u in apres.items() if c not in nommees
        }


# --- before and after


def test_the_preview_names_overlaps_white_zones_and_the_change_of_size(cpts, communes, coordinateur):
    voisine = make_cpts("71-autre", communes=communes[3:5], nom="CPTS voisine")
    Commune.objects.filter(pk="71004").update(population=200_000)
    brouillon = open_brouillon(cpts, par=coordinateur)
    edit_brouillon(brouillon, par=coordinateur, version=0, ajoute=["71004"], retire=["71001"])
    apercu = build_apercu(brouillon, JOUR)
    assert list_unites(apercu.ajoutees) == {"71004"}
    assert list_unites(apercu.retirees) == list_unites(apercu.quittees) == {"71001"}
    assert [(unite.code, autres) for unite, autres in apercu.chevauchements] == [("71004", (voisine,))]
    assert [(une.nom, [unite.code for unite in siennes]) for une, siennes in apercu.chevauchees] == [
        ("CPTS voisine", ["71004"])
    ]
    assert (apercu.poids_avant.taille, apercu.poids.taille, apercu.change_taille) == (1, 4, True)
    assert apercu.ecart == 199_000
    assert list_unites(apercu.voisines) == {"71001", "71005"}
    assert list_unites(apercu.blanches) == {"71001"}


def test_the_preview_asks_as_many_queries_whatever_the_communes(communes, coordinateur, django_assert_max_num_queries):
    cpts = make_cpts("71-essai-b", communes=communes)
    make_cpts("71-autre", communes=communes)
    with django_assert_max_num_queries(13):
        build_apercu(find_perimetre(cpts.code, JOUR), JOUR)


def test_former_perimeters_are_compared_with_the_one_before(cpts, coordinateur, valideur):
    nouveau = submit(cpts, coordinateur, ajoute=["71004"])
    ancien = find_perimetre(CODE, JOUR)
    approve_perimetre(nouveau, par=valideur, version=nouveau.version)
    assert build_apercu(nouveau, EFFET).base == ancien
    assert build_apercu(ancien, JOUR).base is None


def test_couvrantes_leave_out_the_cpts_asked(cpts, communes):
    make_perimetre(make_cpts("71-autre"), communes[:1], approuve=True)
    assert {code: [c.code for c in liste] for code, liste in find_couvrantes(["71001", "71002"], JOUR).items()} == {
        "71001": ["71-autre", CODE],
        "71002": [CODE],
    }
    assert [c.code for c in find_couvrantes(["71001"], JOUR, sauf=CODE)["71001"]] == ["71-autre"]
