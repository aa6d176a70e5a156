"""« Modifié depuis »: at once when a row of a source changed after the snapshot of the run, never otherwise."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from portal.pilotage.enums import Cause
from portal.pilotage.fraicheur import is_stale, query_fraicheurs
from portal.pilotage.lecture import find_indicateur
from portal.pilotage.models import Modification, Passage
from portal.pilotage.services.calcul import compute_jour, is_due
from tests.pilotage.scene import make_scene
from zonage.models import Commune

pytestmark = pytest.mark.django_db(transaction=True)
CODES = ["population", "communes"]


def compute():
    return compute_jour(timezone.localdate(), cause=Cause.CHANGEMENT, codes=CODES, forcer=True)


def stale():
    return is_stale(find_indicateur("population"))


def test_the_life_of_the_badge():
    make_scene()
    assert not stale()  # never computed: nothing is older than it
    compute()
    assert not stale()
    Commune.objects.filter(pk="00000").update(population=1)
    assert not stale(), "a statement that changed no row changed nothing"
    with transaction.atomic():
        Commune.objects.filter(pk="71001").update(population=1)
        transaction.set_rollback(True)
    assert not stale(), "what was undone changed nothing"
    debut = time.monotonic()
    Commune.objects.filter(pk="71001").update(population=1)
    assert stale()
    assert time.monotonic() - debut < 5
    compute()
    assert not stale()


def test_a_change_begun_before_the_run_and_kept_after_it_is_seen():
    """The clock of the change is older than that of the run: only the snapshot tells."""
    make_scene()
    ecrite, calculee = threading.Event(), threading.Event()

    def change():
        with transaction.atomic():
            Commune.objects.filter(pk="71001").update(population=5)
            ecrite.set()
            assert calculee.wait(20)
        connection.close()

    fil = threading.Thread(target=change)
    fil.start()
    assert ecrite.wait(20)
    passage = compute()
    assert not stale()
    calculee.set()
    fil.join()
    assert Modification.objects.latest("pk").survenue_le < passage.debut
    assert stale()


def test_after_a_restore_the_instant_tells():
    """The numbers of transactions begin anew: those of the run seem to come from the future."""
    make_scene()
    passage = compute()
    Passage.objects.filter(pk=passage.pk).update(instantane="900000000:900000000:", transaction=900_000_000)
    assert not stale()
    Commune.objects.filter(pk="71001").update(population=1)
    assert stale()


def test_the_night_removes_the_changes_that_it_has_seen():
    make_scene()
    assert Modification.objects.exists()
    compute_jour(timezone.localdate(), cause=Cause.NUIT)
    assert not Modification.objects.exists()
    assert not is_due(timezone.localdate())
    assert is_due(timezone.localdate() + timedelta(days=1))


def test_all_the_badges_are_one_query(django_assert_num_queries):
    make_scene()
    compute()
    with django_assert_num_queries(1):
        lues = query_fraicheurs(dict.fromkeys(CODES, ("x", ("zonage_commune",))))
    assert {code: lue.definition_changee for code, lue in lues.items()} == dict.fromkeys(CODES, True)
