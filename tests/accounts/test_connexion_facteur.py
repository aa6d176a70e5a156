"""The second factor: demanded of agents, given once, kept as digests, and limited like the passwords."""

import re
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import get_resolver, reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from portal.accounts.facteurs import draw_codes, verify_code
from portal.accounts.models import CodeSecours
from portal.core.models import Envoi, Evenement
from tests.accounts.connexion_essai import give_device, read_code, verify_otp

pytestmark = pytest.mark.django_db
SECRET = "quatre mots pour essayer"
FACTEUR = "/compte/second-facteur/"
MIDI = datetime(2026, 3, 2, 11, 0, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def deux_facteurs(settings):
    settings.MAILLAGE_DEUX_FACTEURS = True


@pytest.fixture
def agent():
    return get_user_model().objects.create_superuser("agent@exemple.test", SECRET)


@pytest.fixture
def personne():
    return get_user_model().objects.create_user("personne@exemple.test", SECRET)


def sign_in(client, user, **champs):
    return client.post("/compte/connexion/", {"username": user.email, "password": SECRET, **champs})


def admin_addresses():
    """Every address of the administration that takes no argument."""
    noms = {
        nom
        for espace, (_, resolveur) in get_resolver().namespace_dict.items()
        if espace == "admin"
        for nom in resolveur.reverse_dict
        if isinstance(nom, str)
    }
    adresses = []
    for nom in sorted(noms - {"login", "logout", "jsi18n"}):
        for arguments in ([], ["1"]):
            try:
                adresses.append(reverse(f"admin:{nom}", args=arguments))
            except Exception:
                continue
    return adresses


def test_no_page_of_the_admin_opens_without_the_second_factor(client, agent):
    adresses = admin_addresses()
    assert len(adresses) > 30
    sign_in(client, agent)
    for adresse in adresses:
        reponse = client.get(adresse)
        assert reponse.status_code == 302, adresse
        assert reponse["Location"].startswith(f"{FACTEUR}?next="), adresse


def test_an_agent_without_the_code_may_do_nothing_else_either(client, agent):
    sign_in(client, agent)
    for adresse in ("/compte/", "/", "/dossiers/", "/compte/mot-de-passe/", "/compte/second-facteur/"):
        reponse = client.get(adresse)
        assert adresse == FACTEUR or reponse.status_code == 302, adresse
    assert client.post("/compte/sessions/fermer/")["Location"].startswith(FACTEUR)


def test_a_session_opened_by_other_means_is_refused_the_admin_too(client, agent):
    client.force_login(agent)
    assert client.get("/admin/")["Location"].startswith(FACTEUR)
    verify_otp(client, agent)
    assert client.get("/admin/").status_code == 200


def test_an_agent_enrols_and_reaches_what_was_asked(client, agent):
    reponse = sign_in(client, agent, next="/admin/")
    assert reponse["Location"] == "/compte/second-facteur/?next=%2Fadmin%2F"
    page = client.get(reponse["Location"]).content.decode()
    assert 'src="data:image/svg+xml' in page
    cle = re.search(r'<code id="cle-facteur">([A-Z2-7 ]+)</code>', page)[1]
    device = TOTPDevice.objects.get(user=agent, confirmed=False)
    assert cle == re.search(r'<code id="cle-facteur">([A-Z2-7 ]+)</code>', client.get(FACTEUR).content.decode())[1]
    refus = client.post(FACTEUR, {"code": "000000", "next": "/admin/"})
    assert refus.status_code == 400
    assert "Ce code n&#x27;est pas le bon" in refus.content.decode()
    assert client.get("/admin/").status_code == 302
    reponse = client.post(FACTEUR, {"code": read_code(device), "next": "/admin/"})
    assert reponse["Location"] == "/compte/second-facteur/codes/?next=%2Fadmin%2F"
    page = client.post(reponse["Location"], {"next": "/admin/"}).content.decode()
    codes = re.findall(r"<li><code>([a-z0-9-]{19})</code></li>", page)
    assert len(set(codes)) == 10
    gardes = set(CodeSecours.objects.filter(user=agent).values_list("empreinte", flat=True))
    assert len(gardes) == 10
    assert not any(code.replace("-", "") in gardes or code in gardes for code in codes)
    assert client.get("/admin/").status_code == 200
    assert codes[0] not in client.get("/compte/second-facteur/codes/").content.decode()
    assert set(Evenement.objects.values_list("action", flat=True)) >= {"second_facteur_active", "codes_secours_tires"}
    assert Envoi.objects.filter(tache="accounts.alerte").count() == 1


def test_a_code_serves_once(client, agent):
    device = give_device(agent)
    with time_machine.travel(MIDI, tick=False):
        code = read_code(device)
        sign_in(client, agent)
        assert client.post(FACTEUR, {"code": code})["Location"] == "/compte/"
        autre = Client()
        sign_in(autre, agent)
        assert autre.post(FACTEUR, {"code": code}).status_code == 400
        assert autre.get("/admin/").status_code == 302
        assert autre.post(FACTEUR, {"code": read_code(device, decalage=1)})["Location"] == "/compte/"


@pytest.mark.parametrize(("secondes", "admis"), [(-91, False), (-30, True), (0, True), (30, True), (91, False)])
def test_the_clock_of_the_phone_may_be_half_a_minute_wrong(client, agent, secondes, admis):
    device = give_device(agent)
    with time_machine.travel(MIDI + timedelta(seconds=secondes), tick=False):
        code = read_code(device)
    with time_machine.travel(MIDI, tick=False):
        sign_in(client, agent)
        assert (client.post(FACTEUR, {"code": code}).status_code == 302) is admis


def test_a_recovery_code_serves_once_and_says_how_many_are_left(client, agent):
    give_device(agent)
    codes = draw_codes(agent)
    sign_in(client, agent)
    assert client.post(FACTEUR, {"code": f" {codes[3].upper()} "})["Location"] == "/compte/"
    assert "Il vous en reste 9." in client.get("/compte/").content.decode()
    autre = Client()
    sign_in(autre, agent)
    assert autre.post(FACTEUR, {"code": codes[3]}).status_code == 400
    assert autre.post(FACTEUR, {"code": codes[4]}).status_code == 302
    assert Evenement.objects.filter(action="code_secours_utilise").count() == 2


def test_the_code_of_somebody_else_opens_nothing(client, agent, personne):
    give_device(agent)
    device, codes = give_device(personne), draw_codes(personne)
    sign_in(client, agent)
    assert client.post(FACTEUR, {"code": read_code(device)}).status_code == 400
    assert client.post(FACTEUR, {"code": codes[0]}).status_code == 400


def test_new_recovery_codes_kill_the_former_ones(rf, agent, personne):
    give_device(personne)
    anciens = draw_codes(personne)
    draw_codes(personne)
    client = Client()
    sign_in(client, personne)
    assert client.post(FACTEUR, {"code": anciens[0]}).status_code == 400


def test_ten_wrong_codes_close_the_door_and_the_right_one_waits_too(client, agent):
    device = give_device(agent)
    with time_machine.travel(MIDI, tick=False) as horloge:
        sign_in(client, agent)
        for essai in range(10):
            assert client.post(FACTEUR, {"code": f"{essai:06d}"}).status_code == 400
        refus = client.post(FACTEUR, {"code": read_code(device)})
        assert refus.status_code == 429
        assert int(refus["Retry-After"]) == 3600
        assert Evenement.objects.filter(action="connexion_bloquee", objet=f"accounts.user:{agent.pk}").count() == 1
        horloge.shift(timedelta(minutes=61))
        sign_in(client, agent)
        assert client.post(FACTEUR, {"code": read_code(device)}).status_code == 302


def test_a_person_who_chose_a_second_factor_is_asked_for_it(client, personne):
    sign_in(client, personne)
    assert client.get("/compte/").status_code == 200, "not demanded of who is not an agent"
    autre = Client()
    sign_in(autre, personne)
    device = TOTPDevice.objects.filter(user=personne).first()
    assert device is None
    client.get(FACTEUR)
    client.post(FACTEUR, {"code": read_code(TOTPDevice.objects.get(user=personne))})
    assert client.get("/compte/").status_code == 200
    assert autre.get("/compte/")["Location"].startswith("/compte/connexion/"), "the other sessions ended"
    sign_in(autre, personne)
    assert autre.get("/compte/")["Location"].startswith(FACTEUR)


def test_removing_it_ends_the_other_sessions_and_sends_an_agent_to_enrol_again(client, agent):
    autre = Client()
    verify_otp(client, agent)
    verify_otp(autre, agent)
    assert autre.get("/compte/").status_code == 200
    assert client.get("/compte/").status_code == 200
    assert client.post("/compte/second-facteur/retirer/")["Location"] == FACTEUR
    assert autre.get("/compte/")["Location"].startswith("/compte/connexion/")
    assert client.get("/admin/")["Location"].startswith(FACTEUR)
    assert not TOTPDevice.objects.exists()
    assert Evenement.objects.filter(action="second_facteur_retire", auteur=agent).count() == 1


def test_a_device_removed_by_somebody_else_leaves_no_session_verified(client, agent):
    device = verify_otp(client, agent)
    assert client.get("/admin/").status_code == 200
    device.delete()
    assert client.get("/admin/").status_code == 302


def test_without_a_device_no_code_is_right(rf, personne):
    requete = rf.post("/")
    assert verify_code(requete, personne, "000000") == ""


def test_the_keys_of_the_others_are_not_in_the_admin(client, agent):
    verify_otp(client, agent)
    page = client.get("/admin/").content.decode()
    assert "otp_totp" not in page
    assert "/axes/" not in page
    assert client.get("/admin/otp_totp/totpdevice/").status_code == 404


def test_who_keeps_the_machine_takes_it_off_somebody_who_lost_everything(client, agent):
    with pytest.raises(CommandError, match="rien à retirer"):
        call_command("retirer_facteur", agent.pk)
    with pytest.raises(CommandError, match="Aucun compte"):
        call_command("retirer_facteur", agent.pk + 1)
    verify_otp(client, agent)
    assert client.get("/admin/").status_code == 200
    call_command("retirer_facteur", agent.pk, stdout=StringIO())
    assert not TOTPDevice.objects.exists()
    assert client.get("/admin/").status_code == 302
    assert Evenement.objects.get(action="second_facteur_retire").auteur is None
