"""The relay before a real queue: bound, back-off, breakdowns; and the turns of periodic jobs."""

import json
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from portal.core import relais as module
from portal.core.creneaux import Periodique, claim, claim_due, read_periodiques
from portal.core.models import Creneau, Envoi
from portal.core.outbox import post
from portal.core.relais import Relais
from portal.embarque import Valkey
from tests.portal.valkey_essai import frozen

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture(scope="module")
def valkey(tmp_path_factory):
    serveur = Valkey(tmp_path_factory.mktemp("v"), jetable=True)
    serveur.start()
    yield serveur
    serveur.stop()


@pytest.fixture
def relais(valkey, db):
    relais = Relais(url=valkey.url, periodiques=[])
    relais.client.flushall()
    yield relais
    relais.close()


def messages(relais):
    """What waits in the queue: (task, arguments)."""
    lus = [json.loads(brut) for brut in relais.client.lrange("celery", 0, -1)]
    return [(lu["headers"]["task"], lu["headers"]["argsrepr"]) for lu in lus]


class TestQueue:
    def test_a_message_carries_the_row_and_its_jeton_alone(self, relais):
        envoi = post("core.battement", "71076")
        assert relais.round() == 1
        assert messages(relais) == [("core.battement", f"[{envoi.pk}, 1]")]
        brut = relais.client.lrange("celery", 0, -1)[0]
        assert b"71076" not in brut
        envoi.refresh_from_db()
        assert (envoi.statut, envoi.envois) == (Envoi.Statut.ENVOYE, 1)
        assert relais.round() == 0

    def test_the_queue_is_never_filled_beyond_its_bound(self, relais, settings):
        settings.MAILLAGE_RELAIS = settings.MAILLAGE_RELAIS | {"file_max": 70}
        for _ in range(200):
            post("core.battement")
        assert [relais.round() for _ in range(4)] == [50, 20, 0, 0]
        assert relais.client.llen("celery") == 70
        # Hours later nobody has consumed anything: what was sent is due again, and the queue does not grow.
        Envoi.objects.update(prochain_essai_le=timezone.now() - timedelta(hours=1))
        assert relais.round() == 0
        relais.client.ltrim("celery", 0, 9)
        assert [relais.round() for _ in range(3)] == [50, 10, 0]
        assert Envoi.objects.count() == 200

    def test_an_emptied_queue_is_filled_again(self, relais):
        post("core.battement")
        relais.round()
        relais.client.flushall()
        assert relais.round() == 0
        Envoi.objects.update(prochain_essai_le=timezone.now() - timedelta(hours=1))
        assert relais.round() == 1
        assert Envoi.objects.get().envois == 2

    def test_an_unknown_task_is_not_thrown_to_the_workers(self, relais):
        post("essai.inconnue")
        assert relais.round() == 0
        assert relais.client.llen("celery") == 0
        assert "inconnue" in Envoi.objects.get().erreur


class TestBrokenQueue:
    def test_a_frozen_queue_stops_neither_acts_nor_pages_nor_the_relay(self, relais, valkey, client, settings):
        settings.REDIS_URL = valkey.url
        settings.CACHES = settings.CACHES | {"default": settings.CACHES["default"] | {"LOCATION": valkey.url}}
        with frozen(valkey):
            durees = []
            for _ in range(20):
                debut = time.perf_counter()
                post("core.battement")
                durees.append(time.perf_counter() - debut)
            assert sorted(durees)[18] < 0.05
            for adresse in ("/sante/", "/", "/aides/dispositifs/"):
                debut = time.perf_counter()
                assert client.get(adresse).status_code == 200
                assert time.perf_counter() - debut < 3
            debut = time.perf_counter()
            assert relais.round() == 0
            assert time.perf_counter() - debut < 6
            debut = time.perf_counter()
            assert relais.round() == 0  # it does not ask again at once
            assert time.perf_counter() - debut < 0.5
            assert Envoi.objects.filter(statut=Envoi.Statut.A_ENVOYER).count() == 20
        relais.pause_file = 0
        assert relais.round() == 20

    def test_a_queue_that_freezes_at_the_worst_moment_gives_the_rows_back(self, relais, valkey, monkeypatch):
        for _ in range(5):
            post("core.battement")
        assert relais.round() == 5  # the connection is open and trusted
        for _ in range(5):
            post("core.battement")
        monkeypatch.setattr(relais, "count_places", lambda: 50)
        with frozen(valkey):
            debut = time.perf_counter()
            assert relais.round() == 0
            assert time.perf_counter() - debut < 12
            assert Envoi.objects.filter(statut=Envoi.Statut.A_ENVOYER, envois=0).count() == 5
        monkeypatch.undo()
        relais.pause_file = 0
        Envoi.objects.filter(statut=Envoi.Statut.A_ENVOYER).update(
            prochain_essai_le=timezone.now() - timedelta(hours=1)
        )
        assert relais.round() == 5

    def test_an_absent_queue_is_waited_for_longer_and_longer(self, db):
        relais = Relais(url="redis://127.0.0.1:9/0", periodiques=[])
        post("core.battement")
        pauses = []
        for _ in range(5):
            relais.pause_file = 0
            assert relais.round() == 0
            pauses.append(round(relais.pause_file - time.monotonic()))
        assert pauses == [1, 2, 4, 8, 8]
        assert Envoi.objects.get().statut == Envoi.Statut.A_ENVOYER

    def test_a_queue_started_again_is_taken_up(self, relais, valkey):
        post("core.battement")
        relais.round()
        valkey.processus.kill()
        valkey.processus.wait()
        post("core.battement")
        assert relais.round() == 0
        valkey.start()
        relais.pause_file = 0
        Envoi.objects.update(prochain_essai_le=timezone.now() - timedelta(hours=1))
        assert relais.round() == 2


class TestTurns:
    QUOTIDIEN = {"tache": "core.purge", "a": "05:10", "jour": True}

    def test_each_daily_job_runs_once_each_civil_day_of_a_year(self, settings, db):
        """366 days of 2028, both changes of hour included, looked at every ten minutes or less."""
        settings.MAILLAGE_PERIODIQUES = {
            "matin": self.QUOTIDIEN,
            "soir": {"tache": "core.purge", "a": "23:59"},
            "minuit": {"tache": "core.purge", "a": "00:00", "jour": True},
        }
        periodiques, vus, pris = read_periodiques(), {}, Counter()
        instant = datetime(2028, 1, 1, tzinfo=PARIS).astimezone(UTC)
        fin = datetime(2029, 1, 1, tzinfo=PARIS).astimezone(UTC)
        for periodique in periodiques:  # yesterday's turns were taken yesterday
            vus[periodique.nom] = periodique.last_slot(instant - timedelta(seconds=1))
        while instant < fin:
            for periodique in periodiques:
                creneau = periodique.last_slot(instant)
                if vus[periodique.nom] != creneau:
                    assert creneau == instant.astimezone(PARIS).date().isoformat()
                    vus[periodique.nom] = creneau
                    pris[periodique.nom, creneau] += 1
            instant += (
                timedelta(minutes=10 if instant.minute != 50 else 9) if instant.minute != 59 else timedelta(minutes=1)
            )
        assert set(pris.values()) == {1}
        assert Counter(nom for nom, _ in pris) == {"matin": 366, "soir": 366, "minuit": 366}

    def test_a_turn_is_taken_once_and_carries_its_day(self, settings, db):
        settings.MAILLAGE_PERIODIQUES = {"matin": self.QUOTIDIEN}
        (periodique,) = read_periodiques()
        instant = datetime(2026, 3, 29, 8, tzinfo=PARIS)
        assert claim(periodique, instant)
        assert not claim(periodique, instant + timedelta(hours=3))
        assert Envoi.objects.get().arguments == ["2026-03-29"]

    def test_a_relay_that_was_away_catches_up_once(self, db):
        periodique = Periodique("minute", "core.purge", periode=60)
        instant = datetime(2026, 11, 22, 10, tzinfo=UTC)
        vus = {}
        assert claim_due([periodique], vus, instant) == 1
        assert claim_due([periodique], vus, instant + timedelta(hours=1)) == 1
        assert claim_due([periodique], {}, instant + timedelta(hours=1, seconds=30)) == 0
        assert Creneau.objects.count() == 2

    def test_the_round_takes_the_turns_that_are_due(self, relais):
        relais.periodiques = [Periodique("battement", "core.battement", periode=3600)]
        relais.round()
        relais.round()
        assert Creneau.objects.filter(nom="battement").count() == 1
        assert Envoi.objects.get().tache == "core.battement"

    @pytest.mark.parametrize(
        "decrit",
        [
            {"tache": "x"},
            {"toutes_les": 5},
            {"tache": "x", "toutes_les": 5, "a": "05:00"},
            {"tache": "x", "toutes_les": 0},
            {"tache": "x", "a": "25:00"},
            {"tache": "x", "a": "02:30"},
            {"tache": "x", "a": "04:00"},
            {"tache": "x", "chaque": 5},
        ],
    )
    def test_a_schedule_that_cannot_be_honoured_is_refused_in_french(self, settings, decrit):
        settings.MAILLAGE_PERIODIQUES = {"essai": decrit}
        with pytest.raises(ImproperlyConfigured, match="MAILLAGE_PERIODIQUES, « essai »"):
            read_periodiques()

    def test_the_schedule_of_the_portal_is_honoured(self):
        assert {"battement", "purge"} <= {periodique.nom for periodique in read_periodiques()}


class TestCommand:
    def test_it_says_what_waits_and_fails_when_something_is_stuck(self, db):
        sortie = StringIO()
        call_command("relais", "--etat", stdout=sortie)
        assert "En quarantaine : 0." in sortie.getvalue()
        hier = timezone.now() - timedelta(hours=1)
        Envoi.objects.create(tache="x", cree_le=hier, prochain_essai_le=hier)
        with pytest.raises(CommandError, match="ne s'écoulent plus"):
            call_command("relais", "--etat", stdout=StringIO())
        Envoi.objects.create(tache="x", statut=Envoi.Statut.QUARANTAINE)
        with pytest.raises(CommandError, match="quarantaine"):
            call_command("relais", "--etat", stdout=StringIO())

    def test_it_runs_here_what_is_due(self, db):
        post("core.battement")
        sortie = StringIO()
        call_command("relais", "--ici", stdout=sortie)
        assert "1 travaux faits" in sortie.getvalue()
        assert Envoi.objects.get().statut == Envoi.Statut.FAIT


@pytest.mark.django_db(transaction=True)
def test_the_commit_of_an_intent_wakes_the_relay_that_sleeps():
    with module.listening() as sleep:
        debut = time.perf_counter()
        sleep(0.2)
        assert time.perf_counter() - debut >= 0.19
        with transaction.atomic():
            post("core.battement")
        debut = time.perf_counter()
        sleep(5)
        assert time.perf_counter() - debut < 1
