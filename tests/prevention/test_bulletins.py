"""A bulletin: written, counted, published once, sent once to each who wants it, archived with its receipts."""

import re
from datetime import date
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from cpts.models import Membre, Rattachement
from portal.accounts.enums import Role
from portal.core.models import Envoi, Evenement
from portal.core.relais import deliver_here
from portal.core.taches import Reporte
from prevention.models import Bulletin, ChoixBulletin
from prevention.services import bulletins
from prevention.services.bulletins import list_destinataires, make_arret, publish_bulletin, send_bulletin, set_choix
from prevention.services.erreurs import DroitRefuse, VersionPerimee
from tests.cpts.factories import CODE, make_cpts
from tests.people import make_agent, make_commune, make_praticien_user
from tests.prevention.factories import make_cible, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def cpts():
    return make_cpts(communes=[make_commune("71")])


@pytest.fixture
def coordination(cpts):
    return make_agent(Role.COORDINATEUR_CPTS, f"cpts:{CODE}")


@pytest.fixture
def campagne(cpts):
    cible = make_cible()
    write(cible, ("cpts", CODE, 400, 1000), ("departement", "71", 3000, 10000))
    return cible.campagne


@pytest.fixture
def membre(cpts):
    """A practitioner, member of the CPTS, who asked for the bulletins."""
    user = make_praticien_user("71")
    praticien = Rattachement.objects.get(proprietaire=user).praticien
    Membre.objects.create(cpts=cpts, praticien=praticien, periode="[2020-01-01,)")
    set_choix(user.pk, accepte=True)
    return user


def make_bulletin(cpts, campagne) -> Bulletin:
    return Bulletin.objects.create(cpts=cpts, campagne=campagne, objet="Semaine 45", texte="La campagne avance.")


def publish(bulletin, par) -> Bulletin:
    return publish_bulletin(bulletin, par=par, version=bulletin.version, au=timezone.localdate())


def test_it_is_written_read_again_and_published_from_the_page_of_the_campaign(
    client, cpts, campagne, coordination, membre
):
    page = client.get(f"{campagne.get_absolute_url()}?dans=cpts:{CODE}").content.decode()
    adresse = re.search(r'href="([^"]*/bulletins/nouveau/[^"]*)"', page)[1]
    client.force_login(coordination)
    assert f'value="{campagne.pk}" selected' in client.get(adresse).content.decode()
    champs = {"campagne": campagne.pk, "objet": "Semaine 45", "texte": ""}
    refus = client.post(adresse, champs)
    assert refus.status_code == 422
    assert 'value="Semaine 45"' in refus.content.decode()
    reponse = client.post(adresse, {**champs, "texte": "La campagne avance."})
    bulletin = Bulletin.objects.get()
    apercu = client.get(reponse["Location"]).content.decode()
    assert "2 personnes recevront" in apercu
    assert "40,0 %" in apercu
    client.post(reverse("espace_bulletin_publier", args=[CODE, bulletin.pk]), {"version": bulletin.version})
    bulletin.refresh_from_db()
    assert (bulletin.statut, bulletin.destinataires, len(bulletin.chiffres)) == ("publie", 2, 2)
    client.logout()
    assert "Semaine 45" in client.get(f"{campagne.get_absolute_url()}?dans=cpts:{CODE}").content.decode()
    archive = client.get(bulletin.get_absolute_url()).content.decode()
    recu = re.search(r'href="(/prevention/releves/\d+/)"', archive)[1]
    assert client.get(recu).status_code == 200


def test_each_gets_one_mail_and_a_replay_sends_nothing(cpts, campagne, coordination, membre):
    bulletin = publish(make_bulletin(cpts, campagne), coordination)
    deliver_here()
    assert sorted(courriel.to[0] for courriel in mail.outbox) == sorted([coordination.email, membre.email])
    for courriel in mail.outbox:
        assert courriel.subject == "Semaine 45 — CPTS du Chalonnais"
        assert "40,0 %" in courriel.body
        assert "/prevention/releves/" in courriel.body
        assert "/prevention/bulletins/arret/" in courriel.extra_headers["List-Unsubscribe"]
    for compte in (coordination.pk, membre.pk):
        assert not send_bulletin(bulletin.pk, compte)
    assert len(mail.outbox) == 2
    envois = Envoi.objects.filter(tache__startswith="prevention.").values_list("arguments", flat=True)
    assert all(isinstance(argument, int) for arguments in envois for argument in arguments)
    assert Evenement.objects.filter(objet=bulletin.reference, action=bulletins.ENVOI).count() == 2


def test_a_server_away_is_tried_again(cpts, campagne, coordination, monkeypatch):
    bulletin = publish(make_bulletin(cpts, campagne), coordination)

    def fail(*_, **__):
        raise SMTPServerDisconnected("gone")

    monkeypatch.setattr(bulletins, "send_courriel", fail)
    with pytest.raises(Reporte):
        send_bulletin(bulletin.pk, coordination.pk)
    assert not Evenement.objects.filter(action=bulletins.ENVOI).exists()


def test_only_who_asked_or_coordinates_is_written_to(cpts, coordination, membre):
    autre = make_praticien_user("71")
    parti = make_praticien_user("71")
    for user, periode in ((autre, "[2020-01-01,)"), (parti, "[2020-01-01,2021-01-01)")):
        praticien = Rattachement.objects.get(proprietaire=user).praticien
        Membre.objects.create(cpts=cpts, praticien=praticien, periode=periode)
    set_choix(parti.pk, accepte=True)
    au = timezone.localdate()
    assert set(list_destinataires(CODE, au=au)) == {coordination.pk, membre.pk}
    set_choix(coordination.pk, accepte=False)
    assert list_destinataires(CODE, au=au) == [membre.pk]


def test_the_link_of_a_mail_stops_them_without_an_account(client, membre):
    lien = make_arret(membre.pk)
    assert "Arrêter les bulletins" in client.get(lien).content.decode()
    assert ChoixBulletin.objects.get(compte=membre).accepte
    assert "C’est arrêté" in client.post(lien).content.decode()
    assert not ChoixBulletin.objects.get(compte=membre).accepte
    assert client.get(f"{lien[:-3]}xx/").status_code == 404
    client.force_login(membre)
    client.post(reverse("mes_bulletins"), {"accepte": "oui"})
    assert ChoixBulletin.objects.get(compte=membre).accepte


def test_a_bulletin_published_never_changes(cpts, campagne, coordination):
    bulletin = make_bulletin(cpts, campagne)
    with pytest.raises(DroitRefuse):
        publish(bulletin, make_agent(Role.COORDINATEUR_CPTS, "cpts:71-autre"))
    with pytest.raises(VersionPerimee):
        publish_bulletin(bulletin, par=coordination, version=7, au=date(2026, 1, 1))
    publish(bulletin, coordination)
    with pytest.raises(IntegrityError, match="bulletin_publie"):
        Bulletin.objects.filter(pk=bulletin.pk).update(texte="Autre chose", version=2)


def test_a_draft_is_read_by_nobody_else(client, cpts, campagne):
    bulletin = make_bulletin(cpts, campagne)
    assert client.get(bulletin.get_absolute_url()).status_code == 404
    client.force_login(make_agent(Role.COORDINATEUR_CPTS, "cpts:71-autre"))
    assert client.get(reverse("espace_bulletin", args=[CODE, bulletin.pk])).status_code == 404
