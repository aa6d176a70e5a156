"""An ACI that ends before its term: years that leave, a year left to instruct, what was paid beyond, deadlines."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.test import Client

from cpts.enums import ActionCpts
from cpts.erreurs import ActeInvalide
from cpts.models import ExerciceAci, LigneAci
from cpts.regles.argent import TropPercu, compute_fixe, compute_trop_percu, list_annees
from cpts.regles.etapes import check_effet
from cpts.sections_missions import list_argent, list_missions, list_taches
from cpts.services.argent import build_livre
from cpts.services.argent_actes import list_versements, record_montants
from cpts.services.argent_ecriture import refresh_argent
from cpts.services.vie import SaisieActe, apply_acte
from portal.accounts.enums import Role
from tests.cpts.missions_essai import MIDI, make_coordinatrice, make_ouverte, make_parametre, start
from tests.people import make_agent

SIGNE = date(2024, 9, 27)
FIN = date(2026, 3, 27)
"""The second year of the contract, cut after 181 days of 365, six months."""
AU = date(2026, 11, 10)
ANNUEL = Decimal(80_000)
JOURS, MOIS = Decimal("39671.23"), Decimal("40000.00")


def cut(regle=""):
    annees = list_annees(SIGNE, FIN)
    return compute_fixe(ANNUEL, annees[-1], SIGNE, taux=Decimal("0.75"), fin_anticipee=regle)


class TestRules:
    def test_the_years_stop_and_the_last_one_says_where(self):
        assert [(a.rang, a.arret) for a in list_annees(SIGNE, FIN)] == [(1, None), (2, FIN)]
        assert [(a.rang, a.arret) for a in list_annees(SIGNE, date(2025, 9, 27))] == [(1, None)]
        assert [(a.rang, a.arret) for a in list_annees(SIGNE, date(2025, 9, 28))] == [
            (1, None),
            (2, date(2025, 9, 28)),
        ]
        assert len(list_annees(date(2024, 2, 29), date(2029, 3, 1))) == 5

    def test_what_is_due_of_a_cut_year_is_not_guessed(self):
        fixe = cut()
        assert (fixe.du, fixe.solde, fixe.proratas, fixe.solde_le) == (None, None, (JOURS, MOIS), FIN)
        assert fixe.avance == Decimal("60000.00")

    @pytest.mark.parametrize(("regle", "du"), [("jour", JOURS), ("mois", MOIS)])
    def test_the_region_may_write_its_rule(self, regle, du):
        fixe = cut(regle)
        assert (fixe.du, fixe.solde) == (du, Decimal("0.00"))

    def test_a_mission_started_after_the_end_brings_nothing(self):
        annee = list_annees(SIGNE, FIN)[-1]
        assert compute_fixe(ANNUEL, annee, FIN, taux=Decimal("0.75")).du == 0

    @pytest.mark.parametrize(
        ("accorde", "du", "proratas", "fini", "attendu"),
        [
            (None, None, (JOURS, MOIS), True, (Decimal("20000.00"), Decimal("20328.77"))),
            (None, JOURS, None, True, (Decimal("20328.77"),) * 2),
            (None, None, None, True, (Decimal(0), Decimal(60_000))),
            (Decimal(50_000), None, (JOURS, MOIS), True, (Decimal(10_000),) * 2),
            (Decimal(60_000), None, (JOURS, MOIS), True, None),
            (None, JOURS, None, False, None),
            (Decimal(59_999), ANNUEL, None, False, (Decimal(1),) * 2),
        ],
    )
    def test_what_was_paid_beyond_has_its_amount_or_its_bounds(self, accorde, du, proratas, fini, attendu):
        trop = compute_trop_percu(Decimal(60_000), accorde=accorde, du=du, proratas=proratas, fini=fini)
        assert trop == (attendu and TropPercu(*attendu))

    @pytest.mark.parametrize(
        ("effet_le", "permis"),
        [
            (None, False),
            (date(2026, 1, 14), False),
            (date(2026, 1, 15), True),
            (date(2029, 9, 27), True),
            (date(2029, 9, 28), False),
        ],
    )
    def test_a_contract_ends_between_the_act_and_its_term(self, effet_le, permis):
        faute = check_effet(effet_le, acte_le=date(2026, 1, 15), signe_le=SIGNE, fin_le=date(2029, 9, 27))
        assert (faute == "") is permis
        assert check_effet(SIGNE, acte_le=SIGNE, signe_le=SIGNE, fin_le=None) != ""


@pytest.fixture
def midi():
    with time_machine.travel(MIDI, tick=False):
        yield


@pytest.fixture
def cpts(db, midi):
    lue = make_ouverte()
    make_parametre("mission_fixe", "80000", mission="crise")
    start(lue, "crise", date(2024, 9, 27), make_coordinatrice(lue))
    return lue


@pytest.fixture
def valideur(db):
    return make_agent(Role.VALIDEUR, "region:27", is_staff=True)


def terminate(cpts, valideur, effet_le=FIN):
    saisie = SaisieActe(date(2026, 1, 15), "Missions non déployées", "ARS et CPAM (essai)", effet_le=effet_le)
    apply_acte(cpts, ActionCpts.RESILIER, saisie, par=valideur)


def pay(cpts, valideur, rang, mission="crise"):
    ligne = LigneAci.objects.select_related("exercice__cpts").get(
        exercice__cpts=cpts, exercice__rang=rang, mission=mission, volet="fixe"
    )
    champs = {"avance": Decimal(60_000), "avance_le": date(2025, 9, 27)}
    record_montants(ligne, par=valideur, version=ligne.exercice.version, **champs)
    return ligne


def find(livre, rang, mission="crise"):
    lignes = next(lu for lu in livre if lu.annee.rang == rang).lignes
    return next(ligne for ligne in lignes if (ligne.mission, ligne.volet) == (mission, "fixe"))


def test_the_years_after_the_end_leave_and_the_cut_one_is_to_instruct(cpts, valideur):
    pay(cpts, valideur, 2)
    terminate(cpts, valideur)
    assert cpts.aci_fin_le == FIN
    livre = build_livre(cpts, au=AU)
    assert [lu.annee.rang for lu in livre] == [1, 2]
    assert list(ExerciceAci.objects.filter(cpts=cpts).order_by("rang").values_list("rang", flat=True)) == [1, 2]
    lue = find(livre, 2)
    assert (lue.prevu, lue.trop_percu) == (None, TropPercu(Decimal("20000.00"), Decimal("20328.77")))
    assert "à instruire" in lue.origine
    assert livre[1].prevu.partielle
    assert refresh_argent(cpts) == 0
    attendus = [(v.nature, v.montant) for v in list_versements(livre) if v.ligne is lue]
    assert attendus == [("Avance", Decimal("60000.00")), ("Solde", None)]


def test_the_rule_of_the_region_then_what_is_granted_decide(cpts, valideur):
    ligne = pay(cpts, valideur, 2)
    terminate(cpts, valideur)
    make_parametre("fin_anticipee", None, texte="jour")
    lue = find(build_livre(cpts, au=AU), 2)
    assert (lue.prevu, lue.trop_percu) == (JOURS, TropPercu(Decimal("20328.77"), Decimal("20328.77")))
    ligne.exercice.refresh_from_db()
    record_montants(ligne, par=valideur, version=ligne.exercice.version, accorde=Decimal(60_000))
    assert find(build_livre(cpts, au=AU), 2).trop_percu is None


def test_what_was_paid_of_a_year_after_the_end_stays_and_is_beyond(cpts, valideur):
    pay(cpts, valideur, 3)
    terminate(cpts, valideur)
    livre = build_livre(cpts, au=AU)
    assert [(lu.annee.rang, len(lu.lignes)) for lu in livre][-1] == (3, 1)
    lue = find(livre, 3)
    assert (lue.prevu, lue.trop_percu) == (0, TropPercu(Decimal(60_000), Decimal(60_000)))
    assert refresh_argent(cpts) == 0


def test_a_contract_that_begins_again_keeps_the_money_of_the_former_one(cpts, valideur):
    pay(cpts, valideur, 2)
    terminate(cpts, valideur)
    type(cpts).objects.filter(pk=cpts.pk).update(
        aci_signe_le=date(2026, 6, 1), aci_fin_le=date(2031, 6, 1), version=cpts.version + 1
    )
    cpts.refresh_from_db()
    refresh_argent(cpts)
    livre = build_livre(cpts, au=AU)
    assert [(lu.annee.rang, lu.annee.debut.year) for lu in livre][:4] == [(1, 2024), (2, 2025), (3, 2026), (4, 2027)]
    assert (len(livre), find(livre, 2).verse, find(livre, 3).verse) == (7, 60_000, 0)
    assert livre[1].annee.arret == FIN
    assert refresh_argent(cpts) == 0


def test_an_end_asks_for_its_day(cpts, valideur):
    with pytest.raises(ActeInvalide) as refus:
        terminate(cpts, valideur, effet_le=None)
    assert list(refus.value.erreurs) == ["effet_le"]
    cpts.refresh_from_db()
    assert cpts.statut == "aci_signe"


def test_the_deadlines_stop_with_the_contract(cpts, valideur, rf):
    requete = rf.get("/admin/")
    requete.user = valideur
    assert list_missions(cpts).lignes
    assert list_taches(requete)[0].lignes
    terminate(cpts, valideur)
    assert list_missions(cpts).lignes == []
    assert list_taches(requete)[0].lignes == []


def test_the_pages_say_the_end_and_what_is_beyond(cpts, valideur):
    ligne = pay(cpts, valideur, 2)
    terminate(cpts, valideur)
    assert list_argent(cpts).lignes[0].libelle == "Trop-perçu à instruire"
    client = Client()
    client.force_login(make_coordinatrice(cpts))
    page = client.get(f"/espace/{cpts.code}/argent/").content.decode()
    for phrase in ("prend fin avant son terme", "Trop-perçu à instruire", "20\xa0328,77", "Interrompue par la fin"):
        assert phrase in page
    detail = client.get(f"/espace/{cpts.code}/argent/{ligne.pk}/").content.decode()
    assert "Dû, compté en mois" in detail
    assert "Contrat terminé" in client.get(f"/espace/{cpts.code}/missions/").content.decode()
    export = b"".join(client.get(f"/espace/{cpts.code}/argent/export.csv")).decode()
    assert "20328" in export.replace(" ", "")
