"""Perimeters read on a day and moved by their acts: periods, freezing, two persons, mergers, overlaps, white zones."""

from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cpts.calculs.perimetres import Frontiere
from cpts.enums import StatutPerimetre
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
from cpts.models import CommunePerimetre, ParametreAci, Perimetre
from cpts.services.perimetres import (
    PerimetreModifie,
    PerimetreRefuse,
    approve_perimetre,
    edit_brouillon,
    end_perimetre,
    note_brouillon,
    open_brouillon,
    refuse_perimetre,
    remove_brouillon,
    resume_brouillon,
    submit_perimetre,
)
from cpts.services.perimetres_apercu import build_apercu
from portal.accounts.enums import Role
from portal.accounts.middleware import bind_ceinture
from portal.accounts.models import User
from portal.core.models import Envoi, Evenement
from tests.cpts.factories import CODE, make_cpts, make_perimetre
from tests.people import make_agent, make_mandat
from tests.portal.test_ceinture import as_web
from tests.zonage.factories import AncienneCommuneFactory, CommuneFactory, MouvementFactory, PopulationLegaleFactory
from zonage.models import Commune

JOUR = date(2026, 1, 1)
EFFET = date(2026, 3, 1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def communes():
    """Six of them in a line, each the neighbour of the next."""
    codes = [f"71{rang:03d}" for rang in range(1, 7)]
    return [
        CommuneFactory(
            code_insee=code,
            nom=f"Village {rang}",
            population=1_000 * (rang + 1),
            voisines=[voisine for voisine in codes if abs(int(voisine) - int(code)) == 1],
        )
        for rang, code in enumerate(codes)
    ]


@pytest.fixture
def cpts(communes):
    return make_cpts(communes=communes[:3])


@pytest.fixture
def coordinateur(cpts):
    return make_agent("coordinateur_cpts", f"cpts:{CODE}")


@pytest.fixture
def valideur():
    return make_agent("valideur", "departement:71")


def _codes(unites):
    return {unite.code for unite in unites}


def _submit(cpts, par, **ajoute):
    brouillon = open_brouillon(cpts, par=par)
    edit_brouillon(brouillon, par=par, version=0, **ajoute)
    submit_perimetre(brouillon, par=par, version=1, motif="Essai", effet_le=EFFET)
    return brouillon


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
    assert "13055" not in _codes(list_blanches("", JOUR))
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


def _merge(ancienne, nouvelle):
    """What the reference data does when a commune joins another: its row stays, its people count with the other."""
    AncienneCommuneFactory(code_insee=ancienne.pk, nom=ancienne.nom, commune=nouvelle, depuis=date(2025, 1, 1))
    Commune.objects.filter(pk=nouvelle.pk).update(population=nouvelle.population + ancienne.population)


def test_two_merged_communes_in_two_cpts_are_an_overlap(cpts, communes):
    make_cpts("71-autre", communes=communes[3:4])
    assert list_chevauchements("", JOUR) == []
    _merge(communes[2], communes[3])
    (seul,) = list_chevauchements("", JOUR)
    assert (seul.code, {code for code, _ in seul.cpts}) == ("71004", {CODE, "71-autre"})


def test_a_former_commune_is_read_as_the_one_that_took_it_over(cpts, communes):
    _merge(communes[2], communes[3])
    assert set(read_perimetre(CODE, JOUR)) == {"71001", "71002", "71004"}
    assert "71003" not in _codes(list_blanches("", JOUR))
    assert "71004" not in _codes(list_blanches("", JOUR))
    apercu = build_apercu(find_perimetre(CODE, JOUR), JOUR)
    assert apercu.fusions == (("Village 2", "Village 3"),)


def test_a_merger_inside_a_perimeter_conserves_its_population(cpts, communes):
    avant = weigh(read_perimetre(CODE, JOUR).values(), read_regle_taille("27", JOUR))
    _merge(communes[1], communes[2])
    apres = weigh(read_perimetre(CODE, JOUR).values(), read_regle_taille("27", JOUR))
    assert (avant.communes, apres.communes) == (3, 2)
    assert avant.population == apres.population


def test_a_commune_re_established_is_itself_again(cpts, communes):
    _merge(communes[2], communes[3])
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
            _merge(Commune.objects.get(pk=communes[ancienne].pk), Commune.objects.get(pk=communes[nouvelle].pk))
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


# --- acts


def test_a_draft_begins_with_the_perimeter_in_force(cpts, coordinateur):
    brouillon = open_brouillon(cpts, par=coordinateur)
    assert list_codes(brouillon) == ["71001", "71002", "71003"]
    edition = edit_brouillon(brouillon, par=coordinateur, version=0, ajoute=["71004"], retire=["71001"])
    assert (edition.ajoutees, edition.retirees, edition.version) == (("71004",), ("71001",), 1)
    assert find_perimetre(CODE, JOUR).pk != brouillon.pk
    note_brouillon(brouillon, version=1, motif=" Pourquoi ", effet_le=EFFET)
    assert (brouillon.motif, brouillon.effet_le, brouillon.version) == ("Pourquoi", EFFET, 2)


def test_an_edit_of_an_older_version_is_refused_and_writes_nothing(cpts, coordinateur):
    brouillon = open_brouillon(cpts, par=coordinateur)
    edit_brouillon(brouillon, par=coordinateur, version=0, ajoute=["71004"])
    with pytest.raises(PerimetreModifie, match="a changé"):
        edit_brouillon(brouillon, par=coordinateur, version=0, ajoute=["71005"])
    assert list_codes(brouillon) == ["71001", "71002", "71003", "71004"]


def test_an_edit_writes_today_s_communes(cpts, communes, coordinateur):
    brouillon = open_brouillon(cpts, par=coordinateur)
    _merge(communes[2], communes[3])
    edit_brouillon(brouillon, par=coordinateur, version=0, ajoute=["71006"])
    assert list_codes(brouillon) == ["71001", "71002", "71004", "71006"]


def test_the_approval_closes_the_one_before_and_freezes_the_population(cpts, coordinateur, valideur):
    ancien = find_perimetre(CODE, JOUR)
    nouveau = _submit(cpts, coordinateur, ajoute=["71004", "71005"], retire=["71001"])
    approve_perimetre(nouveau, par=valideur, version=nouveau.version, commentaire="D'accord")
    ancien.refresh_from_db()
    assert (ancien.periode.upper, nouveau.periode) == (EFFET, DateRange(EFFET, None))
    assert (nouveau.population, nouveau.millesime_population, nouveau.taille) == (14_000, 2023, 1)
    assert set(read_perimetre(CODE, date(2026, 2, 28))) == {"71001", "71002", "71003"}
    assert set(read_perimetre(CODE, EFFET)) == {"71002", "71003", "71004", "71005"}
    assert [une.code for une in list_blanches("", EFFET)] == ["71001", "71006"]
    actes = Evenement.objects.filter(objet=f"cpts.cpts:{CODE}").order_by("pk").values_list("action", flat=True)
    assert list(actes) == ["perimetre_ouvert", "perimetre_modifie", "perimetre_soumis", "perimetre_approuve"]


def test_the_approval_tells_the_outbox(cpts, coordinateur, valideur, settings):
    settings.MAILLAGE_ABONNEMENTS = {"cpts.perimetre": ["core.battement"]}
    nouveau = _submit(cpts, coordinateur, ajoute=["71004"])
    approve_perimetre(nouveau, par=valideur, version=nouveau.version)
    assert Envoi.objects.get(cle=CODE).arguments == [CODE]


def test_nobody_answers_what_they_submitted(cpts, valideur):
    soumis = _submit(cpts, valideur, ajoute=["71004"])
    with pytest.raises(PerimetreRefuse, match="une autre personne"):
        approve_perimetre(soumis, par=valideur, version=soumis.version)
    with pytest.raises(IntegrityError, match="perimetre_deux_personnes"), transaction.atomic():
        Perimetre.objects.filter(pk=soumis.pk).update(decide_par=valideur)


def test_a_refusal_says_why_and_lets_another_draft_come(cpts, coordinateur, valideur):
    soumis = _submit(cpts, coordinateur, ajoute=["71004"])
    with pytest.raises(PerimetreRefuse, match="Dites pourquoi"):
        refuse_perimetre(soumis, par=valideur, version=soumis.version, commentaire=" ")
    refuse_perimetre(soumis, par=valideur, version=soumis.version, commentaire="Trop loin")
    assert (soumis.statut, soumis.commentaire) == (StatutPerimetre.REFUSE, "Trop loin")
    assert set(read_perimetre(CODE, EFFET)) == {"71001", "71002", "71003"}
    assert _submit(cpts, coordinateur, ajoute=["71005"]).statut == StatutPerimetre.SOUMIS


def test_what_waits_can_be_taken_back(cpts, coordinateur):
    soumis = _submit(cpts, coordinateur, ajoute=["71004"])
    with pytest.raises(PerimetreModifie):
        edit_brouillon(soumis, par=coordinateur, version=soumis.version, ajoute=["71005"])
    resume_brouillon(soumis, par=coordinateur, version=soumis.version)
    edit_brouillon(soumis, par=coordinateur, version=soumis.version, ajoute=["71005"])
    remove_brouillon(soumis, par=coordinateur, version=soumis.version)
    assert soumis.statut == StatutPerimetre.RETIRE


@pytest.mark.parametrize(
    ("champs", "phrase"),
    [
        ({"motif": " "}, "pourquoi"),
        ({"effet_le": None}, "le jour"),
        ({"effet_le": date(2018, 12, 31)}, "le jour"),
        ({"effet_le": date(2024, 1, 1)}, "postérieur"),
        ({"effet_le": date(2023, 6, 1)}, "postérieur"),
    ],
)
def test_what_is_missing_is_said_before_the_submission(cpts, coordinateur, champs, phrase):
    brouillon = open_brouillon(cpts, par=coordinateur)
    edit_brouillon(brouillon, par=coordinateur, version=0, ajoute=["71004"])
    with pytest.raises(PerimetreRefuse, match=phrase):
        submit_perimetre(brouillon, par=coordinateur, version=1, **{"motif": "Essai", "effet_le": EFFET, **champs})
    assert brouillon.statut == StatutPerimetre.BROUILLON


def test_an_empty_or_unchanged_perimeter_is_not_submitted(cpts, coordinateur):
    brouillon = open_brouillon(cpts, par=coordinateur)
    with pytest.raises(PerimetreRefuse, match="rien à soumettre"):
        submit_perimetre(brouillon, par=coordinateur, version=0, motif="Essai", effet_le=EFFET)
    edit_brouillon(brouillon, par=coordinateur, version=0, retire=["71001", "71002", "71003"])
    with pytest.raises(PerimetreRefuse, match="aucune commune"):
        submit_perimetre(brouillon, par=coordinateur, version=1, motif="Essai", effet_le=EFFET)


def test_one_perimeter_waits_at_a_time(cpts, coordinateur):
    _submit(cpts, coordinateur, ajoute=["71004"])
    autre = open_brouillon(cpts, par=coordinateur)
    edit_brouillon(autre, par=coordinateur, version=0, ajoute=["71005"])
    with pytest.raises(PerimetreRefuse, match="attend déjà"):
        submit_perimetre(autre, par=coordinateur, version=1, motif="Essai", effet_le=EFFET)


def test_drafts_are_bounded(cpts, coordinateur):
    for _ in range(10):
        open_brouillon(cpts, par=coordinateur)
    with pytest.raises(PerimetreRefuse, match="10 brouillons"):
        open_brouillon(cpts, par=coordinateur)


def test_a_cpts_that_ends_leaves_its_communes_white(cpts):
    assert end_perimetre(cpts, le=date(2026, 6, 1), par=None)
    assert read_perimetre(CODE, date(2026, 5, 31))
    assert read_perimetre(CODE, date(2026, 6, 1)) == {}
    assert not end_perimetre(cpts, le=date(2026, 6, 1), par=None)


# --- what the database refuses


@pytest.mark.parametrize(
    ("changement", "contrainte"),
    [
        ({"statut": "brouillon", "version": 99}, "perimetre_transition"),
        ({"population": 1}, "perimetre_fige"),
        ({"periode": DateRange(date(2020, 1, 1), None)}, "perimetre_fige"),
        ({"periode": None}, "perimetre_fige"),
    ],
)
def test_what_was_decided_is_frozen_in_the_database(cpts, coordinateur, valideur, changement, contrainte):
    nouveau = _submit(cpts, coordinateur, ajoute=["71004"])
    approve_perimetre(nouveau, par=valideur, version=nouveau.version)
    with pytest.raises(IntegrityError, match=contrainte), transaction.atomic():
        Perimetre.objects.filter(pk=nouveau.pk).update(**changement)
    with pytest.raises(IntegrityError, match="communeperimetre_figee"), transaction.atomic():
        CommunePerimetre.objects.create(perimetre=nouveau, commune_id="71006")
    with pytest.raises(IntegrityError, match="communeperimetre_figee"), transaction.atomic():
        CommunePerimetre.objects.filter(perimetre=nouveau).delete()
    effacement = pytest.raises(IntegrityError, match="perimetre_ne_s_efface_pas")
    with effacement, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM cpts_perimetre WHERE id = %s", [nouveau.pk])


def test_a_draft_is_never_approved_without_its_submission(cpts, coordinateur):
    brouillon = open_brouillon(cpts, par=coordinateur)
    with pytest.raises(IntegrityError, match="perimetre_transition"), transaction.atomic():
        Perimetre.objects.filter(pk=brouillon.pk).update(statut="approuve", periode=DateRange(EFFET, None), version=1)


# --- before and after


def test_the_preview_names_overlaps_white_zones_and_the_change_of_size(cpts, communes, coordinateur):
    voisine = make_cpts("71-autre", communes=communes[3:5], nom="CPTS voisine")
    Commune.objects.filter(pk="71004").update(population=200_000)
    brouillon = open_brouillon(cpts, par=coordinateur)
    edit_brouillon(brouillon, par=coordinateur, version=0, ajoute=["71004"], retire=["71001"])
    apercu = build_apercu(brouillon, JOUR)
    assert _codes(apercu.ajoutees) == {"71004"}
    assert _codes(apercu.retirees) == _codes(apercu.quittees) == {"71001"}
    assert [(unite.code, autres) for unite, autres in apercu.chevauchements] == [("71004", (voisine,))]
    assert [(une.nom, [unite.code for unite in siennes]) for une, siennes in apercu.chevauchees] == [
        ("CPTS voisine", ["71004"])
    ]
    assert (apercu.poids_avant.taille, apercu.poids.taille, apercu.change_taille) == (1, 4, True)
    assert apercu.ecart == 199_000
    assert _codes(apercu.voisines) == {"71001", "71005"}
    assert _codes(apercu.blanches) == {"71001"}


def test_the_preview_asks_as_many_queries_whatever_the_communes(communes, coordinateur, django_assert_max_num_queries):
    cpts = make_cpts("71-essai-b", communes=communes)
    make_cpts("71-autre", communes=communes)
    with django_assert_max_num_queries(13):
        build_apercu(find_perimetre(cpts.code, JOUR), JOUR)


def test_former_perimeters_are_compared_with_the_one_before(cpts, coordinateur, valideur):
    nouveau = _submit(cpts, coordinateur, ajoute=["71004"])
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


def test_the_web_never_writes_the_communes_of_another_cpts(communes, coordinateur):
    autre = make_perimetre(make_cpts("71-autre"), communes[:1])
    siens = open_brouillon(make_cpts("71-essai-b"), par=None)
    make_mandat(coordinateur, Role.COORDINATEUR_CPTS, "cpts:71-essai-b")
    with as_web():
        bind_ceinture(User.objects.get(pk=coordinateur.pk))
        CommunePerimetre.objects.create(perimetre_id=siens.pk, commune_id="71006")
        assert CommunePerimetre.objects.filter(perimetre_id=autre.pk).count() == 1
        assert CommunePerimetre.objects.filter(perimetre_id=autre.pk).delete()[0] == 0
        with pytest.raises(DatabaseError), transaction.atomic():
            CommunePerimetre.objects.create(perimetre_id=autre.pk, commune_id="71006")
