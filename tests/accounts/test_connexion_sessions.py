"""Sessions end: idle, after twelve hours, revoked, and with the password."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.test import Client

from portal.accounts.models import SessionOuverte, Tentative
from portal.accounts.sessions import describe_appareil
from portal.accounts.tasks import purge
from portal.core.models import Evenement

pytestmark = pytest.mark.django_db
SECRET = "quatre mots pour essayer"
MIDI = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:147.0) Gecko/20100101 Firefox/147.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 Version/19.1 Mobile Safari/604.1"


@pytest.fixture
def personne():
    return get_user_model().objects.create_user("personne@exemple.test", SECRET)


@pytest.fixture
def agent():
    return get_user_model().objects.create_superuser("agent@exemple.test", SECRET)


def open_client(user, agent=FIREFOX):
    client = Client(headers={"user-agent": agent})
    assert client.post("/compte/connexion/", {"username": user.email, "password": SECRET}).status_code == 302
    return client


@pytest.mark.parametrize(("qui", "minutes"), [("agent", 30), ("personne", 60)])
def test_an_idle_session_ends(request, qui, minutes):
    with time_machine.travel(MIDI, tick=False) as horloge:
        client = open_client(request.getfixturevalue(qui))
        horloge.shift(timedelta(minutes=minutes))
        assert client.get("/compte/").status_code == 200, "on the last minute"
        horloge.shift(timedelta(minutes=minutes, seconds=1))
        assert client.get("/compte/").status_code == 302
        assert "n’a pas servi" in client.get("/compte/connexion/").content.decode()
        assert not SessionOuverte.objects.exists()


def test_a_session_that_serves_ends_after_twelve_hours(personne):
    with time_machine.travel(MIDI, tick=False) as horloge:
        client = open_client(personne)
        for _ in range(23):
            horloge.shift(timedelta(minutes=30))
            assert client.get("/compte/").status_code == 200
        horloge.shift(timedelta(minutes=29))
        assert client.get("/compte/").status_code == 200
        horloge.shift(timedelta(minutes=1, seconds=1))
        assert client.get("/compte/").status_code == 302


def test_the_list_says_where_and_which_one_is_this(personne):
    open_client(personne, IPHONE)
    client = open_client(personne)
    page = client.get("/compte/").content.decode()
    assert "Firefox sur Windows</strong> (cet appareil)" in page
    assert "Safari sur iPhone</strong>," in page
    assert page.count("Fermer cette session") == 1


def test_a_revoked_session_is_out_at_the_next_request(personne):
    autre, client = open_client(personne, IPHONE), open_client(personne)
    visee = SessionOuverte.objects.get(appareil="Safari sur iPhone")
    assert client.post(f"/compte/sessions/{visee.pk}/fermer/").status_code == 302
    assert autre.get("/compte/").status_code == 302
    assert client.get("/compte/").status_code == 200
    acte = Evenement.objects.get(action="sessions_fermees")
    assert (acte.auteur, acte.details) == (personne, {"sessions": 1})


def test_all_the_others_end_at_once(personne):
    autres, client = [open_client(personne) for _ in range(3)], open_client(personne)
    client.post("/compte/sessions/fermer/")
    assert [autre.get("/compte/").status_code for autre in autres] == [302] * 3
    assert client.get("/compte/").status_code == 200
    assert Session.objects.count() == 1


def test_the_session_of_somebody_else_and_none_answer_alike(personne, agent):
    chez_autre, client = open_client(agent), open_client(personne)
    visee = SessionOuverte.objects.get(user=agent)
    for pk in (visee.pk, 999_999):
        assert client.post(f"/compte/sessions/{pk}/fermer/").status_code == 404
    assert chez_autre.get("/compte/").status_code == 200


def test_a_revocation_is_seen_even_when_the_row_of_django_stays(personne):
    client = open_client(personne)
    SessionOuverte.objects.all().delete()
    assert client.get("/compte/").status_code == 302
    assert "fermée depuis un autre appareil" in client.get("/compte/connexion/").content.decode()


def test_a_session_opened_before_this_version_is_adopted(personne):
    client = Client()
    client.force_login(personne)
    assert client.get("/compte/").status_code == 200
    assert client.get("/compte/").status_code == 200
    assert SessionOuverte.objects.get().user == personne


def test_a_session_costs_one_reading_and_a_write_every_half_minute(personne, django_assert_max_num_queries):
    with time_machine.travel(MIDI, tick=False) as horloge:
        client = open_client(personne)
        client.get("/absente/")
        vue = SessionOuverte.objects.get().vue_le
        horloge.shift(timedelta(seconds=20))
        client.get("/absente/")
        assert SessionOuverte.objects.get().vue_le == vue
        horloge.shift(timedelta(seconds=20))
        client.get("/absente/")
        assert SessionOuverte.objects.get().vue_le > vue


def test_the_purge_forgets_what_ended(personne):
    with time_machine.travel(MIDI, tick=False) as horloge:
        open_client(personne)
        Client().post("/compte/connexion/", {"username": "x@exemple.test", "password": "faux"})
        horloge.shift(timedelta(hours=11))
        purge.fonction()
        assert (SessionOuverte.objects.count(), Tentative.objects.count() > 0) == (1, True)
        horloge.shift(timedelta(hours=14))
        purge.fonction()
        assert (SessionOuverte.objects.count(), Tentative.objects.count(), Session.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize(
    ("entete", "dit"),
    [
        (FIREFOX, "Firefox sur Windows"),
        (IPHONE, "Safari sur iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36 Edg/141.0", "Edge sur Linux"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/141.0 Mobile Safari/537.36", "Chrome sur Android"),
        ("", "Navigateur inconnu"),
        ("<script>", "Navigateur inconnu"),
    ],
)
def test_a_device_in_plain_words(entete, dit):
    assert describe_appareil(entete) == dit
