"""Two settlements at once: one pays, the other is told (409). Without the lock and the condition, both would pay."""

import os
import threading
from decimal import Decimal

import pytest
from django.db import connection

from aides.contrats.paiements import pay_echeance
from aides.dossiers.erreurs import ActeRefuse
from aides.dossiers.etats import list_couples
from aides.models import ActeDossier, Contrat, Echeance, Transition
from aides.regles.calendrier import add_mois
from tests.aides.contrats_essai import aujourdhui, make_contrat, new_cle, versements
from tests.aides.dossiers_essai import Equipe

pytestmark = pytest.mark.django_db(transaction=True)
REPETITIONS = int(os.environ.get("MAILLAGE_COURSES", "50"))
"""Of each pair. `MAILLAGE_COURSES=200` for the long form."""


@pytest.fixture
def equipe() -> Equipe:
    couples = [Transition(source=source, cible=cible) for source, cible in sorted(list_couples())]
    Transition.objects.bulk_create(couples, ignore_conflicts=True)  # flushed by a transactional test before this one
    return Equipe()


def make_mensuel(equipe: Equipe, mois: int) -> Contrat:
    """One line a month: so many races on one contract."""
    terme = add_mois(aujourdhui(), mois)
    return make_contrat(
        equipe, dispositif="cesp", dispositif_version="2026", montant=None, maximum=None, faits={}, terme=terme
    )


def race(actes):
    """Run them at the same instant. Returns what each gave: a value, or the refusal."""
    barriere, rendus = threading.Barrier(len(actes)), []

    def run(acte):
        try:
            connection.ensure_connection()
            barriere.wait(10)
            rendus.append(acte())
        except ActeRefuse as refus:
            rendus.append(refus)
        finally:
            connection.close()

    fils = [threading.Thread(target=run, args=(acte,)) for acte in actes]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join(30)
    assert len(rendus) == len(actes)
    return rendus


def settle(ligne, par, cle):
    return pay_echeance(ligne, par=par, montant=None, le=aujourdhui(), cle=cle, version=1)


def test_two_settlements_of_one_line_pay_once(equipe, compte):
    contrat = make_mensuel(equipe, REPETITIONS)
    for ligne in versements(contrat):
        rendus = race(
            [lambda q=qui, li=ligne: settle(li, q, new_cle()) for qui in (equipe.instructeur, equipe.valideur)]
        )
        refus = [rendu for rendu in rendus if isinstance(rendu, ActeRefuse)]
        assert len(refus) == 1
        assert refus[0].statut_http == 409
        assert str(refus[0]).endswith(".")
    assert ActeDossier.objects.filter(demande=contrat.demande, action="payer").count() == REPETITIONS
    compte(courses=REPETITIONS, gagnes=REPETITIONS, perdus=REPETITIONS, violations=0)


def test_one_key_sent_twice_pays_once(equipe, compte):
    contrat = make_mensuel(equipe, REPETITIONS)
    for ligne in versements(contrat):
        cle = new_cle()
        rendus = race([lambda li=ligne, c=cle: settle(li, equipe.instructeur, c)] * 2)
        assert [rendu.pk for rendu in rendus] == [ligne.pk, ligne.pk]
    assert ActeDossier.objects.filter(demande=contrat.demande, action="payer").count() == REPETITIONS
    compte(courses=REPETITIONS, paiements=REPETITIONS, violations=0)


def test_two_lines_at_once_never_pass_the_total(equipe, compte):
    contrat = make_mensuel(equipe, REPETITIONS)
    lignes = versements(contrat)
    paires = list(zip(lignes[::2], lignes[1::2], strict=True))
    for rang, paire in enumerate(paires, start=1):
        Contrat.objects.filter(pk=contrat.pk).update(montant=None, plafond=Decimal(1200) * rang)
        rendus = race([lambda li=ligne: settle(li, equipe.instructeur, new_cle()) for ligne in paire])
        assert sum(isinstance(rendu, ActeRefuse) for rendu in rendus) == 1
    payees = Echeance.objects.filter(contrat=contrat, statut="payee")
    assert sum(payees.values_list("montant", flat=True)) == Decimal(1200) * len(paires)
    compte(courses=len(paires), gagnes=len(paires), perdus=len(paires), violations=0)


def test_control_without_lock_both_would_pay(equipe, compte):
    """Read, then write, with nothing that holds: the fault that the lock and the condition prevent."""
    contrat = make_mensuel(equipe, 20)
    barriere = threading.Barrier(2)

    def naive(ligne):
        lue = Echeance.objects.get(pk=ligne.pk)
        libre = lue.statut == "prevue"
        barriere.wait(10)
        if not libre:
            return False
        Echeance.objects.filter(pk=ligne.pk).update(
            statut="payee", payee_le=aujourdhui(), payee_par=equipe.instructeur, cle_paiement=new_cle()
        )
        return True

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE aides_echeance DISABLE TRIGGER echeance_vie")
    try:
        doubles = sum(all(race([lambda li=ligne: naive(li)] * 2)) for ligne in versements(contrat))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE aides_echeance ENABLE TRIGGER echeance_vie")
    compte(courses=20, violations=doubles)
    assert doubles == 20
