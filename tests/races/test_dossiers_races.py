"""Two people on one file, twenty on one envelope: one winner, and the loser reads a sentence. Each has its control."""

import os
import threading
from collections import Counter
from contextlib import contextmanager
from decimal import Decimal

import pytest
from django.db import connection, transaction

from aides.contrats import budget
from aides.dossiers import actes
from aides.dossiers.actes import apply_action
from aides.dossiers.erreurs import ActeRefuse, EnveloppeEpuisee
from aides.dossiers.etats import Action, Statut
from aides.dossiers.instruction import declare_recevable, grant_demande, refuse_demande
from aides.models import ActeDossier, Demande
from portal.core.models import Evenement
from tests.aides.dossiers_essai import RECOURS, Equipe, make_dossier, make_enveloppe

pytestmark = pytest.mark.django_db(transaction=True)
TOURS = int(os.environ.get("MAILLAGE_COURSES", "50"))
"""Of each pair. `MAILLAGE_COURSES=200` for the long form."""


def together(*fonctions):
    """Run each function in its own connection, from the same instant. Returns what each returned or raised."""
    barriere, rendus = threading.Barrier(len(fonctions)), [None] * len(fonctions)

    def run(rang, fonction):
        try:
            with connection.cursor() as cursor:  # the last of twenty waits for nineteen, on a busy machine too
                cursor.execute("SET lock_timeout = '60s'; SET statement_timeout = '90s'")
            barriere.wait(30)
            rendus[rang] = fonction()
        except Exception as erreur:
            rendus[rang] = erreur
        finally:
            connection.close()

    fils = [threading.Thread(target=run, args=couple) for couple in enumerate(fonctions)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join(120)
    return rendus


def grant(demande, par):
    lue = Demande.objects.get(pk=demande.pk)
    return lambda: grant_demande(lue, par=par, montant=Decimal(43_750), version=demande.version)


def refuse(demande, par):
    lue = Demande.objects.get(pk=demande.pk)
    return lambda: refuse_demande(lue, par=par, motif="Hors zone.", voies_recours=RECOURS, version=demande.version)


def withdraw(demande, par):
    lue = Demande.objects.get(pk=demande.pk)
    return lambda: apply_action(lue, Action.RETIRER, par=par, version=demande.version)


def receive(demande, par):
    lue = Demande.objects.get(pk=demande.pk)
    return lambda: declare_recevable(lue, par=par, version=demande.version)


def check_one_winner(demande, rendus):
    """Returns how many won and lost."""
    perdants = [rendu for rendu in rendus if isinstance(rendu, Exception)]
    assert len(perdants) == len(rendus) - 1, rendus
    for perdant in perdants:
        assert isinstance(perdant, ActeRefuse), repr(perdant)
        assert perdant.statut_http == 409
        assert str(perdant)[0].isupper()
        assert str(perdant).endswith((".", ")."))
    versions = list(ActeDossier.objects.filter(demande=demande).order_by("version").values_list("version", flat=True))
    assert versions == list(range(2, demande.version + 2))
    assert Evenement.objects.filter(objet=f"aides.demande:{demande.pk}").count() == len(versions)
    return Counter(gagnes=len(rendus) - len(perdants), perdus=len(perdants))


def propose(equipe):
    demande = make_dossier(Statut.EN_INSTRUCTION, equipe=equipe)
    apply_action(
        demande, Action.PROPOSER, par=equipe.instructeur, propose_par_id=equipe.instructeur.pk, seuil=Decimal(10_000)
    )
    return demande


@pytest.mark.parametrize("paire", ["grant/grant", "grant/refuse", "withdraw/grant", "stale"])
def test_two_acts_at_once_have_one_winner(paire, compte):
    equipe, issues = Equipe(), Counter()
    for _ in range(TOURS):
        demande = make_dossier(equipe=equipe) if paire == "stale" else propose(equipe)
        fonctions = {
            "grant/grant": lambda d=demande: (grant(d, equipe.valideur), grant(d, equipe.second)),
            "grant/refuse": lambda d=demande: (grant(d, equipe.valideur), refuse(d, equipe.second)),
            "withdraw/grant": lambda d=demande: (withdraw(d, equipe.demandeur), grant(d, equipe.valideur)),
            "stale": lambda d=demande: (receive(d, equipe.instructeur), receive(d, equipe.second)),
        }[paire]()
        issues += check_one_winner(demande, together(*fonctions))
    compte(courses=TOURS, **issues, violations=0)


@contextmanager
def without_belts():
    """The trigger and the constraint that would stop what the condition let through."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE aides_demande DISABLE TRIGGER demande_vie")
        cursor.execute("ALTER TABLE aides_actedossier DROP CONSTRAINT actedossier_une_version")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE aides_actedossier CASCADE")
            cursor.execute("ALTER TABLE aides_demande ENABLE TRIGGER demande_vie")
            cursor.execute(
                "ALTER TABLE aides_actedossier ADD CONSTRAINT actedossier_une_version UNIQUE (demande_id, version)"
            )


def test_control_without_the_condition_two_people_decide(monkeypatch, compte):
    monkeypatch.setattr(actes, "_lock_lignes", lambda demande, *_: Demande.objects.filter(pk=demande.pk))
    equipe, deux = Equipe(), 0
    with without_belts():
        for _ in range(TOURS // 2):
            demande = propose(equipe)
            rendus = together(grant(demande, equipe.valideur), refuse(demande, equipe.second))
            deux += not any(isinstance(rendu, Exception) for rendu in rendus)
    compte(courses=TOURS // 2, violations=deux)
    assert deux >= 1


def spend(equipe, nombre=20):
    demandes = []
    for _ in range(nombre):
        demande = make_dossier(Statut.EN_INSTRUCTION, equipe=equipe, maximum=Decimal(50_000))
        apply_action(
            demande,
            Action.PROPOSER,
            par=equipe.instructeur,
            propose_par_id=equipe.instructeur.pk,
            seuil=Decimal(10_000),
        )
        demandes.append(demande)
    return together(
        *(
            lambda d=demande: grant_demande(d, par=equipe.valideur, montant=Decimal(50_000), version=d.version)
            for demande in demandes
        )
    )


def test_twenty_agents_never_spend_more_than_the_envelope(compte):
    equipe, tours = Equipe(), max(1, TOURS // 20)
    for _ in range(tours):
        enveloppe = make_enveloppe(500_000)
        rendus = spend(equipe)
        refus = [rendu for rendu in rendus if isinstance(rendu, Exception)]
        assert len(refus) == 10
        assert all(isinstance(rendu, EnveloppeEpuisee) and rendu.statut_http == 409 for rendu in refus), refus
        enveloppe.refresh_from_db()
        assert enveloppe.engage == Decimal(500_000)
        assert Demande.objects.filter(statut="accordee", enveloppe=enveloppe).count() == 10
    compte(courses=tours, gagnes=10 * tours, perdus=10 * tours, violations=0)


def test_control_without_the_lock_the_envelope_is_exceeded(monkeypatch, compte):
    equipe, enveloppe = Equipe(), make_enveloppe(500_000)
    barriere = threading.Barrier(20)

    def read_without_lock(demande, annee):
        lues = list(budget.Enveloppe.objects.filter(region_id=demande.region_code, annee=annee))
        barriere.wait(20)
        return lues

    monkeypatch.setattr(budget, "_lock_enveloppes", read_without_lock)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE aides_enveloppe DROP CONSTRAINT enveloppe_pas_depassee")
    try:
        spend(equipe)
        enveloppe.refresh_from_db()
        assert enveloppe.engage > enveloppe.montant
        compte(courses=1, violations=1, engage=enveloppe.engage, montant=enveloppe.montant)
    finally:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE aides_enveloppe SET engage = 0")
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(
                "ALTER TABLE aides_enveloppe ADD CONSTRAINT enveloppe_pas_depassee "
                "CHECK (engage >= 0 AND engage <= montant)"
            )
