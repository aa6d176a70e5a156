"""A run gives every figure of every territory, writes only what moved, and leaves the other days as they were."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.models import F
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cpts.enums import StatutCpts, StatutStructure
from cpts.models import ActeCpts, Cpts, DonneeTerritoire, Structure
from portal.pilotage.enums import Cause
from portal.pilotage.lecture import LectureTropGrande, read_series, read_valeurs
from portal.pilotage.models import Appartenance, Mesure, Passage, PassageIndicateur, Territoire
from portal.pilotage.services import requetes
from portal.pilotage.services.calcul import JourFutur, compute_jour
from portal.pilotage.sources.definitions import load_definitions
from tests.cpts.factories import make_cpts
from tests.people import make_demande
from tests.pilotage.scene import JOUR, add_donnee, make_msp, read, run
from tests.zonage.factories import CommuneFactory, PopulationLegaleFactory
from zonage.models import Commune

VEILLE = JOUR - timedelta(days=1)
LENDEMAIN = JOUR + timedelta(days=1)

pytestmark = pytest.mark.django_db


CONNUES = [
    ("population", "france", "france", 18_500),
    ("population", "region", "27", 10_500),
    ("population", "departement", "71", 6_000),
    ("population", "epci", "247100589", 3_000),
    ("population", "cpts", "71-chalonnais", 3_000),
    ("part_population_zip", "departement", "71", 16.6667),
    ("part_population_zip_zac", "departement", "71", 50),
    ("part_population_zip", "region", "27", 50),  # 5,000 of the 10,000 whose commune is classed
    ("part_population_cpts", "departement", "71", 50),
    ("part_population_cpts_aci", "region", "27", 28.5714),
    ("communes_sans_cpts", "departement", "71", 1),
    ("communes_plusieurs_cpts", "france", "france", 0),
    ("part_population_65", "france", "france", 25),
    ("cpts_aci", "region", "27", 1),
    ("cpts_emergence", "region", "27", 0),
    ("msp_validees", "region", "27", 3),
    ("msp_ouvertes", "region", "27", 2),
    ("msp_aci", "region", "27", 1),
    ("msp_non_ouvertes", "region", "27", 1),
    ("msp_ouvertes", "cpts", "71-chalonnais", 2),
    ("part_msp_aci", "france", "france", 50),
    ("sans_medecin_traitant_17", "cpts", "71-chalonnais", 12),
    ("sans_medecin_traitant_17", "departement", "71", None),
    ("dac", "departement", "69", 0),
]


def test_the_figures_of_a_known_country(pays):
    run()
    lues = [(code, type_, territoire, read(code, type_, territoire)) for code, type_, territoire, _ in CONNUES]
    assert lues == CONNUES


def test_aids_are_counted_with_their_schemes(pays):
    make_demande(commune=pays["71001"], statut="deposee", dispositif="caim", montant_maximum=50_000)
    make_demande(commune=pays["71003"], statut="deposee", dispositif="cotram")
    make_demande(commune=pays["21001"], statut="brouillon", dispositif="caim")
    jour = timezone.localdate()
    run(jour)
    lues = {code: read(code, "region", "27", jour) for code in ("demandes_deposees", "demandes_deposees.caim")}
    assert lues == {"demandes_deposees": 2, "demandes_deposees.caim": 1}
    assert read("demandes_deposees.coscom", "departement", "71", jour) == 0
    assert read("demandes_en_cours", "departement", "71", jour) == 2
    assert read("montant_demande.caim", "france", "france", jour) == 50_000


@pytest.mark.parametrize("code", ["population", "communes_zip", "msp_validees", "communes_sans_cpts"])
def test_what_adds_up_adds_up(pays, code):
    """Communes make the départements, which make the régions, which make France."""
    run()
    au = {t.type: [] for t in Territoire.objects.all()}
    for territoire in Territoire.objects.filter(type__in=["departement", "region", "france"]):
        au[territoire.type].append(read(code, territoire.type, territoire.code))
    assert sum(au["departement"]) == sum(au["region"]) == sum(au["france"])


def test_a_mother_commune_counts_its_inhabitants_once(pays):
    mere = CommuneFactory(code_insee="69123", population=900, departement_id="69")
    for rang in (1, 2, 3):
        CommuneFactory(
            code_insee=f"6938{rang}", population=300, departement_id="69", parent=mere, type="ARM", nom=f"Lyon {rang}"
        )
    make_cpts("69-lyon", StatutCpts.PROJET_VALIDE, communes=[mere], departement="69")
    make_msp(mere, StatutStructure.OUVERTE, departement_code="69", region_code="84")
    run()
    assert read("population", "departement", "69") == 8_900
    assert read("communes", "departement", "69") == 2
    assert read("population", "cpts", "69-lyon") == 900
    assert read("part_population_cpts", "departement", "69") == round(100 * 900 / 8_900, 4)
    assert read("msp_ouvertes", "cpts", "69-lyon") == 1


def test_the_population_of_a_day_is_that_of_its_vintage(pays):
    for millesime, municipale in ((2020, 100), (2022, 200), (2023, 300)):
        PopulationLegaleFactory(commune=pays["69001"], millesime=millesime, municipale=municipale)
    for jour, attendue in ((date(2024, 12, 31), 100), (date(2025, 1, 1), 200), (date(2026, 1, 1), 300)):
        run(jour)
        assert read("population", "departement", "69", jour) == attendue


def test_a_second_run_writes_nothing(pays):
    premier = run()
    assert premier.lignes == Mesure.objects.count() > 0
    assert premier.fin is not None
    avant = list(Mesure.objects.order_by("pk").values())
    assert run().lignes == 0
    assert list(Mesure.objects.order_by("pk").values()) == avant
    assert not Appartenance.objects.filter(genre="commune", objet="71001").count() > 5


def test_nothing_is_run_when_nothing_is_due(pays):
    assert compute_jour(JOUR, cause=Cause.NUIT) is not None
    assert compute_jour(JOUR, cause=Cause.NUIT) is None
    assert Passage.objects.count() == 1


def test_a_day_that_did_not_move_keeps_no_row(pays):
    run(VEILLE)
    lignes = Mesure.objects.count()
    assert run().lignes == 0
    assert Mesure.objects.count() == lignes
    assert read("population", "france", "france", JOUR) == 18_500


def test_only_what_reads_the_changed_table_is_run_again(pays):
    compute_jour(JOUR, cause=Cause.NUIT)
    add_donnee("publie_msu", ("region", "27"), "500", JOUR)
    passage = compute_jour(JOUR, cause=Cause.CHANGEMENT)
    faits = set(PassageIndicateur.objects.filter(passage=passage).values_list("indicateur", flat=True))
    assert {"publie_msu", "sans_medecin_traitant_17"} <= faits
    assert "population" not in faits
    assert passage.lignes == 1


def test_a_file_alone_gives_what_it_gives_among_the_others(pays):
    """Whatever its form, and whichever comes first: a change of the aids makes due the declined ones alone."""
    make_demande()
    run()
    particuliers = [d.indicateur for d in load_definitions() if d.variantes or d.indicateur.forme != "nombre"]
    assert {un.forme for un in particuliers} >= {"part", "moyenne", "mediane", "nombre", "valeur"}
    for un in particuliers:
        passage = compute_jour(JOUR, cause=Cause.REPRISE, codes=[un.code], forcer=True)
        assert passage is not None
        assert passage.lignes == 0, un.code


def test_a_new_definition_is_due(pays):
    compute_jour(JOUR, cause=Cause.NUIT)
    PassageIndicateur.objects.filter(indicateur="population").update(empreinte="ancienne")
    passage = compute_jour(JOUR, cause=Cause.CHANGEMENT)
    assert passage.parts.get().indicateur == "population"


def test_a_figure_that_goes_is_said_to_be_gone(pays):
    run(VEILLE)
    DonneeTerritoire.objects.all().delete()
    run()
    assert read("sans_medecin_traitant_17", "cpts", "71-chalonnais", VEILLE) == 12
    assert read("sans_medecin_traitant_17", "cpts", "71-chalonnais") is None


def test_perimeters_are_those_of_the_day(pays):
    perimetre = Cpts.objects.get().perimetres.get()
    jour = date(2023, 12, 31)
    run(jour)
    run(date(2024, 1, 1))
    assert perimetre.periode.lower == date(2024, 1, 1)
    assert read("population", "cpts", "71-chalonnais", jour) == 0
    assert read("population", "cpts", "71-chalonnais", date(2024, 1, 1)) == 3_000


def test_the_state_of_a_day_is_that_of_its_last_act(pays):
    autre = make_cpts("71-autre", StatutCpts.LETTRE_DEPOSEE)
    ActeCpts.objects.create(
        cpts=autre, action="deposer_lettre", source="emergence", cible="lettre_deposee", date_acte=date(2023, 1, 5)
    )
    for jour, lettre, aci in ((date(2023, 1, 4), 0, 0), (date(2023, 1, 5), 1, 0), (date(2024, 9, 27), 1, 1)):
        run(jour)
        assert (read("cpts_lettre", "region", "27", jour), read("cpts_aci", "region", "27", jour)) == (lettre, aci)


def test_a_past_day_done_again_is_what_it_was(pays):
    """Sources change day after day; each day computed then, and computed again from the end, reads the same."""
    jours = [JOUR + timedelta(days=rang) for rang in range(4)]
    (validee,) = Structure.objects.filter(statut="projet_valide")
    validee.actestructures.create(action="reprise", cible="projet_valide", date_acte=jours[0])
    run(jours[0])
    add_donnee("publie_msu", ("region", "27"), "500", jours[1])
    run(jours[1])
    passage = {"action": "ouvrir", "source": "projet_valide", "cible": "ouverte", "date_acte": jours[2]}
    validee.actestructures.create(**passage)
    Structure.objects.filter(pk=validee.pk).update(ouverte_le=jours[2], statut="ouverte", version=F("version") + 1)
    run(jours[2])
    add_donnee("publie_msu", ("region", "27"), "510", jours[3])
    run(jours[3])
    avant = list(Mesure.objects.order_by("indicateur", "territoire", "jour").values())
    for jour in reversed(jours):
        assert run(jour, cause=Cause.REPRISE).lignes == 0
    assert list(Mesure.objects.order_by("indicateur", "territoire", "jour").values()) == avant
    assert [read("msp_ouvertes", "region", "27", jour) for jour in jours] == [2, 2, 3, 3]


def test_correcting_a_past_day_leaves_the_next_ones(pays):
    run(VEILLE)
    run(JOUR)
    Commune.objects.filter(pk="69001").update(population=9_000)
    run(VEILLE, cause=Cause.REPRISE)
    assert read("population", "departement", "69", VEILLE) == 9_000
    assert read("population", "departement", "69", JOUR) == 8_000
    run(JOUR, cause=Cause.REPRISE)
    assert read("population", "departement", "69", JOUR) == 9_000
    assert Mesure.objects.filter(indicateur="population", territoire__code="69").count() == 1


def test_the_command_does_days_again_and_says_how_much(pays, capsys):
    call_command("rebuild_mesures", du=VEILLE, au=JOUR)
    ecrites = Mesure.objects.count()
    assert f"2 jours refaits, {ecrites} mesures écrites." in capsys.readouterr().out
    call_command("rebuild_mesures", du=VEILLE, au=JOUR, indicateur=["population"])
    assert "2 jours refaits, 0 mesures écrites." in capsys.readouterr().out
    with pytest.raises(CommandError, match="Indicateur inconnu : rien"):
        call_command("rebuild_mesures", du=VEILLE, au=JOUR, indicateur=["rien"])
    with pytest.raises(CommandError, match="Des jours passés"):
        call_command("rebuild_mesures", du=JOUR, au=VEILLE)


def test_tomorrow_has_no_figure(pays):
    with pytest.raises(JourFutur):
        compute_jour(timezone.localdate() + timedelta(days=1), cause=Cause.NUIT)


def test_a_reading_is_bounded():
    with pytest.raises(LectureTropGrande):
        read_valeurs(["a"], [("epci", str(rang)) for rang in range(20_001)], au=JOUR)
    with pytest.raises(LectureTropGrande):
        read_series("a", [("epci", str(r)) for r in range(20)], du=date(2020, 1, 1), au=JOUR, pas="jour")


def test_a_series_ends_on_its_last_day(pays, django_assert_num_queries):
    run(date(2026, 1, 10))
    Commune.objects.filter(pk="69001").update(population=8_500)
    run(JOUR)
    cle = ("departement", "69")
    with django_assert_num_queries(1):
        series = read_series("population", [cle], du=date(2025, 12, 1), au=JOUR, pas="mois")
    lues = [(jour, int(valeur.valeur)) for jour, valeur in series[cle]]
    assert lues == [(date(2026, 1, 10), 8_000), (date(2026, 2, 10), 8_000), (date(2026, 3, 10), 8_500)]


VALEURS = st.sampled_from([None, 1, 2, 3])


@given(actes=st.lists(st.tuples(st.integers(0, 6), VALEURS), max_size=9))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_days_in_any_order_read_what_each_run_found(db, actes):
    """A model of the diff: a day computed at the edge is read by those after it; another changes itself alone."""
    Mesure.objects.all().delete()
    Passage.objects.all().delete()
    territoire, _ = Territoire.objects.get_or_create(type="france", code="france", defaults={"nom": "France"})
    premier = date(2026, 1, 1)
    lus: list[int | None] = [None] * 8
    calcules: set[int] = set()
    for rang, valeur in actes:
        _write(territoire, premier + timedelta(days=rang), valeur)
        if any(autre > rang for autre in calcules):
            lus[rang] = valeur
        else:
            lus[rang:] = [valeur] * (8 - rang)
        calcules.add(rang)
        for jour in range(8):
            attendue = read("essai", "france", "france", premier + timedelta(days=jour))
            assert attendue == lus[jour]
    valeurs = list(Mesure.objects.order_by("jour").values_list("valeur", flat=True))
    assert all(avant != apres for avant, apres in zip([None, *valeurs], valeurs, strict=False))


def _write(territoire: Territoire, jour: date, valeur: int | None) -> None:
    suite = Passage.objects.filter(jour__gt=jour).exists()
    passage = Passage.objects.create(
        jour=jour, cause="nuit", debut=timezone.now(), empreinte="x", indicateurs=1, instantane="1:1:", transaction=1
    )
    valeurs = {"jour": jour, "passage": passage.pk, "suite": suite}
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS calcul, ecart")
        cursor.execute(
            "CREATE TEMP TABLE calcul ON COMMIT DROP AS SELECT 'essai'::varchar AS indicateur, %s::bigint AS"
            " territoire_id, %s::numeric AS numerateur, NULL::numeric AS denominateur, %s::numeric AS valeur,"
            " false AS demonstration",
            [territoire.pk, valeur, valeur],
        )
        cursor.execute(requetes.ECART, valeurs)
        for requete in requetes.ECRITURES:
            cursor.execute(requete, valeurs)
