"""Which zone, for whom, on which day: the reading and the table it reads."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.zonage.factories import CommuneFactory
from tests.zonage.factories_zonage import (
    ArreteFactory,
    ClassementFactory,
    CompositionFactory,
    NiveauFactory,
    TerritoireFactory,
)
from zonage import lecture
from zonage.enums import Profession, StatutZone, TypeTerritoire
from zonage.lecture import historique, is_demonstration, zone, zones
from zonage.models import Arrete, Classement, Niveau, ZoneCommune
from zonage.services import ensure_niveaux, refresh_zones

AU = date(2025, 6, 1)


def classe(code, niveau="zip", *, arrete=None, type_territoire=TypeTerritoire.COMMUNE, **champs):
    """A classement of a territoire by its code."""
    return ClassementFactory(
        territoire=TerritoireFactory(type=type_territoire, code=code),
        niveau=NiveauFactory(code=niveau) if niveau else None,
        arrete=arrete or ArreteFactory(),
        **champs,
    )


@pytest.mark.django_db
class TestLecture:
    @pytest.mark.parametrize(
        ("au", "statut", "niveau"),
        [
            (date(2023, 12, 31), StatutZone.INCONNU, None),
            (date(2024, 1, 1), StatutZone.CONNU, "zip"),
            (date(2024, 12, 31), StatutZone.CONNU, "zip"),
            (date(2025, 1, 1), StatutZone.CONNU, "zac"),
        ],
    )
    def test_a_reading_takes_the_law_of_the_day(self, au, statut, niveau):
        CommuneFactory(code_insee="71076")
        ancien = ArreteFactory(periode=DateRange(date(2024, 1, 1), date(2025, 1, 1)))
        classe("71076", "zip", arrete=ancien)
        classe("71076", "zac", arrete=ArreteFactory(periode=DateRange(date(2025, 1, 1), None)))
        refresh_zones()
        lue = zone("71076", "medecin", au=au)
        assert (lue.statut, lue.niveau) == (statut, niveau)

    def test_after_the_last_day_the_answer_is_unknown_with_the_last_known(self):
        CommuneFactory(code_insee="71076")
        classe("71076", "zac", arrete=ArreteFactory(periode=DateRange(date(2025, 3, 20), date(2025, 11, 1))))
        refresh_zones()
        lue = zone("71076", "medecin", au=date(2025, 11, 1))
        assert (lue.statut, lue.niveau, lue.arrete) == (StatutZone.INCONNU, None, None)
        assert (lue.dernier_connu.niveau, lue.dernier_connu.au) == ("zac", date(2025, 10, 31))
        assert zone("71076", "medecin", au=date(2025, 3, 19)).dernier_connu is None

    def test_a_result_not_available_is_unknown_but_names_its_source(self):
        CommuneFactory(code_insee="71076")
        classe("71076", None, inconnu=True)
        refresh_zones()
        lue = zone("71076", "medecin", au=AU)
        assert (lue.statut, lue.niveau) == (StatutZone.INCONNU, None)
        assert lue.arrete.source == "Source d'essai"

    def test_the_six_professions_cost_one_query(self, monkeypatch):
        CommuneFactory(code_insee="71076")
        classe("71076", "zip")
        classe("71076", "sous_dotee", arrete=ArreteFactory(profession=Profession.INFIRMIER))
        refresh_zones()
        monkeypatch.setattr(lecture, "DUREE_REPERES", 60.0)
        zones("71076", au=AU)  # its arrêtés are met
        with CaptureQueriesContext(connection) as requetes:
            lues = zones("71076", au=AU)
        assert len(requetes) == 1, requetes.captured_queries
        assert list(lues) == Profession.values
        assert (lues["medecin"].niveau, lues["infirmier"].abrege) == ("zip", "Sous-dotée")
        assert lues["sage_femme"].statut == StatutZone.INCONNU

    def test_an_arrete_not_yet_met_is_read_at_once(self, monkeypatch):
        monkeypatch.setattr(lecture, "DUREE_REPERES", 60.0)
        for code, niveau in (("71076", "zip"), ("71118", "zac")):
            CommuneFactory(code_insee=code)
            arrete = ArreteFactory(numero=f"A-{code}", periode=DateRange(date(2024, 1, 1), None))
            classe(code, niveau, arrete=arrete)
            refresh_zones()
            lue = zone(code, "medecin", au=AU)
            assert (lue.niveau, lue.libelle, lue.arrete.id) == (
                niveau,
                Niveau.objects.get(pk=niveau).libelle,
                arrete.pk,
            )
            assert lue.arrete.numero == f"A-{code}"

    def test_a_changed_arrete_or_niveau_is_read_again_after_half_a_second(self, monkeypatch):
        CommuneFactory(code_insee="71076")
        classe("71076", "zip")
        refresh_zones()
        zone("71076", "medecin", au=AU)
        Arrete.objects.update(numero="2025-99")
        Niveau.objects.filter(pk="zip").update(libelle="Autre nom")
        monkeypatch.setattr(lecture, "DUREE_REPERES", 60.0)
        assert zone("71076", "medecin", au=AU).arrete.numero == ""
        monkeypatch.setattr(lecture, "DUREE_REPERES", 0.0)
        lue = zone("71076", "medecin", au=AU)
        assert (lue.arrete.numero, lue.libelle) == ("2025-99", "Autre nom")
        assert historique("71076", "medecin")[-1].libelle == "Autre nom"

    def test_the_references_are_trusted_less_than_a_second(self):
        assert lecture.DUREE_REPERES <= 0.5

    def test_an_unknown_commune_reads_unknown(self):
        assert zone("99999", "medecin", au=AU).statut == StatutZone.INCONNU

    def test_history_is_oldest_first_and_half_open(self):
        CommuneFactory(code_insee="71076")
        classe("71076", "zac", arrete=ArreteFactory(periode=DateRange(date(2025, 1, 1), None)))
        classe("71076", "zip", arrete=ArreteFactory(periode=DateRange(date(2024, 1, 1), date(2025, 1, 1))))
        refresh_zones()
        periodes = historique("71076", "medecin")
        assert [(p.debut, p.fin, p.niveau) for p in periodes] == [
            (date(2024, 1, 1), date(2025, 1, 1), "zip"),
            (date(2025, 1, 1), None, "zac"),
        ]

    def test_an_order_without_number_invents_none(self):
        CommuneFactory(code_insee="71076")
        classe("71076", "zip")
        refresh_zones()
        arrete = zone("71076", "medecin", au=AU).arrete
        assert arrete.numero == ""
        assert arrete.titre == "Arrêté de zonage en vigueur, Bourgogne-Franche-Comté"


@pytest.mark.django_db
class TestPrecedence:
    def test_the_commune_wins_over_its_territoire_only_while_it_has_a_class(self):
        commune = CommuneFactory(code_insee="71076")
        tvs = TerritoireFactory(type=TypeTerritoire.TVS, code="T1")
        CompositionFactory(territoire=tvs, commune=commune)
        arrete = ArreteFactory(periode=DateRange(date(2024, 1, 1), None))
        ClassementFactory(territoire=tvs, arrete=arrete, niveau=NiveauFactory(code="zac"))
        court = ArreteFactory(periode=DateRange(date(2025, 1, 1), date(2025, 7, 1)))
        classe("71076", "zip", arrete=court)
        refresh_zones()
        assert [(p.debut, p.fin, p.niveau) for p in historique("71076", "medecin")] == [
            (date(2024, 1, 1), date(2025, 1, 1), "zac"),
            (date(2025, 1, 1), date(2025, 7, 1), "zip"),
            (date(2025, 7, 1), None, "zac"),
        ]

    @pytest.mark.parametrize(
        ("quartier", "statut", "niveau"),
        [("zip", StatutZone.ADRESSE_REQUISE, None), ("zac", StatutZone.CONNU, "zac")],
    )
    def test_a_qpv_of_another_class_asks_for_the_address(self, quartier, statut, niveau):
        commune = CommuneFactory(code_insee="71076")
        arrete = ArreteFactory()
        classe("71076", "zac", arrete=arrete)
        qpv = TerritoireFactory(type=TypeTerritoire.QPV, code="QN07101M")
        CompositionFactory(territoire=qpv, commune=commune)
        ClassementFactory(territoire=qpv, arrete=arrete, niveau=NiveauFactory(code=quartier))
        refresh_zones()
        lue = zone("71076", "medecin", au=AU)
        assert (lue.statut, lue.niveau) == (statut, niveau)

    @pytest.mark.parametrize(
        ("second", "statut", "niveau"),
        [
            ("zip", StatutZone.CONNU, "zip"),
            ("zac", StatutZone.ADRESSE_REQUISE, None),
            (None, StatutZone.ADRESSE_REQUISE, None),
        ],
    )
    def test_a_city_is_read_through_its_arrondissements(self, second, statut, niveau):
        lyon = CommuneFactory(code_insee="69123")
        for code in ("69381", "69382"):
            CommuneFactory(code_insee=code, arrondissement=True, parent=lyon)
        classe("69381", "zip")
        if second:
            classe("69382", second)
        refresh_zones()
        lue = zone("69123", "medecin", au=AU)
        assert (lue.statut, lue.niveau) == (statut, niveau)

    def test_an_arrondissement_inherits_the_class_of_its_city(self):
        lyon = CommuneFactory(code_insee="69123")
        CommuneFactory(code_insee="69381", arrondissement=True, parent=lyon)
        classe("69123", "zac")
        refresh_zones()
        assert zone("69381", "medecin", au=AU).niveau == "zac"

    @pytest.mark.parametrize(("direct", "attendu"), [("zac", "zac"), (None, "zip")])
    def test_a_merged_commune_is_read_through_the_code_it_kept(self, direct, attendu):
        commune = CommuneFactory(code_insee="71076")
        ancien = TerritoireFactory(type=TypeTerritoire.COMMUNE, code="71429")
        CompositionFactory(territoire=ancien, commune=commune, code_publie="71429")
        ClassementFactory(territoire=ancien, niveau=NiveauFactory(code="zip"))
        if direct:
            classe("71076", direct)
        refresh_zones()
        assert zone("71076", "medecin", au=AU).niveau == attendu

    def test_two_old_codes_that_differ_ask_for_the_address(self):
        commune = CommuneFactory(code_insee="60694")
        for code, niveau in (("60054", "zip"), ("60455", "zac")):
            ancien = TerritoireFactory(type=TypeTerritoire.COMMUNE, code=code)
            CompositionFactory(territoire=ancien, commune=commune, code_publie=code)
            ClassementFactory(territoire=ancien, niveau=NiveauFactory(code=niveau))
        refresh_zones()
        assert zone("60694", "medecin", au=AU).statut == StatutZone.ADRESSE_REQUISE

    def test_the_demonstration_gives_way_for_every_day_once_an_official_order_exists(self):
        CommuneFactory(code_insee="71076")
        CommuneFactory(code_insee="71077")
        demonstration = ArreteFactory(demonstration=True)
        classe("71076", "zip", arrete=demonstration)
        classe("71077", "zip", arrete=demonstration)
        refresh_zones()
        assert is_demonstration([zone("71076", "medecin", au=AU)])
        classe("71076", "zac", arrete=ArreteFactory(periode=DateRange(date(2025, 3, 20), date(2025, 11, 1))))
        refresh_zones()
        lue = zone("71076", "medecin", au=date(2025, 11, 1))
        assert (lue.statut, lue.dernier_connu.origine) == (StatutZone.INCONNU, "officiel")
        assert zone("71077", "medecin", au=AU).statut == StatutZone.INCONNU
        assert not is_demonstration([lue])

    def test_an_unpublished_order_is_not_read(self):
        CommuneFactory(code_insee="71076")
        classe("71076", "zip", arrete=ArreteFactory(brouillon=True))
        refresh_zones()
        assert zone("71076", "medecin", au=AU).statut == StatutZone.INCONNU


@pytest.mark.django_db
class TestTable:
    def test_a_second_refresh_writes_nothing_and_a_scoped_one_touches_its_region_only(self):
        CommuneFactory(code_insee="71076")
        ligne = classe("71076", "zip")
        assert refresh_zones() == 1
        assert refresh_zones() == 0
        Classement.objects.filter(pk=ligne.pk).update(niveau=NiveauFactory(code="zac"))
        assert refresh_zones(regions=["11"]) == 0
        assert refresh_zones(professions=["infirmier"]) == 0
        assert refresh_zones(["medecin"], ["27"]) == 2
        assert zone("71076", "medecin", au=AU).niveau == "zac"

    def test_a_first_fill_leaves_every_constraint_in_place(self):
        with connection.cursor() as cursor:
            requete = (
                "SELECT conname FROM pg_constraint WHERE conrelid = 'zonage_zonecommune'::regclass"
                " AND convalidated AND contype IN ('x', 'f') ORDER BY 1"
            )
            cursor.execute(requete)
            avant = cursor.fetchall()
            CommuneFactory(code_insee="71076")
            classe("71076", "zip")
            refresh_zones()
            cursor.execute(requete)
            assert cursor.fetchall() == avant
        assert len(avant) == 5
        ligne = ZoneCommune.objects.get()
        ligne.pk = None
        with pytest.raises(IntegrityError, match="un_niveau_par_jour"), transaction.atomic():
            ligne.save()

    def test_niveaux_are_written_once_and_keep_their_order_in_grey(self):
        assert ensure_niveaux() == 11
        assert ensure_niveaux() == 0
        for famille in ("medecin", "autres"):
            couleurs = Niveau.objects.filter(famille=famille).order_by("rang").values_list("couleur", flat=True)
            clartes = [clarte(couleur) for couleur in couleurs]
            ecarts = [b - a for a, b in pairwise(clartes)]
            assert min(ecarts[:4]) >= 12, (famille, clartes)
            assert min(ecarts) > 3


def clarte(couleur):
    """CIE L*, 0 black to 100 white."""
    composantes = [int(couleur[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, v, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in composantes)
    y = 0.2126 * r + 0.7152 * v + 0.0722 * b
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


ORIGINE = date(2020, 1, 1)
INTERVALLES = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 30), st.sampled_from(["zip", "zac", "hors_zonage"])),
    min_size=1,
    max_size=6,
)


class TestInvariant(TestCase):
    """At most one niveau a commune, a profession, a day, whatever the periods asked for."""

    @settings(max_examples=40, deadline=None)
    @given(communes=INTERVALLES, territoires=INTERVALLES)
    def test_whatever_overlaps_each_day_has_one_answer_and_it_is_the_right_one(self, communes, territoires):
        commune = CommuneFactory(code_insee="71076")
        tvs = TerritoireFactory(type=TypeTerritoire.TVS, code="T1")
        CompositionFactory(territoire=tvs, commune=commune)
        direct = TerritoireFactory(type=TypeTerritoire.COMMUNE, code="71076")
        attendu = {}
        for territoire, intervalles in ((tvs, territoires), (direct, communes)):
            for jour, niveau in self._write(territoire, intervalles).items():
                attendu[jour] = niveau
        refresh_zones()
        for rang in range(-1, 95):
            jour = ORIGINE + timedelta(days=rang)
            assert zone("71076", "medecin", au=jour).niveau == attendu.get(jour)
            assert ZoneCommune.objects.filter(periode__contains=jour).count() == (jour in attendu)

    def _write(self, territoire, intervalles):
        """Write the periods the database accepts; it must refuse exactly those that overlap one already kept."""
        gardes = {}
        for debut, duree, niveau in intervalles:
            jours = [ORIGINE + timedelta(days=rang) for rang in range(debut, debut + duree)]
            periode = DateRange(jours[0], jours[-1] + timedelta(days=1))
            chevauche = any(jour in gardes for jour in jours)
            try:
                with transaction.atomic():
                    arrete = ArreteFactory(periode=periode)
                    ClassementFactory(territoire=territoire, arrete=arrete, niveau=NiveauFactory(code=niveau))
            except IntegrityError:
                assert chevauche
            else:
                assert not chevauche
                gardes |= dict.fromkeys(jours, niveau)
        return gardes
