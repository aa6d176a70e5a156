"""Two agents on one line of a campaign, a payment against a grant, a declaration against a closing: one wins, the
other is told (409). Without the lock and the condition, both would be written.

Payments are raced in `test_paiements_courses`.
"""

import os
import threading
from decimal import Decimal

import pytest
from django.db import connection

from aides.contrats.campagnes import close_campagne
from aides.contrats.paiements import pay_echeance
from aides.contrats.reglements import declare_ligne, grant_ligne
from aides.dossiers.erreurs import ActeRefuse
from aides.dossiers.etats import list_couples
from aides.models import Campagne, Echeance, LigneCampagne, Transition
from portal.core.models import Evenement
from tests.aides.campagnes_essai import ANNEE, find_ligne, make_annuel, make_campagne, make_responsable
from tests.aides.contrats_essai import aujourdhui, new_cle
from tests.aides.dossiers_essai import Equipe
from tests.people import make_commune
from tests.races.test_paiements_courses import race

pytestmark = pytest.mark.django_db(transaction=True)
REPETITIONS = int(os.environ.get("MAILLAGE_COURSES", "50"))
COURTES = int(os.environ.get("MAILLAGE_COURSES", "10"))


@pytest.fixture
def equipe() -> Equipe:
    couples = [Transition(source=source, cible=cible) for source, cible in sorted(list_couples())]
    Transition.objects.bulk_create(couples, ignore_conflicts=True)  # flushed by a transactional test before this one
    make_commune("71")
    return Equipe()


def make_declaree(equipe: Equipe) -> tuple[Echeance, LigneCampagne]:
    contrat, echeance = make_annuel(equipe)
    make_campagne(make_responsable())
    declare_ligne(find_ligne(echeance), par=contrat.proprietaire, base=Decimal(100_000))
    return echeance, find_ligne(echeance)


def list_refus(rendus):
    refus = [rendu for rendu in rendus if isinstance(rendu, ActeRefuse)]
    assert all(rendu.statut_http == 409 and str(rendu).endswith((".", "!")) for rendu in refus), refus
    return refus


def race_tours(tours, actes):
    """Each act in its thread, turn after turn at the same instant, on one connection: what each gave at each turn."""
    barriere, rendus = threading.Barrier(len(actes)), [[] for _ in actes]

    def run(rang):
        try:
            for tour in range(tours):
                prepare = actes[rang](tour)
                barriere.wait(60)
                try:
                    rendus[rang].append(prepare())
                except ActeRefuse as refus:
                    rendus[rang].append(refus)
                barriere.wait(60)
        finally:
            connection.close()

    fils = [threading.Thread(target=run, args=(rang,)) for rang in range(len(actes))]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join(300)
    assert [len(rendu) for rendu in rendus] == [tours] * len(actes)
    return list(zip(*rendus, strict=True))


def test_two_grants_of_one_line_write_one(equipe, compte):
    """The same line, again and again: each turn both read the same version, and one alone writes."""
    echeance, ligne = make_declaree(equipe)

    def prepare(qui, somme):
        def act(tour):
            lue = find_ligne(echeance)
            montant = Decimal(somme + tour)
            return lambda: grant_ligne(lue, par=qui, montant=montant, motif="Essai.", version=lue.version)

        return act

    for rendus in race_tours(REPETITIONS, [prepare(equipe.valideur, 1000), prepare(equipe.second, 5000)]):
        assert len(list_refus(rendus)) == 1
    echeance.refresh_from_db()
    assert find_ligne(echeance).accorde == echeance.montant
    actes = Evenement.objects.filter(objet=f"aides.lignecampagne:{ligne.pk}", action="accorder")
    assert actes.count() == REPETITIONS
    assert find_ligne(echeance).version == 2 + REPETITIONS
    compte(courses=REPETITIONS, gagnes=REPETITIONS, perdus=REPETITIONS, violations=0)


def test_a_payment_and_a_grant_agree(equipe, compte):
    """Whatever the order, what was paid is what the line says."""
    perdus = 0
    for _ in range(COURTES):
        echeance, ligne = make_declaree(equipe)
        grant_ligne(ligne, par=equipe.valideur)
        actes = [
            lambda e=echeance: pay_echeance(e, par=equipe.instructeur, montant=None, le=aujourdhui(), cle=new_cle()),
            lambda li=ligne: grant_ligne(li, par=equipe.second, montant=Decimal(4000), motif="Essai."),
        ]
        perdus += len(list_refus(race(actes)))
        echeance.refresh_from_db()
        assert echeance.statut == "payee"
        assert find_ligne(echeance).accorde == echeance.montant
        _end(ligne)
    compte(courses=COURTES, gagnes=2 * COURTES - perdus, perdus=perdus, violations=0)


def test_a_closing_waits_for_the_declaration_under_way(equipe, compte):
    """Written before the closing, or refused after it: never written after it."""
    perdus = 0
    for tour in range(COURTES):
        contrat, echeance = make_annuel(equipe)
        responsable = make_responsable()
        campagne = make_campagne(responsable)
        ligne = find_ligne(echeance)
        base = Decimal(1000 * (tour + 1))
        rendus = race(
            [
                lambda li=ligne, c=contrat, b=base: declare_ligne(li, par=c.proprietaire, base=b),
                lambda c=campagne, r=responsable: close_campagne(c, par=r),
            ]
        )
        close = Campagne.objects.get(pk=campagne.pk)
        lue = find_ligne(echeance)
        refus = list_refus(rendus)
        perdus += len(refus)
        assert close.close_le is not None
        assert (lue.demande is None) == bool(refus)
        assert lue.declare_le is None or lue.declare_le <= close.close_le
        _end(ligne)
    compte(courses=COURTES, gagnes=2 * COURTES - perdus, perdus=perdus, violations=0)


def _end(ligne: LigneCampagne) -> None:
    """Make room for the next campaign of the same région, scheme and year."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE aides_campagne DISABLE TRIGGER campagne_vie")
        cursor.execute(
            "UPDATE aides_campagne SET annee = %s + id %% 5000 WHERE id = %s", [ANNEE + 1, ligne.campagne_id]
        )
        cursor.execute("ALTER TABLE aides_campagne ENABLE TRIGGER campagne_vie")


def test_control_without_lock_both_would_grant(equipe, compte):
    """Read, then write, with nothing that holds: the fault that the lock and the version prevent."""
    _, ligne = make_declaree(equipe)
    barriere = threading.Barrier(2)

    def naive(qui, montant):
        lue = LigneCampagne.objects.get(pk=ligne.pk)
        barriere.wait(10)
        return LigneCampagne.objects.filter(pk=lue.pk).update(
            accorde=montant, motif="Essai.", accorde_par=qui, version=lue.version + 1
        )

    doubles = 0
    for _ in range(COURTES):
        rendus = race([lambda: naive(equipe.valideur, Decimal(1)), lambda: naive(equipe.second, Decimal(2))])
        doubles += sum(rendus) == 2
    compte(courses=COURTES, violations=doubles)
    assert doubles == COURTES
