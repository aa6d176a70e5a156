"""How many tries reach the hasher, and who is never shut out."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client

from portal.accounts.limites import FENETRE, PAR_COMPTE, TropDeTentatives, take
from portal.accounts.models import Tentative
from portal.core.models import Evenement

SECRET = "quatre mots pour essayer"
MIDI = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)


@pytest.fixture
def personne(db):
    return get_user_model().objects.create_user("personne@exemple.test", SECRET)


@pytest.fixture
def hachages(monkeypatch):
    """The passwords that reach the hasher."""
    vus: list[str] = []
    vrai = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda s, mdp, sel: (vus.append(mdp), vrai(s, mdp, sel))[1])
    return vus


def attempt(client, adresse="personne@exemple.test", secret="faux", ip="203.0.113.7", **entetes):
    return client.post(
        "/compte/connexion/", {"username": adresse, "password": secret}, REMOTE_ADDR=ip, headers=entetes or None
    )


def test_ten_tries_an_hour_on_one_account_from_anywhere(personne, hachages):
    statuts = [attempt(Client(), ip=f"203.0.{n // 250}.{n % 250}").status_code for n in range(60)]
    assert statuts == [200] * 10 + [429] * 50
    assert len([mdp for mdp in hachages if mdp == "faux"]) == 10
    assert Evenement.objects.filter(action="connexion_bloquee").count() == 1, "one row, not one a refused try"


def test_twenty_tries_an_hour_from_one_address_on_any_account(personne, hachages):
    statuts = [attempt(Client(), f"compte{n}@exemple.test").status_code for n in range(60)]
    assert statuts == [200] * 20 + [429] * 40
    assert len([mdp for mdp in hachages if mdp == "faux"]) == 20


def test_a_forged_header_changes_nothing(personne, hachages):
    statuts = [
        attempt(Client(), f"compte{n}@exemple.test", **{"X-Forwarded-For": f"198.51.100.{n}"}).status_code
        for n in range(40)
    ]
    assert statuts.count(200) == 20


def test_the_header_of_a_declared_proxy_is_believed(personne, settings):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    entetes = [{"X-Forwarded-For": f"10.9.9.9, 198.51.100.{n}"} for n in range(30)]
    statuts = [attempt(Client(), f"compte{n}@exemple.test", **entete).status_code for n, entete in enumerate(entetes)]
    assert statuts == [200] * 30


def test_an_account_that_does_not_exist_is_limited_alike(db):
    statuts = [attempt(Client(), "absente@exemple.test", ip=f"203.0.113.{n}").status_code for n in range(12)]
    assert statuts == [200] * 10 + [429] * 2


def test_the_refusal_is_a_french_page_that_says_when(personne):
    with time_machine.travel(MIDI, tick=False) as horloge:
        for _ in range(10):
            attempt(Client())
        horloge.shift(timedelta(minutes=20))
        refus = attempt(Client())
        assert refus.status_code == 429
        assert refus["Retry-After"] == "2400"
        corps = refus.content.decode()
        assert "Trop d’essais" in corps
        assert "Réessayez dans 40 minutes." in corps
        assert "203.0.113.7" not in corps
        horloge.shift(timedelta(minutes=41))
        assert attempt(Client(), secret=SECRET).status_code == 302


def test_the_right_password_waits_as_well_on_a_device_never_seen(personne):
    for _ in range(10):
        attempt(Client())
    assert attempt(Client(), secret=SECRET, ip="198.51.100.1").status_code == 429


def test_the_owner_is_never_shut_out_of_a_device_already_known(personne):
    connu = Client()
    assert attempt(connu, secret=SECRET).status_code == 302
    connu.post("/compte/deconnexion/")
    for n in range(30):
        attempt(Client(), ip=f"198.51.100.{n}")
    assert attempt(connu, secret=SECRET).status_code == 302
    assert attempt(Client(), secret=SECRET).status_code == 429


def test_the_known_device_has_its_own_limit_and_serves_one_account(personne):
    connu = Client()
    attempt(connu, secret=SECRET)
    connu.post("/compte/deconnexion/")
    statuts = [attempt(connu, ip="198.51.100.1").status_code for _ in range(12)]
    assert statuts == [200] * 10 + [429] * 2
    assert attempt(connu, "autre@exemple.test", ip="198.51.100.1").status_code == 200


@pytest.mark.parametrize("valeur", ["", "n'importe quoi", "a:b:c", "x" * 600])
def test_a_forged_mark_of_a_device_is_nothing(personne, valeur):
    for _ in range(10):
        attempt(Client())
    menteur = Client()
    menteur.cookies["appareil"] = valeur
    assert attempt(menteur, secret=SECRET).status_code == 429


def test_a_new_password_makes_every_device_unknown(personne):
    connu = Client()
    attempt(connu, secret=SECRET)
    personne.set_password("quatre autres mots ici")
    personne.save()
    for _ in range(10):
        attempt(Client())
    assert attempt(connu, secret="quatre autres mots ici").status_code == 429


def test_an_office_signs_in_from_one_address(db):
    for n in range(30):
        get_user_model().objects.create_user(f"agent{n}@exemple.test", SECRET)
    assert [attempt(Client(), f"agent{n}@exemple.test", SECRET).status_code for n in range(30)] == [302] * 30


def test_neither_address_is_written_anywhere(personne, caplog):
    for _ in range(12):
        attempt(Client())
    ecrit = " ".join([str(list(Tentative.objects.values())), str(list(Evenement.objects.values())), caplog.text])
    assert "exemple.test" not in ecrit
    assert "203.0.113" not in ecrit


def test_valkey_away_changes_nothing(personne, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
    }
    statuts = [attempt(Client(), ip=f"203.0.113.{n}").status_code for n in range(12)]
    assert statuts == [200] * 10 + [429] * 2


@pytest.mark.django_db(transaction=True)
def test_tries_at_the_same_time_never_pass_for_one():
    barriere, passes = Barrier(8), []

    def work():
        barriere.wait()
        for _ in range(5):
            try:
                take({"mdp:compte:essai": PAR_COMPTE})
            except TropDeTentatives:
                continue
            else:
                passes.append(1)
        connection.close()

    fils = [Thread(target=work) for _ in range(8)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join()
    assert len(passes) == PAR_COMPTE
    assert len(Tentative.objects.get().instants) == PAR_COMPTE
    assert timedelta(hours=1) == FENETRE
