"""Runs side by side, killed, late, asked for twice: one figure at a time, whole or not at all."""

import os
import random
import signal
import threading
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.conf import settings as reglages
from django.db import connection, connections
from django.utils import timezone

from portal.core.creneaux import PARIS, claim_due, read_periodiques
from portal.core.models import Creneau, Envoi
from portal.core.outbox import post
from portal.core.relais import deliver_here
from portal.core.taches import MainPerdue
from portal.pilotage.enums import Cause
from portal.pilotage.lecture import read_valeurs
from portal.pilotage.models import Mesure, Passage
from portal.pilotage.services import calcul, requetes
from portal.pilotage.services.calcul import CalculEnCours, compute_jour, open_passage
from portal.pilotage.sources.definitions import load_definitions
from tests.pilotage.scene import JOUR, make_scene, run
from zonage.models import Commune

MORTS = int(os.environ.get("MAILLAGE_MORTS", "20"))
"""Kills: a few tenths of a second each."""
CLES = [("departement", "71"), ("departement", "21"), ("region", "27"), ("france", "france")]
CODES = ["population", "part_population_zip"]


def read_figures():
    lues = read_valeurs(CODES, CLES, au=JOUR)
    return {cle: (une.valeur, une.numerateur, une.passage) for cle, une in lues.items()}


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_mid_run_never_shows_a_mixed_figure():
    """A child computes and dies at a random statement: who reads meanwhile sees old figures, or all the new ones."""
    make_scene()
    etapes = count_etapes()
    ancien = read_figures()
    Commune.objects.update(population=777)
    tirage = random.Random(20260310)
    for _ in range(MORTS):
        vues = read_while(fork_calcul(mort_a=tirage.randrange(1, etapes)))
        assert vues == [ancien]
        assert Passage.objects.count() == 1
    vues = read_while(fork_calcul(mort_a=None))
    nouveau = read_figures()
    assert {passage for _, _, passage in nouveau.values()} == {Passage.objects.latest("pk").pk}
    assert nouveau != ancien
    assert all(vue in (ancien, nouveau) for vue in vues)


def count_etapes() -> int:
    compteur = Compteur(None)
    with connection.execute_wrapper(compteur):
        run(JOUR)
    return compteur.faites


class Compteur:
    """Counts the statements of a run; kills its own process at one of them."""

    def __init__(self, mort_a: int | None) -> None:
        self.mort_a = mort_a
        self.faites = 0

    def __call__(self, execute, sql, params, many, context):
        self.faites += 1
        if self.faites == self.mort_a:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)


def fork_calcul(mort_a: int | None) -> int:
    connections.close_all()
    enfant = os.fork()
    if enfant:
        return enfant
    try:
        with connection.execute_wrapper(Compteur(mort_a)):
            run(JOUR)
    finally:
        os._exit(0)
    return 0


def read_while(enfant: int) -> list[dict]:
    """The different states met until the child ends."""
    vues: list[dict] = []
    fini = 0
    while not fini:
        fini, _ = os.waitpid(enfant, os.WNOHANG)
        vue = read_figures()
        if vue not in vues:
            vues.append(vue)
        time.sleep(0.005)
    return vues


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_make_one():
    make_scene()
    faits: list[Passage | None] = []
    depart = threading.Barrier(2)

    def beat():
        depart.wait()
        faits.append(compute_jour(JOUR, cause=Cause.NUIT))
        connection.close()

    fils = [threading.Thread(target=beat) for _ in range(2)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join()
    assert sorted(fait is None for fait in faits) == [False, True]
    assert Passage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_does_not_wait_for_the_run_under_way():
    make_scene()
    tenu, fini = threading.Event(), threading.Event()

    def hold():
        with open_passage():
            tenu.set()
            assert fini.wait(20)
        connection.close()

    fil = threading.Thread(target=hold)
    fil.start()
    assert tenu.wait(20)
    with pytest.raises(CalculEnCours):
        compute_jour(JOUR, cause=Cause.NUIT, attend=False)
    assert Passage.objects.count() == 0
    fini.set()
    fil.join()


@pytest.mark.django_db
def test_a_run_that_lost_its_hand_writes_nothing(pays):
    def tient():
        raise MainPerdue

    with pytest.raises(MainPerdue):
        compute_jour(JOUR, cause=Cause.NUIT, tient=tient)
    assert not Passage.objects.exists()
    assert not Mesure.objects.exists()


@pytest.mark.django_db
def test_two_beats_of_the_outbox_make_one_run(pays):
    jour = timezone.localdate().isoformat()
    for _ in range(2):
        post("pilotage.jour", jour)
        post("pilotage.changements", "cpts.perimetre", "71-chalonnais")
    deliver_here()
    assert set(Envoi.objects.values_list("statut", flat=True)) == {"fait"}
    assert Passage.objects.count() == 1
    Commune.objects.update(population=1)
    post("pilotage.changements")
    deliver_here()
    assert Passage.objects.latest("pk").cause == Cause.CHANGEMENT


@pytest.mark.django_db
def test_the_night_catches_up_the_days_that_were_missed(pays):
    jour = timezone.localdate()
    run(jour - timedelta(days=4))
    post("pilotage.jour", jour.isoformat())
    deliver_here()
    lus = Passage.objects.order_by("pk").values_list("jour", flat=True)
    assert list(lus) == [jour - timedelta(days=rang) for rang in (4, 3, 2, 1, 0)]


@pytest.mark.django_db
def test_each_daily_job_runs_once_each_civil_day_of_a_year(settings):
    """The real schedule, 366 days with both changes of hour; two relays look, one of which forgets everything."""
    settings.MAILLAGE_PERIODIQUES = {
        nom: reglages.MAILLAGE_PERIODIQUES[nom] for nom in ("mesures", "rappels", "journal")
    }
    periodiques = read_periodiques()
    premier, dernier = date(2028, 1, 1), date(2028, 12, 31)
    instant = datetime(2028, 1, 1, 0, 5, tzinfo=PARIS).astimezone(UTC)
    memoire: dict[str, str] = {}
    for periodique in periodiques:
        memoire[periodique.nom] = periodique.last_slot(instant - timedelta(minutes=6))
    while instant < datetime(2029, 1, 1, tzinfo=PARIS):
        if claim_due(periodiques, memoire, instant) and instant.day == 1:
            claim_due(periodiques, {}, instant)
        instant += timedelta(minutes=47)
    pris = Counter((c.nom, c.creneau) for c in Creneau.objects.all() if premier.isoformat() <= c.creneau)
    assert set(pris.values()) == {1}
    jours = [(premier + timedelta(days=rang)).isoformat() for rang in range((dernier - premier).days + 1)]
    for periodique in periodiques:
        assert sorted(creneau for nom, creneau in pris if nom == periodique.nom) == jours
    assert Envoi.objects.filter(tache="pilotage.jour").count() == 366
    arguments = Envoi.objects.filter(tache="pilotage.jour").order_by("pk").values_list("arguments", flat=True)
    assert [argument for (argument,) in arguments] == jours


@pytest.mark.django_db
@pytest.mark.parametrize("jour", [date(2026, 3, 29), date(2025, 10, 26)], ids=["23 hours", "25 hours"])
def test_the_day_of_a_change_of_hour_is_one_day(pays, jour):
    with time_machine.travel(datetime(jour.year, jour.month, jour.day, 0, 10, tzinfo=PARIS), tick=False):
        assert timezone.localdate() == jour
        assert compute_jour(timezone.localdate(), cause=Cause.NUIT).jour == jour
    with time_machine.travel(datetime(jour.year, jour.month, jour.day, 23, 50, tzinfo=PARIS), tick=False):
        assert compute_jour(timezone.localdate(), cause=Cause.NUIT) is None


def test_all_the_indicators_are_one_statement():
    """Read committed or not, one snapshot: nothing can move between two indicators."""
    base = requetes.build_premier(load_definitions())
    assert base.count("CREATE TEMP TABLE") == 1
    assert ";" not in base
    assert calcul.RATTRAPAGE_MAX >= 7
