"""Opening an account by oneself: the same answer to everybody, one use of a link, nothing kept of who gave up."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from portal.accounts.inscription import find_en_attente, purge_inscriptions, send_inscription
from portal.accounts.models import User
from portal.core.models import Envoi, Evenement
from tests.aides.suivis_essai import read_courriels
from tests.people import MOT_DE_PASSE, make_agent, make_user

ADRESSE = "/compte/inscription/"
SUITE = "/dossiers/nouvelle/?dispositif=caim"

pytestmark = pytest.mark.django_db


@pytest.fixture
def boite(settings, tmp_path):
    settings.EMAIL_BACKEND = "portal.core.courriels.FichiersBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "courriels")
    return tmp_path / "courriels"


def ask(client, courriel="nouveau@exemple.fr", **champs):
    return client.post(ADRESSE, {"courriel": courriel, **champs})


def send(boite):
    """What the worker does of the last intent; the link of the message, when there is one."""
    envoi = Envoi.objects.filter(tache="accounts.inscription").latest("pk")
    assert "@" not in str(envoi.arguments)
    if not send_inscription(*envoi.arguments):
        return ""
    corps = "".join(message.get_body(("plain",)).get_content() for message in read_courriels(boite))
    trouves = re.findall(r"https?://[^/]+(/compte/inscription/\S+)", corps)
    return trouves[-1] if trouves else ""


def choose(client, lien):
    page = client.get(lien, follow=True)
    assert page.status_code == 200
    chemin = page.redirect_chain[-1][0]
    return client.post(chemin, {"new_password1": MOT_DE_PASSE, "new_password2": MOT_DE_PASSE})


def test_a_link_a_password_and_the_account_is_open(client, boite):
    ask(client, next=SUITE)
    user = User.objects.get()
    assert not user.is_active
    assert not user.has_usable_password()
    reponse = choose(client, send(boite))
    assert reponse["Location"].startswith("/compte/connexion/?next=%2Fdossiers%2Fnouvelle")
    user.refresh_from_db()
    assert user.is_active
    assert user.check_password(MOT_DE_PASSE)
    assert not user.is_staff
    assert Evenement.objects.filter(objet=f"accounts.user:{user.pk}", action="compte_ouvert").count() == 1


def test_the_link_serves_once(client, boite):
    ask(client)
    lien = send(boite)
    choose(client, lien)
    assert client.get(lien).status_code == 404


def test_nothing_tells_whether_an_address_is_known(client, boite):
    make_user("connu@exemple.fr")
    pages = []
    for courriel in ("connu@exemple.fr", "CONNU@exemple.fr ", "inconnu@exemple.fr"):
        reponse = ask(client, courriel)
        pages.append((reponse.status_code, reponse["Location"], client.get(reponse["Location"]).status_code))
    assert len(set(pages)) == 1
    assert User.objects.count() == 2
    assert Envoi.objects.filter(tache="accounts.inscription").count() == 3


def test_who_has_an_account_is_told_so_and_keeps_it(client, boite):
    user = make_user("connu@exemple.fr")
    ask(client, "connu@exemple.fr")
    assert send(boite) == ""
    (message,) = read_courriels(boite)
    assert "déjà un compte" in message["Subject"]
    user.refresh_from_db()
    assert user.check_password(MOT_DE_PASSE)


def test_an_account_closed_by_an_administrator_is_not_opened_again(client, boite):
    ferme = make_agent("instructeur")
    User.objects.filter(pk=ferme.pk).update(is_active=False)
    ask(client, ferme.email)
    assert send(boite) == ""
    assert not boite.exists()


def test_three_messages_an_hour_at_most(client, boite):
    envois = []
    for _ in range(4):
        ask(client)
        envois.append(bool(send(boite)))
    assert envois == [True, True, True, False]


def test_twenty_requests_an_hour_from_one_address_of_the_network(client):
    codes = [ask(client, f"essai{rang}@exemple.fr").status_code for rang in range(21)]
    assert codes == [302] * 20 + [429]


def test_an_address_that_is_not_one_is_refused_and_kept(client):
    page = ask(client, "pas une adresse")
    assert page.status_code == 400
    assert "pas une adresse" in page.content.decode()
    assert not User.objects.exists()


@pytest.mark.parametrize("suite", ["https://ailleurs.example/", "//ailleurs.example/", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere(client, boite, suite):
    ask(client, next=suite)
    assert choose(client, send(boite))["Location"] == "/compte/connexion/"


def test_what_nobody_confirmed_is_erased_after_a_week(client):
    ask(client)
    make_user("ouvert@exemple.fr")
    assert find_en_attente().count() == 1
    assert purge_inscriptions(le=timezone.now() + timedelta(days=6)) == 0
    assert purge_inscriptions(le=timezone.now() + timedelta(days=8)) == 1
    assert list(User.objects.values_list("email", flat=True)) == ["ouvert@exemple.fr"]
