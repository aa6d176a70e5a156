"""« Sudo »: a dangerous act asks for a proof younger than ten minutes, and loses nothing of what was typed."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from portal.accounts.models import IdentiteExterne
from portal.accounts.securite import demand_sudo, sudo_requis
from portal.core.models import Evenement
from portal.urls import handler400, handler403, handler404, handler500  # noqa: F401
from portal.urls import urlpatterns as vraies
from tests.accounts.connexion_essai import give_device, read_code

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
SECRET = "quatre mots pour essayer"
MIDI = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
FAITS: list[dict[str, list[str]]] = []


@sudo_requis
def act(request):
    FAITS.append({nom: valeurs for nom, valeurs in request.POST.lists() if nom not in ("csrfmiddlewaretoken",)})
    return HttpResponse("fait")


def action(request):
    """As an action of the administration does."""
    return demand_sudo(request) or HttpResponse("fait")


urlpatterns = [path("acte/", act), path("action/", action), *vraies]


@pytest.fixture(autouse=True)
def faits():
    FAITS.clear()


@pytest.fixture
def personne():
    return get_user_model().objects.create_user("personne@exemple.test", SECRET)


@pytest.fixture
def horloge():
    with time_machine.travel(MIDI, tick=False) as horloge:
        yield horloge


@pytest.fixture
def client(horloge, personne):
    client = Client()
    client.post("/compte/connexion/", {"username": personne.email, "password": SECRET})
    return client


def test_signing_in_is_a_proof_for_ten_minutes(client, horloge):
    horloge.shift(timedelta(minutes=9, seconds=59))
    assert client.post("/acte/").content == b"fait"
    horloge.shift(timedelta(seconds=1))
    assert client.post("/acte/").status_code == 403
    assert len(FAITS) == 1


def test_a_get_leads_to_the_page_that_asks_and_back(client, horloge):
    horloge.shift(timedelta(minutes=11))
    reponse = client.get("/acte/?page=2")
    assert reponse["Location"] == "/compte/confirmer/?next=%2Facte%2F%3Fpage%3D2"
    page = client.get(reponse["Location"])
    assert page.status_code == 200
    assert "Confirmez que c’est vous" in page.content.decode()
    refus = client.post("/compte/confirmer/", {"sudo_preuve": "faux", "next": "/acte/?page=2"})
    assert refus.status_code == 400
    assert "n’est pas le bon" in refus.content.decode()
    assert client.get("/acte/").status_code == 302
    reponse = client.post("/compte/confirmer/", {"sudo_preuve": SECRET, "next": "/acte/?page=2"})
    assert reponse["Location"] == "/acte/?page=2"
    assert client.get("/acte/?page=2").content == b"fait"
    assert Evenement.objects.filter(action="identite_confirmee").count() == 1


def test_a_post_keeps_all_that_was_typed(client, horloge):
    horloge.shift(timedelta(minutes=11))
    saisi = {"motif": 'Une phrase "longue" <b>', "choisis": ["3", "7"], "vide": ""}
    page = client.post("/acte/", saisi)
    assert (page.status_code, FAITS) == (403, [])
    corps = page.content.decode()
    assert 'action="/acte/"' in corps
    gardes = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', corps)
    gardes = [garde for garde in gardes if garde[0] != "csrfmiddlewaretoken"]
    assert gardes == [
        ("motif", "Une phrase &quot;longue&quot; &lt;b&gt;"),
        ("choisis", "3"),
        ("choisis", "7"),
        ("vide", ""),
    ]
    refus = client.post("/acte/", {**saisi, "sudo_preuve": "faux"})
    assert (refus.status_code, FAITS) == (400, [])
    assert 'value="7"' in refus.content.decode()
    assert "faux" not in refus.content.decode()
    assert client.post("/acte/", {**saisi, "sudo_preuve": SECRET}).content == b"fait"
    assert FAITS[0]["choisis"] == ["3", "7"]
    assert FAITS[0]["motif"] == ['Une phrase "longue" <b>']


def test_a_file_cannot_be_kept_and_the_page_says_so(client, horloge):
    horloge.shift(timedelta(minutes=11))
    page = client.post("/acte/", {"piece": SimpleUploadedFile("a.txt", b"a")})
    assert "joignez-les de nouveau" in page.content.decode()


def test_the_password_is_not_guessed_here_either(client, horloge):
    horloge.shift(timedelta(minutes=11))
    client.cookies.pop("appareil")
    statuts = [client.post("/acte/", {"sudo_preuve": "faux"}).status_code for _ in range(12)]
    assert statuts == [400] * 10 + [429] * 2
    assert client.post("/acte/", {"sudo_preuve": SECRET}).status_code == 429
    assert FAITS == []


def test_the_password_of_somebody_else_is_no_proof(client, horloge):
    get_user_model().objects.create_user("autre@exemple.test", "un autre secret entier")
    horloge.shift(timedelta(minutes=11))
    assert client.post("/acte/", {"sudo_preuve": "un autre secret entier"}).status_code == 400


def test_an_account_without_password_gives_a_code(horloge):
    user = get_user_model()(first_name="Léa")
    user.set_unusable_password()
    user.save()
    IdentiteExterne.objects.create(user=user, fournisseur="psc", sujet="s1")
    client = Client()
    client.force_login(user)
    assert "connectez-vous de nouveau par ce service" in client.post("/acte/").content.decode()
    device = give_device(user)
    session = client.session
    session["otp_device_id"] = device.persistent_id
    session.save()
    assert "Code de votre application" in client.post("/acte/").content.decode()
    assert client.post("/acte/", {"sudo_preuve": "000000"}).status_code == 400
    assert client.post("/acte/", {"sudo_preuve": read_code(device)}).content == b"fait"


def test_an_action_of_the_admin_asks_as_well(client, horloge):
    horloge.shift(timedelta(minutes=11))
    assert client.post("/action/", {"action": "erase", "_selected_action": ["1", "2"]}).status_code == 403
    assert client.post("/action/", {"sudo_preuve": SECRET}).content == b"fait"


def test_nobody_is_sent_to_sign_in(horloge):
    assert Client().post("/acte/").status_code == 302


def test_what_guards_the_account_is_guarded(client, horloge, personne):
    horloge.shift(timedelta(minutes=11))
    assert client.get("/compte/second-facteur/")["Location"].startswith("/compte/confirmer/")
    give_device(personne)
    assert client.post("/compte/second-facteur/retirer/").status_code in (302, 403)
