"""The limit of requests: exact, by address, and harmless when Valkey is down."""

import copy
import socket
import time

import pytest
from django.conf import settings
from django.test import override_settings

from portal.core.api import limites
from portal.core.api.limites import Compteur, build_cle

SCHEMA = "/api/v1/schema/"


@pytest.fixture
def limite(monkeypatch):
    """Set the limit and the proxies for one test; each test counts from nothing."""

    def set_limite(taux: str, *, mandataires: int = 0, valkey: str = settings.REDIS_URL):
        cadre = copy.deepcopy(settings.REST_FRAMEWORK) | {
            "DEFAULT_THROTTLE_RATES": {"anon": taux},
            "NUM_PROXIES": mandataires,
        }
        reglage = override_settings(REST_FRAMEWORK=cadre, REDIS_URL=valkey, SECRET_KEY=f"cle-{time.time_ns()}")
        reglage.enable()
        reglages.append(reglage)
        monkeypatch.setattr(limites.LimiteParAdresse, "_compteurs", {})

    reglages: list[override_settings] = []
    yield set_limite
    for reglage in reversed(reglages):
        reglage.disable()


def closed_port() -> int:
    with socket.socket() as prise:
        prise.bind(("127.0.0.1", 0))
        return prise.getsockname()[1]


def test_the_request_after_the_limit_waits_until_the_window_ends(client, limite, time_machine):
    time_machine.move_to("2026-03-14 10:00:20.5Z", tick=False)
    limite("3/min")
    assert [client.get(SCHEMA).status_code for _ in range(3)] == [200, 200, 200]
    refus = client.get(SCHEMA)
    assert refus.status_code == 429
    assert refus["Retry-After"] == "40"
    assert "40 s" in refus.json()["detail"]
    assert refus["Content-Type"] == "application/problem+json"
    time_machine.move_to("2026-03-14 10:00:59.9Z", tick=False)
    assert client.get(SCHEMA)["Retry-After"] == "1"
    time_machine.move_to("2026-03-14 10:01:00Z", tick=False)
    assert client.get(SCHEMA).status_code == 200


def test_a_limit_counted_by_lots_is_exact_for_one_process(client, limite, time_machine):
    time_machine.move_to("2026-03-14 10:00:00Z", tick=False)
    limite("250/min")
    statuts = [client.get(SCHEMA).status_code for _ in range(255)]
    assert statuts == [200] * 250 + [429] * 5


def test_two_processes_share_one_limit():
    cle = f"essai-{time.time_ns()}"
    un, deux = Compteur(settings.REDIS_URL), Compteur(settings.REDIS_URL)
    acceptes = sum(compteur.take(cle, limite=120, duree=3600) is None for _ in range(200) for compteur in (un, deux))
    assert 118 <= acceptes <= 120


def test_each_address_has_its_own_count(client, limite):
    limite("1/hour")
    assert client.get(SCHEMA, REMOTE_ADDR="192.0.2.1").status_code == 200
    assert client.get(SCHEMA, REMOTE_ADDR="192.0.2.1").status_code == 429
    assert client.get(SCHEMA, REMOTE_ADDR="192.0.2.2").status_code == 200


def test_a_forged_forwarded_address_is_ignored_without_a_declared_proxy(client, limite):
    limite("1/hour")
    assert client.get(SCHEMA, headers={"x-forwarded-for": "192.0.2.1"}).status_code == 200
    assert client.get(SCHEMA, headers={"x-forwarded-for": "192.0.2.2"}).status_code == 429


def test_a_declared_proxy_gives_the_address_it_saw_not_the_one_it_was_told(client, limite):
    limite("1/hour", mandataires=1)
    assert client.get(SCHEMA, headers={"x-forwarded-for": "10.0.0.1, 192.0.2.1"}).status_code == 200
    assert client.get(SCHEMA, headers={"x-forwarded-for": "10.0.0.2, 192.0.2.1"}).status_code == 429
    assert client.get(SCHEMA, headers={"x-forwarded-for": "10.0.0.1, 192.0.2.2"}).status_code == 200


def test_an_ipv6_network_counts_as_one_and_no_address_is_kept_in_clear():
    assert build_cle("2001:db8::1") == build_cle("2001:db8::ffff")
    assert build_cle("2001:db8::1") != build_cle("2001:db8:0:1::1")
    assert build_cle("192.0.2.1") != build_cle("192.0.2.2")
    assert "192" not in build_cle("192.0.2.1")
    assert build_cle("") == build_cle("n'importe quoi")


def test_a_valkey_that_refuses_is_replaced_by_a_count_in_the_process(client, limite, caplog):
    limite("3/hour", valkey=f"redis://127.0.0.1:{closed_port()}/0")
    debut = time.perf_counter()
    statuts = [client.get(SCHEMA).status_code for _ in range(5)]
    assert statuts == [200, 200, 200, 429, 429]
    assert time.perf_counter() - debut < 2
    assert caplog.text.count("counted by process") == 1


def test_a_valkey_that_hangs_costs_one_short_wait(limite, client):
    with socket.socket() as muette:
        muette.bind(("127.0.0.1", 0))
        muette.listen(8)
        limite("100/hour", valkey=f"redis://127.0.0.1:{muette.getsockname()[1]}/0")
        debut = time.perf_counter()
        assert [client.get(SCHEMA).status_code for _ in range(20)] == [200] * 20
        assert time.perf_counter() - debut < 2


def test_valkey_is_used_again_after_the_pause(monkeypatch):
    compteur = Compteur(f"redis://127.0.0.1:{closed_port()}/0")
    assert compteur.take("a", limite=100, duree=3600) is None
    assert compteur.panne_jusque > time.monotonic()
    compteur.client = Compteur(settings.REDIS_URL).client
    compteur.panne_jusque = 0.0
    cle = f"reprise-{time.time_ns()}"
    assert compteur.take(cle, limite=100, duree=3600) is None
    fenetre = int(time.time() // 3600)
    assert compteur.client.get(f"maillage:limite:{cle}:{fenetre}") == b"1"


def test_the_memory_of_a_process_is_bounded(monkeypatch):
    monkeypatch.setattr(limites, "CLES_MAX", 50)
    compteur = Compteur(settings.REDIS_URL)
    for numero in range(200):
        compteur.take(f"foule-{numero}", limite=100, duree=60)
    assert len(compteur.restes) <= 50


def test_no_limit_when_the_setting_is_empty(client, limite):
    limite("")
    assert {client.get(SCHEMA).status_code for _ in range(10)} == {200}


def test_the_first_requests_of_a_caller_make_no_round_trip_and_are_counted_after(monkeypatch):
    compteur = Compteur(settings.REDIS_URL)
    vus: list[int] = []
    vrai = compteur._increment
    monkeypatch.setattr(compteur, "_increment", lambda c, f, lot, d: (vus.append(lot), vrai(c, f, lot, d))[1])
    cle = f"lot-{time.time_ns()}"
    acceptes = sum(compteur.take(cle, limite=300, duree=3600) is None for _ in range(400))
    assert acceptes == 300
    assert vus[:2] == [10, 5]


def test_a_process_that_comes_late_lends_one_lot_at_most():
    cle = f"retard-{time.time_ns()}"
    un, deux = Compteur(settings.REDIS_URL), Compteur(settings.REDIS_URL)
    assert sum(un.take(cle, limite=300, duree=3600) is None for _ in range(400)) == 300
    assert sum(deux.take(cle, limite=300, duree=3600) is None for _ in range(400)) <= 5


def test_a_flood_of_addresses_lends_nothing_more(monkeypatch):
    monkeypatch.setattr(limites, "CLES_MAX", 50)
    compteur = Compteur(settings.REDIS_URL)
    cle = f"vide-{time.time_ns()}"
    acceptes = 0
    for numero in range(600):
        acceptes += compteur.take(cle, limite=300, duree=3600) is None
        compteur.take(f"{cle}-{numero}", limite=300, duree=3600)
    assert acceptes <= 300 + 5
