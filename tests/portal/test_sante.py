"""Health: who may be sent visitors, and what a supervision reads."""

import socket
import threading
import time

import pytest
from django.db import connection
from django.urls import reverse

from portal.core import sante
from portal.core.metriques import write_metriques

pytestmark = pytest.mark.django_db
JETON = "un-jeton-d-essai"


def test_a_ready_process_says_so_in_few_milliseconds_and_nothing_else(client):
    client.get(reverse("pret"))
    debut = time.perf_counter()
    reponse = client.get(reverse("pret"))
    assert reponse.status_code == 200
    assert reponse.json() == {"statut": "pret"}
    assert time.perf_counter() - debut < 0.5  # 50 ms on a quiet machine; the bound here is for a loaded one


def add_envoi(secondes: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_envoi (tache, arguments, cle, statut, tentatives, envois, jeton, cree_le,"
            " prochain_essai_le, erreur) VALUES ('core.battement', '[]', '', 'a_envoyer', 0, 0, 0,"
            " now() - %(age)s * interval '1 second', now() - %(age)s * interval '1 second', '')",
            {"age": secondes},
        )


@pytest.mark.parametrize(("age", "statut"), [(60, 200), (130, 503)])
def test_a_late_outbox_is_not_ready(client, age, statut):
    add_envoi(age)
    assert client.get(reverse("pret")).status_code == statut


def test_a_missing_migration_or_a_full_disk_is_not_ready(client, monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'core' AND name = '0001_extensions'")
    assert client.get(reverse("pret")).status_code == 503
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('core', '0001_extensions', now())")
    assert client.get(reverse("pret")).status_code == 200
    monkeypatch.setattr(sante, "DISQUE_MIN", 10**18)
    assert client.get(reverse("pret")).status_code == 503


def test_figures_are_for_the_token_alone(client, settings):
    adresse = reverse("metriques")
    settings.MAILLAGE_METRIQUES_JETON = ""
    assert client.get(adresse, headers={"authorization": "Bearer "}).status_code == 404
    settings.MAILLAGE_METRIQUES_JETON = JETON
    assert client.get(adresse).status_code == 404
    assert client.get(adresse, headers={"authorization": "Bearer autre"}).status_code == 404
    add_envoi(130)
    texte = client.get(adresse, headers={"authorization": f"Bearer {JETON}"}).content.decode()
    lues = dict(ligne.rsplit(" ", 1) for ligne in texte.splitlines() if not ligne.startswith("#"))
    assert lues["maillage_base_repond"] == "1"
    assert lues['maillage_envois{statut="a_envoyer"}'] == "1"
    assert float(lues["maillage_envois_age_secondes"]) >= 130
    assert lues['maillage_periodique_reussite_secondes{nom="journal"}'] == "0"


@pytest.fixture
def port_ferme():
    """A port where nobody listens."""
    with socket.socket() as prise:
        prise.bind(("127.0.0.1", 0))
        return prise.getsockname()[1]


def test_a_base_that_is_down_is_said_in_time(client, port_ferme):
    """The base is asked for at a port that nobody holds, by a thread that has a connection of its own."""
    lus = {}

    def ask() -> None:
        connection.settings_dict = {**connection.settings_dict, "HOST": "127.0.0.1", "PORT": str(port_ferme)}
        debut = time.perf_counter()
        lus["reponse"] = client.get(reverse("pret"))
        lus["duree"] = time.perf_counter() - debut
        lus["metriques"] = write_metriques()
        connection.close()

    client.get(reverse("pret"))
    fil = threading.Thread(target=ask)
    fil.start()
    fil.join(10)
    assert (lus["reponse"].status_code, lus["reponse"].json()) == (503, {"statut": "indisponible"})
    assert lus["duree"] < 0.5
    assert "maillage_base_repond 0" in lus["metriques"]
    assert client.get(reverse("pret")).status_code == 200


def test_a_queue_that_is_down_or_frozen_is_neither_waited_for_nor_a_reason_to_send_nobody(client, settings):
    """Without Valkey the portal serves: a 503 here would take every process out at once (docs/adr/0226)."""
    client.get(reverse("pret"))
    settings.REDIS_URL = settings.CELERY_BROKER_URL = "redis://127.0.0.1:9/0"
    settings.CACHES = settings.CACHES | {"default": settings.CACHES["default"] | {"LOCATION": settings.REDIS_URL}}
    debut = time.perf_counter()
    assert client.get(reverse("pret")).status_code == 200
    assert time.perf_counter() - debut < 0.5
