"""A password forgotten or changed: one answer for all, one use, one hour, and the other sessions end."""

import re
import statistics
import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.core.models import Envoi, Evenement
from portal.core.relais import deliver_here

pytestmark = pytest.mark.django_db
SECRET = "quatre mots pour essayer"
NOUVEAU = "quatre autres mots bien choisis"
OUBLI = "/compte/mot-de-passe/oubli/"
MIDI = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)


@pytest.fixture
def personne():
    return get_user_model().objects.create_user("personne@exemple.test", SECRET)


def sign_in(client, secret=SECRET):
    return client.post("/compte/connexion/", {"username": "personne@exemple.test", "password": secret})


def read_link():
    return re.search(r"https?://[^/\s]+(/compte/mot-de-passe/nouveau/\S+)", mail.outbox[-1].body)[1]


def choose(client, lien, secret=NOUVEAU):
    reponse = client.get(lien)
    if reponse.status_code == 302:
        return client.post(reponse["Location"], {"new_password1": secret, "new_password2": secret})
    return reponse


def ask(client, adresse="personne@exemple.test", **champs):
    reponse = client.post(OUBLI, {"courriel": adresse}, **champs)
    deliver_here()
    return reponse


def test_the_link_opens_once_and_every_session_ends(client, personne, settings):
    settings.MAILLAGE_ADRESSE = "https://portail.exemple.test"
    ouverte = Client()
    sign_in(ouverte)
    ask(client)
    assert mail.outbox[0].to == ["personne@exemple.test"]
    assert "https://portail.exemple.test/compte/mot-de-passe/nouveau/" in mail.outbox[0].body
    lien = read_link()
    assert choose(client, lien)["Location"] == "/compte/connexion/"
    assert ouverte.get("/compte/").status_code == 302
    assert choose(Client(), lien).status_code == 404
    assert "Ce lien ne sert plus" in Client().get(lien, follow=True).content.decode()
    assert sign_in(Client()).status_code == 200
    assert sign_in(Client(), NOUVEAU).status_code == 302
    deliver_here()
    assert "Le mot de passe de votre compte a été changé." in mail.outbox[-1].body
    assert Evenement.objects.filter(action="mot_de_passe_change", auteur=personne).count() == 1


def test_a_known_and_an_unknown_address_get_the_same_page_and_the_same_work(client, personne):
    client.get(OUBLI)
    pages, requetes = [], []
    for adresse in ("personne@exemple.test", "absente@exemple.test"):
        with CaptureQueriesContext(connection) as contexte:
            reponse = client.post(OUBLI, {"courriel": adresse})
        pages.append((reponse.status_code, reponse["Location"], client.get(reponse["Location"]).content))
        requetes.append([re.sub(r"'[^']*'|\d+", "?", requete["sql"]) for requete in contexte])
    assert pages[0] == pages[1]
    assert requetes[0] == requetes[1]
    assert Envoi.objects.filter(tache="accounts.mot_de_passe").count() == 2
    deliver_here()
    assert [message.to for message in mail.outbox] == [["personne@exemple.test"]]


def test_a_known_and_an_unknown_address_take_the_same_time(personne):
    durees = {"personne@exemple.test": [], "absente@exemple.test": []}
    for tour in range(60):
        for adresse, mesures in durees.items():
            debut = time.perf_counter()
            Client().post(OUBLI, {"courriel": adresse}, REMOTE_ADDR=f"203.0.113.{tour}")
            mesures.append(time.perf_counter() - debut)
    connue, inconnue = (statistics.median(mesures) for mesures in durees.values())
    assert abs(connue - inconnue) < 0.005


def test_a_poisoned_host_is_refused_and_never_written(client, personne):
    assert ask(client, headers={"Host": "mechant.exemple"}).status_code == 400
    ask(client, headers={"X-Forwarded-Host": "mechant.exemple"})
    assert "mechant" not in mail.outbox[-1].body + str(mail.outbox[-1].message())


@pytest.mark.parametrize(("minutes", "statut"), [(59, 302), (61, 404)])
def test_the_link_lasts_an_hour(client, personne, minutes, statut):
    with time_machine.travel(MIDI, tick=False) as horloge:
        ask(client)
        horloge.shift(timedelta(minutes=minutes))
        assert choose(client, read_link()).status_code == statut


def test_the_link_is_dead_once_the_password_changed_otherwise(client, personne):
    ask(client)
    personne.set_password(NOUVEAU)
    personne.save()
    assert choose(client, read_link()).status_code == 404


def test_three_messages_an_hour_at_most(client, personne):
    for _ in range(8):
        assert ask(client).status_code == 302
    assert len(mail.outbox) == 3


def test_twenty_demands_an_hour_from_one_address(personne):
    statuts = [Client().post(OUBLI, {"courriel": f"x{n}@exemple.test"}).status_code for n in range(25)]
    assert statuts == [302] * 20 + [429] * 5


@pytest.mark.parametrize("champs", [{"is_active": False}, {"password": "!"}])
def test_a_closed_account_and_one_without_password_get_no_message(client, personne, champs):
    get_user_model().objects.update(**champs)
    assert ask(client).status_code == 302
    assert mail.outbox == []


def test_the_intent_holds_no_address(client, personne):
    client.post(OUBLI, {"courriel": "personne@exemple.test"})
    assert "exemple.test" not in str(list(Envoi.objects.values()))


def test_a_malformed_address_is_kept_and_explained(client, personne):
    reponse = client.post(OUBLI, {"courriel": "personne chez exemple"})
    assert reponse.status_code == 400
    assert 'value="personne chez exemple"' in reponse.content.decode()
    assert "nom@exemple.fr" in reponse.content.decode()


def test_changing_it_ends_the_other_sessions_and_keeps_this_one(client, personne):
    autre = Client()
    sign_in(autre)
    sign_in(client)
    avant = client.cookies["sessionid"].value
    champs = {"old_password": SECRET, "new_password1": NOUVEAU, "new_password2": NOUVEAU}
    assert client.post("/compte/mot-de-passe/", champs)["Location"] == "/compte/"
    assert client.get("/compte/").status_code == 200
    assert client.cookies["sessionid"].value != avant
    assert autre.get("/compte/").status_code == 302
    assert sign_in(Client(), NOUVEAU).status_code == 302


@pytest.mark.parametrize(
    ("champs", "phrase"),
    [
        ({"old_password": "faux"}, "Le mot de passe actuel n&#x27;est pas le bon."),
        ({"new_password2": "autre chose encore"}, "Les deux mots de passe sont différents"),
        ({"new_password1": SECRET, "new_password2": SECRET}, "celui que vous avez déjà"),
        ({"new_password1": "court", "new_password2": "court"}, "au minimum 12 caractères"),
    ],
)
def test_a_change_refused_says_why(client, personne, champs, phrase):
    sign_in(client)
    bons = {"old_password": SECRET, "new_password1": NOUVEAU, "new_password2": NOUVEAU}
    reponse = client.post("/compte/mot-de-passe/", {**bons, **champs})
    assert reponse.status_code == 400
    assert phrase in reponse.content.decode()
    assert sign_in(Client()).status_code == 302


def test_the_former_password_is_not_guessed_from_an_open_session(client, personne):
    sign_in(client)
    client.cookies.pop("appareil")
    champs = {"old_password": "faux", "new_password1": NOUVEAU, "new_password2": NOUVEAU}
    statuts = [client.post("/compte/mot-de-passe/", champs).status_code for _ in range(12)]
    assert statuts == [400] * 10 + [429] * 2


def test_an_account_opened_elsewhere_has_no_password_to_change(client, personne):
    personne.set_unusable_password()
    personne.save()
    client.force_login(personne)
    assert client.get("/compte/mot-de-passe/").status_code == 404
    assert "Changer mon mot de passe" not in client.get("/compte/").content.decode()
