"""A worker slow to begin on a busy machine ends by being left in peace; one that is stuck is started again."""

from itertools import pairwise
from types import SimpleNamespace

import pytest

from portal.lancement import superviseur as module
from portal.lancement.superviseur import PATIENCE_MAX, SILENCE_MAX, Superviseur

TOUR = 5.0


@pytest.fixture
def temps(monkeypatch):
    """A clock that only the test moves."""
    horloge = SimpleNamespace(maintenant=1000.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: horloge.maintenant))
    return horloge


def build(monkeypatch, age):
    """A supervisor of a portal whose sign of life is `age()`; the moments when it starts the worker again."""
    monkeypatch.setattr(module, "read_heartbeat_age", lambda url: age())
    monkeypatch.setattr(module, "build_children", lambda options: [])
    reprises = []
    services = SimpleNamespace(env={"REDIS_URL": "redis://127.0.0.1:1/0"})
    superviseur = Superviseur(None, services, lambda phrase: reprises.append(module.time.monotonic()), lambda: 0)
    return superviseur, reprises


def watch(superviseur, temps, duree):
    for _ in range(int(duree / TOUR)):
        temps.maintenant += TOUR
        superviseur.check_heartbeat()


def test_each_start_in_vain_leaves_twice_as_long_to_the_next(monkeypatch, temps):
    superviseur, reprises = build(monkeypatch, lambda: None)
    watch(superviseur, temps, 3600)
    ecarts = [suivante - une for une, suivante in pairwise(reprises)]
    assert reprises[0] == 1000 + SILENCE_MAX
    assert ecarts == [180, 360, 720, 720, 720, 720]
    assert max(ecarts) == PATIENCE_MAX


def test_a_worker_that_needs_five_minutes_to_begin_begins(monkeypatch, temps):
    """Held to the same silence for ever, it would never have had the time."""
    demarre = []
    superviseur, reprises = build(
        monkeypatch, lambda: 0.0 if temps.maintenant - max([1000.0, *demarre]) >= 300 else None
    )
    demarre = reprises
    watch(superviseur, temps, 3600)
    assert len(reprises) == 2


def test_a_worker_that_lived_is_watched_closely_again(monkeypatch, temps):
    vivant = [None]
    superviseur, reprises = build(monkeypatch, lambda: vivant[0])
    watch(superviseur, temps, 600)
    vivant[0] = 3.0
    watch(superviseur, temps, 900)
    avant, vivant[0] = len(reprises), SILENCE_MAX + 1
    watch(superviseur, temps, 40)
    assert len(reprises) == avant + 1
    watch(superviseur, temps, 2 * SILENCE_MAX + TOUR)
    assert len(reprises) == avant + 2
