"""What each commune offers: equal to the check, written by difference, computed again for what an act concerns."""

import threading
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.utils import IntegrityError

from aides import tasks
from aides.catalogue import follow_locaux
from aides.eligibilite import calcul
from aides.eligibilite.calcul import is_due, refresh_eligibilite
from aides.eligibilite.classes import PARTOUT, Portee, read_terrain
from aides.eligibilite.lecture import Filtre, list_offres, read_offre
from aides.models import Eligibilite, JeuEligibilite, ParametreRegional, StatutParametre
from aides.regles.evaluation import Issue
from aides.regles.parametres import PARAMETRES
from aides.services import check
from portal.core.models import Envoi, Execution
from portal.core.outbox import post
from portal.core.relais import take
from portal.core.taches import perform
from tests.aides.redactions import TEXTE, publish
from tests.zonage.factories import CommuneFactory, DepartementFactory, RegionFactory
from tests.zonage.factories_zonage import (
    ArreteFactory,
    ClassementFactory,
    NiveauFactory,
    TerritoireFactory,
    UserFactory,
)
from zonage.enums import Profession, StatutZone, TypeTerritoire
from zonage.models import AppartenanceListe, Commune, ListeCommunes, Niveau, PeriodeListe, Territoire, ZoneCommune
from zonage.services import ensure_niveaux, propose_arrete, publish_arrete

AU = date(2026, 11, 22)
HORS_LISTES = ("71901", "71902")


@pytest.fixture(autouse=True)
def _fresh(locaux_relus):
    with follow_locaux():
        yield


def write_zone(commune, profession, arrete, niveau=None, statut=StatutZone.CONNU):
    territoire, _ = Territoire.objects.get_or_create(
        type=TypeTerritoire.COMMUNE, code=commune.pk, defaults={"libelle": commune.nom}
    )
    ZoneCommune.objects.create(
        commune=commune,
        profession=profession,
        periode=DateRange(date(2024, 1, 1), None),
        statut=statut,
        niveau=niveau,
        arrete=arrete,
        territoire=territoire,
        origine=arrete.origine,
    )


@pytest.fixture
def territoire(db):
    """Every niveau for every profession in two régions, communes without a certain niveau, lists and amounts."""
    ensure_niveaux()
    for region, departement in (("27", "71"), ("84", "38")):
        ailleurs = DepartementFactory(code=departement, region=RegionFactory(code=region))
        arretes = {
            profession: ArreteFactory(region_id=region, profession=profession) for profession in Profession.values
        }
        for rang, niveau in enumerate(Niveau.objects.order_by("pk")):
            commune = CommuneFactory(code_insee=f"{departement}{rang + 100}", departement=ailleurs)
            for profession in Profession.values:
                write_zone(commune, profession, arretes[profession], niveau)
        for code, statut in (("901", StatutZone.ADRESSE_REQUISE), ("902", StatutZone.INCONNU), ("903", None)):
            commune = CommuneFactory(code_insee=f"{departement}{code}", departement=ailleurs)
            for profession in Profession.values if statut else ():
                write_zone(commune, profession, arretes[profession], statut=statut)
    write_listes()
    for rang, code in enumerate(sorted(PARAMETRES)):
        ParametreRegional.objects.create(
            region_id="27",
            code=code,
            valeur=1_000 + 0.25 * rang,
            periode=DateRange(date(2024, 1, 1), None),
            reference="Contrat-type d'essai",
            verifie_le=date(2026, 1, 5),
            statut=StatutParametre.VALIDE,
            **four_eyes(),
        )


def four_eyes():
    return {"propose_par": UserFactory(), "valide_par": UserFactory()}


def write_listes():
    """Two lists known that day: one half of the communes in it, one commune uncertain; a third list is unknown."""
    for code in ("frr", "zrr"):
        liste, _ = ListeCommunes.objects.get_or_create(code=code, defaults={"libelle": code, "reference": "essai"})
        PeriodeListe.objects.create(liste=liste, periode=DateRange(date(2024, 7, 1), None))
        for rang, commune in enumerate(Commune.objects.exclude(pk__in=HORS_LISTES).order_by("pk")):
            if rang % 2:
                AppartenanceListe.objects.create(
                    liste=liste,
                    commune=commune,
                    periode=DateRange(date(2024, 7, 1), None),
                    certaine=commune.pk != "71101",
                )


def expected(commune, profession, au=AU):
    """What the check says: (scheme, version, issue, minimum, maximum, periodicity)."""
    bilan = check(commune, {"profession": profession}, au=au)
    lignes = set()
    for resultat in bilan.resultats:
        montant = resultat.montant
        chiffres = (montant.minimum, montant.maximum, montant.periodicite) if montant else (None, None, None)
        lignes.add((resultat.dispositif.code, resultat.version.code, resultat.issue, *chiffres))
    return lignes


def describe(offres):
    return {(o.dispositif, o.version, o.issue, o.minimum, o.maximum, o.periodicite) for o in offres.lignes}


def read(commune, profession):
    return describe(read_offre(commune, profession))


def assert_equal_to_the_check(au=AU):
    compares = 0
    for commune in Commune.objects.order_by("pk").values_list("pk", flat=True):
        for profession in Profession.values:
            assert read(commune, profession) == expected(commune, profession, au), (commune, profession)
            compares += 1
    return compares


class TestEqualToTheCheck:
    def test_on_every_commune_and_profession_by_rebuild_then_by_difference(self, territoire):
        publish(TEXTE, AU)
        execution = refresh_eligibilite(au=AU, cause="essai")
        communes = Commune.objects.count()
        assert execution.lignes_ecrites == communes * 6 == Eligibilite.objects.count()
        assert assert_equal_to_the_check() == communes * 6
        assert {Issue.A_INSTRUIRE, Issue.NON_ELIGIBLE} <= {ligne[2] for ligne in read("71100", "medecin")}
        assert read_offre("71100", "medecin").offre("bourse_71").issue is Issue.ELIGIBLE
        assert read_offre("71100", "medecin").offre("bourse_71").maximum == Decimal("1500.50")
        assert read_offre("38100", "medecin").offre("bourse_71") is None

    def test_when_the_day_moves_to_other_rules(self, territoire):
        for au in (date(2019, 6, 6), date(2023, 12, 31), date(2024, 7, 1), AU):
            refresh_eligibilite(au=au, cause="essai")
            assert JeuEligibilite.objects.get().jour == au
            for commune in ("71100", "71104", "38106", "71901", "71903"):
                for profession in ("medecin", "infirmier"):
                    assert read(commune, profession) == expected(commune, profession, au), (au, commune)

    def test_classes_are_far_fewer_than_communes_but_tell_them_apart(self, territoire):
        with connection.cursor() as cursor:
            terrain = read_terrain(cursor, calcul.catalogue(), PARTOUT, AU)
            classes = terrain.read_classes(cursor)
        assert len({(c.profession, c.niveau, c.locale) for c in classes}) == len(classes)
        assert len(classes) <= Commune.objects.count() * 6


class TestDifferences:
    def test_nothing_changed_writes_nothing(self, territoire):
        refresh_eligibilite(au=AU, cause="essai")
        avant = dict(read_versions())
        execution = refresh_eligibilite(au=AU, cause="essai")
        assert (execution.lignes_lues, execution.lignes_ecrites) == (Eligibilite.objects.count(), 0)
        assert dict(read_versions()) == avant

    def test_one_zone_that_changes_writes_its_row_alone(self, territoire):
        refresh_eligibilite(au=AU, cause="essai")
        avant = dict(read_versions())
        zone = ZoneCommune.objects.get(commune="71100", profession="medecin")
        autre = Niveau.objects.get(code="zip" if zone.niveau_id != "zip" else "hors_vivier")
        ZoneCommune.objects.filter(pk=zone.pk).update(niveau=autre)
        execution = refresh_eligibilite(Portee(("medecin",), ("27",)), au=AU, cause="essai")
        assert execution.lignes_ecrites == 1
        assert execution.lignes_lues == Commune.objects.filter(departement="71").count()
        changees = {cle for cle, version in read_versions() if avant[cle] != version}
        assert changees == {("71100", "medecin")}
        assert read("71100", "medecin") == expected("71100", "medecin")

    def test_a_part_leaves_the_others_alone(self, territoire):
        refresh_eligibilite(au=AU, cause="essai")
        ZoneCommune.objects.filter(commune="38100").delete()
        assert refresh_eligibilite(Portee(("medecin",), ("27",)), au=AU, cause="essai").lignes_ecrites == 0
        assert refresh_eligibilite(Portee(None, ("84",)), au=AU, cause="essai").lignes_ecrites > 0
        assert_equal_to_the_check()

    def test_a_new_commune_and_one_that_left_are_followed(self, territoire):
        refresh_eligibilite(au=AU, cause="essai")
        CommuneFactory(code_insee="71999", departement_id="71")
        AppartenanceListe.objects.filter(commune="38903").delete()
        Commune.objects.get(pk="38903").delete()
        execution = refresh_eligibilite(au=AU, cause="essai")
        assert execution.lignes_ecrites == 12
        assert JeuEligibilite.objects.get().lignes == Eligibilite.objects.count() == Commune.objects.count() * 6
        assert read_offre("38903", "medecin").lignes == ()

    def test_a_validated_amount_reaches_its_region(self, territoire):
        refresh_eligibilite(au=AU, cause="essai")
        ParametreRegional.objects.update(valeur=4_321)
        execution = refresh_eligibilite(Portee(None, ("27",)), au=AU, cause="essai")
        assert 0 < execution.lignes_ecrites <= Commune.objects.filter(departement="71").count() * 6
        assert_equal_to_the_check()

    def test_other_ranks_rebuild_the_table(self, territoire):
        refresh_eligibilite(au=AU, cause="essai")
        avant = len(JeuEligibilite.objects.get().versions)
        publish(TEXTE, AU)
        assert is_due(AU)
        execution = refresh_eligibilite(Portee(("medecin",)), au=AU, cause="aides.regle bourse_71")
        assert execution.lignes_ecrites == Eligibilite.objects.count()
        assert len(JeuEligibilite.objects.get().versions) == avant + 1
        assert not is_due(AU)
        assert_equal_to_the_check()


class TestFence:
    def test_a_run_never_goes_back_to_a_former_day(self, territoire):
        refresh_eligibilite(au=AU, cause="essai")
        execution = refresh_eligibilite(au=AU - timedelta(days=400), cause="essai")
        assert (execution.statut, execution.lignes_ecrites) == (Execution.Statut.TERMINEE, 0)
        assert JeuEligibilite.objects.get().jour == AU

    def test_a_run_older_than_the_last_whole_computation_writes_nothing(self, territoire):
        refresh_eligibilite(au=AU, cause="essai")
        JeuEligibilite.objects.update(sequence=10**9)
        ZoneCommune.objects.all().delete()
        assert refresh_eligibilite(au=AU, cause="essai").lignes_ecrites == 0

    def test_a_class_without_its_vector_is_refused_by_the_columns(self, territoire, monkeypatch):
        refresh_eligibilite(au=AU, cause="essai")
        construit = calcul.build_vecteurs
        monkeypatch.setattr(calcul, "build_vecteurs", lambda t, classes, v: construit(t, classes[1:], v))
        with pytest.raises(IntegrityError):
            refresh_eligibilite(au=AU, cause="essai")

    def test_the_swap_keeps_the_names_and_the_rules_of_the_table(self, territoire):
        avant = describe_table()
        refresh_eligibilite(au=AU, cause="essai", entier=True)
        refresh_eligibilite(au=AU, cause="essai", entier=True)
        assert describe_table() == avant


@pytest.mark.django_db(transaction=True)
def test_readers_never_see_a_mix_nor_nothing_while_the_table_is_swapped(request):
    """Ten days, one after the other, by swap: each reading is whole, and is that of the day that it gives."""
    request.getfixturevalue("territoire")
    jours = [date(2016 + rang, 6, 1) for rang in range(10)] + [AU]
    attendues = {jour: expected("71104", "medecin", jour) for jour in jours}
    assert len({frozenset(lignes) for lignes in attendues.values()}) > 3
    refresh_eligibilite(au=jours[0], cause="essai")
    fini, fautes, lectures = threading.Event(), [], []

    def read_on():
        try:
            while not fini.is_set():
                offres = read_offre("71104", "medecin")
                lectures.append(offres.jour)
                if describe(offres) != attendues[offres.jour]:
                    fautes.append(offres)
        finally:
            connection.close()

    lecteurs = [threading.Thread(target=read_on) for _ in range(3)]
    for lecteur in lecteurs:
        lecteur.start()
    try:
        for jour in jours[1:]:
            refresh_eligibilite(au=jour, cause="essai", entier=True)
    finally:
        fini.set()
        for lecteur in lecteurs:
            lecteur.join()
    assert not fautes
    assert len(set(lectures)) > 3


class TestActs:
    def test_publishing_an_order_computes_its_part_again(self, territoire):
        refresh_eligibilite(au=AU, cause="essai")
        commune = TerritoireFactory(code="71100")
        ClassementFactory(territoire=commune, niveau=NiveauFactory(code="zac"))
        arrete = ArreteFactory(brouillon=True, region_id="27", periode=DateRange(date(2026, 1, 1), None))
        ClassementFactory(territoire=commune, arrete=arrete, niveau=NiveauFactory(code="zip"))
        propose_arrete(arrete, par=UserFactory())
        Envoi.objects.all().delete()
        publish_arrete(arrete, par=UserFactory())
        envoi = Envoi.objects.get(tache="aides.eligibilite_zones")
        assert envoi.arguments == ["medecin", "27"]
        run(envoi)
        assert read("71100", "medecin") == expected("71100", "medecin", JeuEligibilite.objects.get().jour)
        assert Execution.objects.latest("pk").cause == "zonage.zones medecin 27"

    @pytest.mark.parametrize(
        ("tache", "arguments"),
        [
            (tasks.refresh_zones_eligibilite, ("medecin", "")),
            (tasks.refresh_territoire_eligibilite, ("mouvements:0123",)),
            (tasks.refresh_regle_eligibilite, ("caim",)),
            (tasks.refresh_regle_eligibilite, ("disparu",)),
            (tasks.refresh_parametre_eligibilite, ("27",)),
            (tasks.refresh_jour_eligibilite, ()),
        ],
    )
    def test_each_task_brings_the_table_to_the_check(self, territoire, tache, arguments):

        run(post(tache.name, *arguments), tache)
        assert read("71100", "medecin") == expected("71100", "medecin", JeuEligibilite.objects.get().jour)

    def test_the_day_that_did_not_turn_runs_nothing(self, territoire, time_machine):
        time_machine.move_to("2026-11-22 12:00:00+01:00")
        refresh_eligibilite(au=AU, cause="essai")
        assert not is_due(AU)
        assert is_due(AU + timedelta(days=1))


class TestReading:
    def test_nothing_computed_yet(self, db):
        assert read_offre("71076", "medecin").jour is None
        assert list_offres(Filtre()).lignes == ()
        assert not is_due(AU)

    def test_filters_and_pages_by_key(self, territoire):
        refresh_eligibilite(au=AU, cause="essai")
        communes = sorted(Commune.objects.filter(departement="71").values_list("pk", flat=True))
        partages = 0
        for code, _, _ in JeuEligibilite.objects.get().versions:
            filtre = Filtre(profession="medecin", region="27", dispositif=code)
            tout = list_offres(filtre, limite=1_000).lignes
            assert [o.commune for o in tout] == communes
            premiere = list_offres(filtre, limite=3).lignes
            suite = replace(filtre, apres=(premiere[-1].commune, premiere[-1].profession))
            assert premiere + list_offres(suite, limite=1_000).lignes == tout
            partages += len({o.issue for o in tout}) > 1
            for issue in Issue:
                lues = list_offres(replace(filtre, issue=issue), limite=1_000).lignes
                assert lues == tuple(o for o in tout if o.issue is issue)
        assert partages, "no scheme tells these communes apart: the filter was not tried"
        with pytest.raises(ValueError, match="dispositif"):
            list_offres(Filtre(issue=Issue.ELIGIBLE))

    def test_a_local_scheme_is_not_listed_elsewhere(self, territoire):
        publish(TEXTE, AU)
        refresh_eligibilite(au=AU, cause="essai")
        lues = list_offres(Filtre(profession="medecin", dispositif="bourse_71"), limite=1_000).lignes
        assert {o.commune[:2] for o in lues} == {"71"}
        refusees = Filtre(profession="infirmier", dispositif="bourse_71", issue=Issue.NON_ELIGIBLE)
        assert {o.commune[:2] for o in list_offres(refusees, limite=1_000).lignes} == {"71"}


def run(envoi, tache=tasks.refresh_zones_eligibilite):
    """As a worker does, on the delivery that the relay has just made."""
    Envoi.objects.exclude(pk=envoi.pk).delete()
    take(5)
    envoi.refresh_from_db()
    assert perform(tache.fonction, envoi.pk, envoi.jeton, atomique=False), Envoi.objects.get(pk=envoi.pk).erreur


def read_versions():
    """The version of each row in the heap: it moves when the row is written, even alike."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT commune_id, profession, ctid::text, cmin::text FROM aides_eligibilite")
        return [((ligne[0], ligne[1]), ligne[2:]) for ligne in cursor.fetchall()]


def describe_table():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute"
            " WHERE attrelid = 'aides_eligibilite'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        )
        colonnes = cursor.fetchall()
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = 'aides_eligibilite'::regclass AND contype <> 'n' ORDER BY 1"
        )
        contraintes = cursor.fetchall()
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'aides_eligibilite' ORDER BY 1")
        return colonnes, contraintes, cursor.fetchall()
