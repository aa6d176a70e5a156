"""Two publications at once: one holds, the other is told. Without the lock, a région has two zonings on one day."""

import threading
from datetime import date

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange

from portal.core.models import Evenement
from tests.zonage.factories import CommuneFactory
from tests.zonage.factories_zonage import (
    ArreteFactory,
    ClassementFactory,
    NiveauFactory,
    TerritoireFactory,
    UserFactory,
)
from zonage.enums import StatutArrete
from zonage.models import Arrete, Classement
from zonage.services import PublicationImpossible, propose_arrete, publish_arrete
from zonage.services import arretes as module
from zonage.services.apercu_arrete import compute_apercu
from zonage.services.brouillons_fichier import receive_fichier
from zonage.services.publication import publish_confirme

pytestmark = pytest.mark.django_db(transaction=True)
REPETITIONS = 40
PERIODE = DateRange(date(2027, 1, 1), None)


@pytest.fixture
def gens():
    CommuneFactory(code_insee="71076")
    CommuneFactory(code_insee="71270")
    return UserFactory(), UserFactory(), UserFactory()


def make_propose(code, auteur):
    arrete = ArreteFactory(brouillon=True, periode=PERIODE, region_id="27")
    ClassementFactory(
        territoire=TerritoireFactory(code=code), arrete=arrete, niveau=NiveauFactory(code="zip"), publie=False
    )
    propose_arrete(arrete, par=auteur)
    return arrete


def race(*actes):
    """Run them at the same instant. Returns what each gave: a value, or the refusal."""
    barriere, rendus = threading.Barrier(len(actes)), []

    def run(acte):
        try:
            connection.ensure_connection()
            barriere.wait(10)
            rendus.append(acte())
        except PublicationImpossible as refus:
            rendus.append(refus)
        finally:
            connection.close()

    fils = [threading.Thread(target=run, args=(acte,)) for acte in actes]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join(60)
    assert len(rendus) == len(actes)
    return rendus


def clear():
    """Back to a région without a published zoning."""
    Arrete.objects.update(statut=StatutArrete.BROUILLON, propose_par=None, publie_par=None)
    Classement.objects.update(publie=False)


def count_en_vigueur():
    return Arrete.objects.filter(statut=StatutArrete.PUBLIE, periode__contains=date(2027, 1, 1)).count()


def read_refus(rendus):
    refus = [rendu for rendu in rendus if isinstance(rendu, PublicationImpossible)]
    assert len(refus) == 1
    return str(refus[0])


def test_one_arrete_confirmed_by_two_persons_is_published_once(gens):
    auteur, un, deux = gens
    arrete = make_propose("71076", auteur)
    for _ in range(REPETITIONS):
        entree = compute_apercu(arrete, par=auteur).entree
        actes = [lambda q=qui, e=entree: publish_confirme(arrete, par=q, entree=e) for qui in (un, deux)]
        assert "vient d'être publié" in read_refus(race(*actes))
        assert count_en_vigueur() == 1
        clear()
        Arrete.objects.update(statut=StatutArrete.PROPOSE, propose_par=auteur)
    assert Evenement.objects.filter(action="publier").count() == REPETITIONS


def test_two_arretes_of_one_day_are_not_both_published(gens):
    auteur, un, deux = gens
    paire = [make_propose(code, auteur) for code in ("71076", "71270")]
    for _ in range(REPETITIONS):
        entrees = [compute_apercu(arrete, par=auteur).entree for arrete in paire]
        actes = [
            lambda a=arrete, q=qui, e=entree: publish_confirme(a, par=q, entree=e)
            for arrete, qui, entree in zip(paire, (un, deux), entrees, strict=True)
        ]
        assert read_refus(race(*actes)).endswith(".")
        assert count_en_vigueur() == 1
        clear()
        Arrete.objects.update(statut=StatutArrete.PROPOSE, propose_par=auteur)


def test_control_without_the_lock_a_region_has_two_zonings_on_one_day(gens, monkeypatch):
    """The second reads before the first commits: the lock is what makes it wait."""
    auteur, un, deux = gens
    paire = [make_propose(code, auteur) for code in ("71076", "71270")]
    rendez_vous = threading.Barrier(2)
    lire = module.find_precedents

    def read_together(*arguments):
        lus = list(lire(*arguments).values_list("pk", flat=True))
        rendez_vous.wait(10)
        return Arrete.objects.filter(pk__in=lus)

    monkeypatch.setattr(module, "hold_zonage", lambda region, profession: None)
    monkeypatch.setattr(module, "find_precedents", read_together)
    monkeypatch.setattr(module, "refresh_zones", lambda professions, regions: 0)  # it has a lock of its own
    race(*[lambda a=arrete, q=qui: publish_arrete(a, par=q) for arrete, qui in zip(paire, (un, deux), strict=True)])
    assert count_en_vigueur() == 2


def test_a_publication_and_its_retraction_follow_each_other(gens):
    auteur, un, deux = gens
    arrete = make_propose("71076", auteur)
    for _ in range(REPETITIONS):
        rendus = race(
            lambda: publish_arrete(arrete, par=un),
            lambda: module.retract_arrete(Arrete.objects.get(pk=arrete.pk), par=deux),
        )
        lu = Arrete.objects.get(pk=arrete.pk)
        publies = Classement.objects.filter(arrete=arrete, publie=True).exists()
        assert publies == (lu.statut == StatutArrete.PUBLIE)
        assert sum(isinstance(rendu, PublicationImpossible) for rendu in rendus) == (lu.statut == StatutArrete.PUBLIE)
        clear()
        Arrete.objects.update(statut=StatutArrete.PROPOSE, propose_par=auteur)


def test_two_files_for_one_draft_are_read_one_at_a_time(gens):
    auteur, un, _ = gens
    for rang in range(REPETITIONS):
        arrete = ArreteFactory(brouillon=True, periode=PERIODE)
        actes = [
            lambda a=arrete, q=qui, o=octets: receive_fichier(a, nom="a.csv", octets=o, par=q)
            for qui, octets in ((auteur, b"a %d" % rang), (un, b"b %d" % rang))
        ]
        assert "Un import est déjà en cours" in read_refus(race(*actes))
        assert arrete.fichiers.count() == 1
