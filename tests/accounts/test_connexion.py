"""Signing in and out: what opens a session, where it leads, what it leaves behind."""

import re
from datetime import date

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client

from portal.accounts.models import Mandat, Organisation, SessionOuverte
from portal.core.models import Evenement
from tests.accounts.connexion_essai import give_device, read_code, verify_otp

pytestmark = pytest.mark.django_db
SECRET = "quatre mots pour essayer"
CONNEXION = "/compte/connexion/"


@pytest.fixture
def personne():
    return get_user_model().objects.create_user("personne@exemple.test", SECRET, last_name="Martin")


@pytest.fixture
def agent():
    return get_user_model().objects.create_superuser("agent@exemple.test", SECRET)


def sign_in(client, adresse="personne@exemple.test", secret=SECRET, **champs):
    return client.post(CONNEXION, {"username": adresse, "password": secret, **champs})


def test_the_right_password_opens_a_session_and_leaves_one_act(client, personne):
    reponse = sign_in(client, " Personne@Exemple.test ", next="/compte/?vu=1")
    assert reponse.status_code == 302
    assert reponse["Location"] == "/compte/?vu=1"
    page = client.get("/compte/")
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store, private"
    assert "Martin" in page.content.decode()
    acte = Evenement.objects.get(action="connexion")
    assert (acte.objet, acte.auteur, acte.details) == (
        f"accounts.user:{personne.pk}",
        personne,
        {"moyen": "motdepasse"},
    )


@pytest.mark.parametrize("adresse", ["personne@exemple.test", "absente@exemple.test"])
def test_a_wrong_password_and_an_unknown_address_answer_alike(client, personne, adresse):
    reponse = sign_in(client, adresse, "autre chose que le vrai")
    corps = reponse.content.decode()
    assert reponse.status_code == 200
    assert "n&#x27;est pas le bon" in corps
    assert f'value="{adresse}"' in corps, "what was typed is kept"
    assert SECRET not in corps
    assert "_auth_user_id" not in client.session


def test_the_key_of_the_session_changes_and_the_former_one_is_dead(client, personne):
    client.get(CONNEXION)
    session = client.session
    session["posee"] = "avant"
    session.save()
    client.cookies["sessionid"] = session.session_key
    sign_in(client)
    assert client.cookies["sessionid"].value != session.session_key
    assert "posee" not in client.session
    ancien = Client()
    ancien.cookies["sessionid"] = session.session_key
    assert ancien.get("/compte/").status_code == 302


def test_signing_out_kills_the_session_on_the_server(client, personne):
    sign_in(client)
    cookie = client.cookies["sessionid"].value
    assert client.get("/compte/deconnexion/").status_code == 200, "a GET only asks"
    assert client.get("/compte/").status_code == 200
    assert client.post("/compte/deconnexion/").status_code == 200
    assert not Session.objects.exists()
    assert not SessionOuverte.objects.exists()
    rejoue = Client()
    rejoue.cookies["sessionid"] = cookie
    assert rejoue.get("/compte/").status_code == 302
    assert Evenement.objects.filter(action="deconnexion", auteur=personne).count() == 1


def test_a_closed_account_is_out_at_the_next_request(client, personne):
    sign_in(client)
    assert client.get("/compte/").status_code == 200
    get_user_model().objects.update(is_active=False)
    assert client.get("/compte/").status_code == 302
    assert "n&#x27;est pas le bon" in sign_in(Client()).content.decode()


@pytest.mark.parametrize(
    "suite",
    [
        "//mechant.exemple",
        "///mechant.exemple",
        "////mechant.exemple/%2f..",
        "https:mechant.exemple",
        "https:/mechant.exemple",
        "https://mechant.exemple/compte/",
        "http://testserver@mechant.exemple/",
        "http://testserver.mechant.exemple/",
        "\\\\mechant.exemple",
        "/\\mechant.exemple",
        "/\t/mechant.exemple",
        "\t//mechant.exemple",
        "\n//mechant.exemple",
        "\x00//mechant.exemple",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "ftp://testserver/",
        "http:///mechant.exemple",
        "//testserver:80@mechant.exemple/",
    ],
)
def test_the_next_address_never_leaves_the_portal(client, personne, agent, suite):
    assert sign_in(client, next=suite)["Location"] == "/compte/"
    second = Client()
    device = give_device(agent)
    sign_in(second, "agent@exemple.test")
    reponse = second.post("/compte/second-facteur/", {"code": read_code(device), "next": suite})
    assert reponse["Location"] == "/compte/"
    verify_otp(second, agent)
    reponse = second.post("/compte/confirmer/", {"sudo_preuve": SECRET, "next": suite})
    assert reponse["Location"] == "/compte/"


def test_the_admin_signs_in_on_the_same_page(client, agent):
    reponse = client.get("/admin/aides/redactionlocale/", follow=True)
    assert reponse.redirect_chain[-1][0] == "/compte/connexion/?next=/admin/aides/redactionlocale/"
    assert client.post("/admin/login/", {"username": "agent@exemple.test", "password": SECRET}).status_code == 302
    assert "_auth_user_id" not in client.session


def test_signing_out_of_the_admin_is_signing_out(client, agent):
    verify_otp(client, agent)
    client.post("/admin/logout/")
    assert "_auth_user_id" not in client.session


def test_somebody_who_is_not_an_agent_is_refused_by_the_admin(client, personne):
    sign_in(client)
    assert client.get("/admin/", follow=True).status_code == 403


def test_the_header_is_the_same_for_everybody(client, personne):
    avant = client.get("/sources/").content.decode()
    sign_in(client)
    apres = client.get("/sources/").content.decode()
    motif = re.compile(r"<header.*?</header>", re.S)
    assert motif.search(avant)[0] == motif.search(apres)[0]
    assert 'href="/compte/"' in motif.search(avant)[0]


def test_a_page_that_knows_somebody_is_kept_by_nobody(client, personne):
    sign_in(client)
    for adresse in ("/compte/", "/compte/second-facteur/", "/compte/mot-de-passe/", "/", "/sources/", "/absente/"):
        assert "no-store" in client.get(adresse)["Cache-Control"], adresse


def test_the_account_says_which_mandats_ended(client, personne):
    give_mandats(personne)
    sign_in(client)
    page = client.get("/compte/").content.decode()
    assert "A pris fin le 1er janvier 2026" in page
    assert "En vigueur, sans date de fin" in page


def give_mandats(user):
    cpts = Organisation.objects.create(type="cpts", nom="CPTS d'essai", code="c1")
    communs = {"user": user, "organisation": cpts, "role": "coordinateur_cpts", "perimetre": "cpts"}
    Mandat.objects.create(**communs, perimetre_code="c1", periode=DateRange(date(2020, 1, 1), date(2026, 1, 1)))
    Mandat.objects.create(**communs, perimetre_code="c2", periode=DateRange(date(2026, 1, 1), None))
