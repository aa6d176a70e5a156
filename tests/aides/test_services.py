"""The check over the database: the zone of the right day, its origin, and what changes between two days."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.backends.postgresql.psycopg_any import DateRange

from aides.catalogue import catalogue
from aides.regles.evaluation import Issue
from aides.regles.vocabulaire.medecins import MEDECINS
from aides.services import FaitsInvalides, check, diff_bilans
from portal.core import cache
from tests.aides.scenarios import read_modele
from tests.zonage.factories import AncienneCommuneFactory, CommuneFactory, RegionFactory
from zonage import lecture
from zonage.enums import Origine, StatutArrete, StatutZone, TypeTerritoire
from zonage.models import Arrete, Niveau, Territoire, ZoneCommune
from zonage.recherche import CommuneInconnue, resolve_commune

pytestmark = pytest.mark.django_db
LE = date(2026, 3, 2)


@pytest.fixture
def commune():
    return CommuneFactory(code_insee="71076", nom="Chalon-sur-Saône")


@pytest.fixture
def classe(commune):
    """Writes a row of the read table for the commune."""

    def write(niveau, debut, fin=None, *, statut=StatutZone.CONNU, origine=Origine.OFFICIEL):
        if niveau is not None:
            champs = {
                "libelle": niveau.upper(),
                "abrege": niveau,
                "famille": "medecin",
                "rang": 1,
                "couleur": "#112233",
            }
            niveau, _ = Niveau.objects.get_or_create(code=niveau, defaults=champs)
        territoire, _ = Territoire.objects.get_or_create(
            type=TypeTerritoire.COMMUNE, code=commune.code_insee, defaults={"libelle": commune.nom}
        )
        arrete = Arrete.objects.create(
            region=RegionFactory(),
            profession="medecin",
            periode=DateRange(debut, fin),
            statut=StatutArrete.PUBLIE,
            origine=origine,
        )
        return ZoneCommune.objects.create(
            commune=commune,
            profession="medecin",
            periode=DateRange(debut, fin),
            statut=statut,
            niveau=niveau,
            arrete=arrete,
            territoire=territoire,
            origine=origine,
        )

    return write


@pytest.fixture
def faits():
    return read_modele("primo_installation")[1]


def test_the_zone_of_the_day_decides(commune, classe, faits):
    classe("zip", date(2020, 1, 1), date(2026, 6, 1))
    classe("zac", date(2026, 6, 1))
    avant, apres = (check("71076", faits, au=jour) for jour in (date(2026, 5, 31), date(2026, 6, 1)))
    assert (avant.zone.niveau, apres.zone.niveau) == ("zip", "zac")
    assert [b.resultat("primo_installation").montant.minimum for b in (avant, apres)] == [10_000, 5_000]
    natures = {d.dispositif.code if d.dispositif else "": d.nature for d in diff_bilans(avant, apres)}
    assert (natures[""], natures["primo_installation"]) == ("zone", "montant")


def test_the_zone_of_the_installation_is_read_on_its_own_day(commune, classe, faits):
    classe("zip", date(2020, 1, 1), date(2026, 2, 1))
    classe("hors_zonage", date(2026, 2, 1))
    passe = {**faits, "statut": "installe", "date_installation": date(2026, 1, 15)}
    bilan = check("71076", passe, au=LE)
    assert bilan.zone.niveau == "hors_zonage"
    assert bilan.zones[date(2026, 1, 15)].niveau == "zip"
    assert bilan.resultat("primo_installation").issue is Issue.ELIGIBLE


def test_a_commune_without_a_known_zone_is_left_to_be_examined(commune, classe, faits):
    classe("zip", date(2020, 1, 1), date(2025, 11, 1))
    bilan = check("71076", faits, au=LE)
    resultat = bilan.resultat("primo_installation")
    assert bilan.zone.statut == StatutZone.INCONNU
    assert resultat.issue is Issue.A_INSTRUIRE
    assert resultat.manquants == ("zone",)
    (point,) = resultat.points_a_instruire
    assert "dernier classement connu : ZIP, jusqu'au 31 octobre 2025" in point.constat


def test_a_commune_whose_districts_differ_asks_for_an_address(commune, classe, faits):
    classe(None, date(2020, 1, 1), statut=StatutZone.ADRESSE_REQUISE)
    resultat = check("71076", faits, au=LE).resultat("primo_installation")
    assert resultat.issue is Issue.A_INSTRUIRE
    assert "adresse" in resultat.points_a_instruire[0].constat


@pytest.mark.parametrize(("origine", "attendu"), [(Origine.DEMONSTRATION, True), (Origine.OFFICIEL, False)])
def test_a_demonstration_zoning_is_told(commune, classe, faits, origine, attendu):
    classe("zip", date(2020, 1, 1), origine=origine)
    assert check("71076", faits, au=LE).demonstration is attendu


def test_a_former_code_is_read_through_the_commune_of_today(commune, classe, faits):
    classe("zip", date(2020, 1, 1))
    AncienneCommuneFactory(code_insee="71999", nom="Ancienne", commune=commune)
    bilan = check("71999", faits, au=LE)
    assert bilan.commune == commune
    assert bilan.resolution.ancien_code == "71999"
    assert bilan.resultat("primo_installation").issue is Issue.ELIGIBLE


def test_without_a_commune_the_commune_is_what_lacks(faits):
    bilan = check(None, faits, au=LE)
    assert bilan.commune is None
    assert bilan.resultat("primo_installation").manquants == ("commune",)


def test_without_any_fact_the_profession_comes_first(commune, classe):
    classe("zip", date(2020, 1, 1))
    bilan = check("71076", {}, au=LE)
    assert bilan.questions[0].code == "profession"
    assert {resultat.issue for resultat in bilan.resultats} == {Issue.A_INSTRUIRE}


def test_what_is_asked_stops_when_everything_is_settled(commune, classe, faits):
    classe("zip", date(2020, 1, 1))
    attendues = {"specialite", "emploi_assistant", "qpv"}
    bilan = check("71076", {**faits, "specialite": "generaliste", "emploi_assistant": False, "qpv": False}, au=LE)
    assert not attendues & {fait.code for fait in bilan.questions}
    assert not {fait.code for fait in bilan.questions} & faits.keys()


JEUNE_GENERALISTE = {
    "profession": "medecin",
    "specialite": "generaliste",
    "statut": "projet",
    "premiere_installation": True,
    "type_cabinet": "principal",
    "secteur": "secteur_1",
    "qpv": False,
    "emploi_assistant": False,
}
QUESTIONS_DES_MEDECINS = set(MEDECINS) | set(JEUNE_GENERALISTE) | {"date_installation", "contrat_demographique"}


@pytest.mark.parametrize(("niveau", "au_plus"), [("zip", 7), ("zac", 8), ("hors_zonage", 7)])
def test_a_young_generalist_answers_few_questions(commune, classe, niveau, au_plus):
    classe(niveau, date(2020, 1, 1))
    faits, posees = {}, set()
    while questions := [fait.code for fait in check("71076", faits, au=LE).questions if fait.code not in posees]:
        posees.add(questions[0])
        faits |= {code: JEUNE_GENERALISTE[code] for code in questions[:1] if code in JEUNE_GENERALISTE}
    siennes = posees & QUESTIONS_DES_MEDECINS
    assert siennes <= JEUNE_GENERALISTE.keys()
    assert len(siennes) <= au_plus


def test_travel_in_time_shows_one_scheme_after_the_other(commune, classe):
    classe("zip", date(2017, 12, 1))
    faits = {**read_modele("ptmg")[1], **read_modele("caim")[1], **read_modele("primo_installation")[1]}
    ouverts = {
        jour: {r.dispositif.code for r in check("71076", faits, au=jour).resultats if r.issue is Issue.ELIGIBLE}
        for jour in (date(2019, 6, 6), date(2022, 6, 6), date(2025, 12, 31), date(2026, 1, 1))
    }
    assert {"ptmg", "caim"} <= ouverts[date(2019, 6, 6)]
    suivis = {"ptmg", "ptma", "cde", "caim", "cotram", "coscom", "cstm", "primo_installation", "fmt_majoration"}
    assert {"cde", "caim"} == ouverts[date(2022, 6, 6)] & suivis
    assert {"caim"} == ouverts[date(2025, 12, 31)] & suivis
    assert {"primo_installation", "fmt_majoration"} == ouverts[date(2026, 1, 1)] & suivis


def test_two_days_tell_what_opens_and_what_closes(commune, classe):
    classe("zip", date(2017, 12, 1))
    faits = {**read_modele("caim")[1], **read_modele("primo_installation")[1]}
    veille, jour = (check("71076", faits, au=le) for le in (date(2025, 12, 31), date(2026, 1, 1)))
    natures = {d.dispositif.code: d.nature for d in diff_bilans(veille, jour)}
    assert natures["caim"] == "fermeture"
    assert natures["primo_installation"] == "ouverture"
    assert diff_bilans(jour, jour) == ()


def test_closed_schemes_say_why_and_since_when():
    fermes = {fermeture.dispositif.code: fermeture for fermeture in check(None, {}, au=LE).fermes}
    assert (fermes["caim"].etat, fermes["caim"].depuis) == ("ferme", date(2026, 1, 1))
    assert fermes["caim"].motif
    avenir = {f.dispositif.code: f for f in check(None, {}, au=date(2025, 1, 1)).fermes}["primo_installation"]
    assert (avenir.etat, avenir.depuis) == ("a_venir", date(2026, 1, 1))
    assert {*fermes} | {r.dispositif.code for r in check(None, {}, au=LE).resultats} == {
        dispositif.code for dispositif in catalogue().dispositifs
    }


def test_the_best_scheme_comes_first(commune, classe):
    classe("zip", date(2017, 12, 1))
    bilan = check("71076", read_modele("caim")[1], au=date(2024, 6, 3))
    rangs = [{Issue.ELIGIBLE: 0, Issue.A_INSTRUIRE: 1, Issue.NON_ELIGIBLE: 2}[r.issue] for r in bilan.resultats]
    assert bilan.resultats[0].dispositif.code == "caim"
    assert rangs == sorted(rangs)


def test_a_day_of_installation_after_the_day_checked_is_said(commune, classe, faits):
    classe("zip", date(2017, 12, 1))
    bilan = check("71076", {**faits, "statut": "installe", "date_installation": date(2026, 9, 1)}, au=LE)
    assert "1er septembre 2026" in bilan.avertissements[0]


def test_facts_that_cannot_be_read_are_all_named():
    with pytest.raises(FaitsInvalides) as erreur:
        check(None, {"age": "beaucoup", "couleur": "bleu", "pdsa": True}, au=LE)
    assert set(erreur.value.erreurs) == {"age", "couleur"}


def test_an_unknown_commune_is_refused(faits):
    with pytest.raises(CommuneInconnue, match="99999"):
        check("99999", faits, au=LE)


def test_a_check_asks_the_database_twice_at_most(commune, classe, faits, monkeypatch, django_assert_num_queries):
    classe("zip", date(2017, 12, 1))
    monkeypatch.setattr(lecture, "DUREE_REPERES", 60.0)
    monkeypatch.setattr(cache, "DUREE_VERSION", 60.0)  # a busy machine takes more than the usual half second
    check("71076", faits, au=LE)  # the arrêté is met
    with django_assert_num_queries(2):
        check("71076", faits, au=LE)
    resolution = resolve_commune("71076")
    with django_assert_num_queries(1):
        check(resolution, faits, au=LE)


def test_the_command_checks_and_reads_the_schemes(tmp_path):
    sortie = StringIO()
    call_command("check_dispositifs", stdout=sortie)
    assert f"{len(catalogue().dispositifs)} dispositifs vérifiés" in sortie.getvalue()
    call_command("check_dispositifs", lire="caim", stdout=sortie)
    assert "au moins 2,5 jours par semaine" in sortie.getvalue()
    with pytest.raises(CommandError, match=r"Codes connus : .*\bcabinet_secondaire, .*\bcaim, "):
        call_command("check_dispositifs", lire="xyz")
    with pytest.raises(CommandError, match=r"Aucun fichier \.yaml"):
        call_command("check_dispositifs", dossier=tmp_path)
    (tmp_path / "a.yaml").write_text("code: a\n", encoding="utf-8")
    with pytest.raises(CommandError, match=r"a\.yaml : il manque"):
        call_command("check_dispositifs", dossier=tmp_path)


def test_a_refusal_names_the_conditions_that_fail_and_nothing_else_does(classe, commune):
    classe("zac", date(2018, 1, 1))
    bilan = check("71076", {"profession": "medecin", "statut": "projet", "pdsa": False}, au=date(2025, 12, 31))
    caim = next(resultat for resultat in bilan.resultats if resultat.dispositif.code == "caim")
    assert caim.issue is Issue.NON_ELIGIBLE
    assert {refus.condition.libelle for refus in caim.refus} == {
        "Commune classée en zone d'intervention prioritaire (ZIP) le jour de la demande",
        "Participer à la permanence des soins ambulatoires",
    }
    assert all(not resultat.refus for resultat in bilan.resultats if resultat.issue is not Issue.NON_ELIGIBLE)
