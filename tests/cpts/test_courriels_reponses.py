"""What the ARS answers reaches each coordinator once; the mail says what to do next, and nothing of anyone."""

from datetime import date
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail

from cpts.enums import ActionCpts, TypeStructure
from cpts.regles.etapes import DECIDE, TRANSITIONS
from cpts.regles.reponses import ETAPES, is_annoncee
from cpts.services import vie_courriels
from cpts.services.perimetres import approve_perimetre, refuse_perimetre, submit_perimetre
from cpts.services.structures import create_structure, edit_structure
from cpts.services.vie import SaisieActe, apply_acte
from cpts.services.vie_courriels import ANNONCEE, TACHE, TACHE_COURRIEL, announce, send_reponse
from portal.accounts.enums import Role
from portal.core.models import Envoi, Evenement
from portal.core.outbox import post
from portal.core.relais import deliver_here
from portal.core.taches import Reporte
from tests.cpts.factories import CODE, make_cpts, make_perimetre
from tests.people import make_agent, make_commune
from tests.zonage.factories import CommuneFactory

pytestmark = pytest.mark.django_db
REPRISE = date(2025, 3, 3)


@pytest.fixture
def cpts():
    return make_cpts(statut="projet_depose", communes=[make_commune("71")])


@pytest.fixture
def coordinateurs(cpts):
    make_agent(Role.COORDINATEUR_CPTS, "cpts:71-autre")
    return [make_agent(Role.COORDINATEUR_CPTS, f"cpts:{CODE}", first_name=nom) for nom in ("Ada", "Bea")]


@pytest.fixture
def valideur():
    return make_agent(Role.VALIDEUR, "region:27")


def send_back(cpts, valideur):
    saisie = SaisieActe(REPRISE, "Motif qui reste sur la page", "ARS")
    return apply_acte(cpts, ActionCpts.RENVOYER_PROJET, saisie, par=valideur)


def list_partis():
    return sorted((courriel.to[0], courriel.subject) for courriel in mail.outbox)


def test_every_act_of_the_agency_has_its_words():
    siens = {action for action, transition in TRANSITIONS.items() if transition.acteurs == DECIDE}
    assert {action for action in ActionCpts if is_annoncee(action)} == set(ETAPES) == siens | {ActionCpts.ABANDONNER}


def test_each_coordinator_is_told_once(cpts, coordinateurs, valideur):
    acte = send_back(cpts, valideur)
    deliver_here()
    titre = "L’ARS demande un complément au projet de santé (CPTS du Chalonnais)"
    assert list_partis() == sorted((user.email, titre) for user in coordinateurs)
    for courriel in mail.outbox:
        assert "déposez-le à nouveau" in courriel.body
        assert f"/espace/{CODE}/parcours/" in courriel.body
        assert not any(mot in courriel.body for mot in ("Motif", "Ada", "Bea", valideur.email))
        assert f"/espace/{CODE}/parcours/" in courriel.alternatives[0][0]
    for _ in range(2):
        announce("acte", acte.pk)
        post(TACHE_COURRIEL, "acte", acte.pk, coordinateurs[0].pk)
        deliver_here()
    assert len(mail.outbox) == 2
    assert Evenement.objects.filter(objet=f"cpts.cpts:{CODE}", action=ANNONCEE).count() == 2


def test_the_intents_hold_keys_only(cpts, coordinateurs, valideur):
    acte = send_back(cpts, valideur)
    assert Envoi.objects.get(tache=TACHE).arguments == ["acte", acte.pk]
    deliver_here()
    for envoi in Envoi.objects.filter(tache=TACHE_COURRIEL):
        assert envoi.arguments[:2] == ["acte", acte.pk]
        assert envoi.arguments[2] in {user.pk for user in coordinateurs}


def test_a_server_that_is_away_delays_one_mail_and_repeats_none(cpts, coordinateurs, valideur, monkeypatch):
    acte = send_back(cpts, valideur)

    def fail(*_, **__):
        raise SMTPServerDisconnected

    monkeypatch.setattr(vie_courriels, "send_courriel", fail)
    with pytest.raises(Reporte):
        send_reponse("acte", acte.pk, coordinateurs[0].pk)
    monkeypatch.undo()
    assert send_reponse("acte", acte.pk, coordinateurs[0].pk)
    assert not send_reponse("acte", acte.pk, coordinateurs[0].pk)
    assert len(mail.outbox) == 1


def test_an_act_of_the_coordinators_tells_nobody(coordinateurs):
    cpts = make_cpts("71-autre", "lettre_validee")
    acte = apply_acte(
        cpts, ActionCpts.COMMENCER_PROJET, SaisieActe(REPRISE), par=make_agent(Role.COORDINATEUR_CPTS, "cpts:71-autre")
    )
    assert not Envoi.objects.filter(tache=TACHE).exists()
    assert vie_courriels.post_courriels("acte", acte.pk) == 0


@pytest.mark.parametrize(
    ("refuse", "titre"), [(False, "Votre périmètre est approuvé"), (True, "Votre périmètre est refusé")]
)
def test_an_answer_on_a_perimeter_leads_to_it(cpts, coordinateurs, valideur, refuse, titre):
    perimetre = make_perimetre(cpts, [CommuneFactory(code_insee="71999")])
    submit_perimetre(perimetre, par=coordinateurs[0], version=0, motif="Essai", effet_le=date(2026, 3, 1))
    if refuse:
        refuse_perimetre(perimetre, par=valideur, version=1, commentaire="Trop loin")
    else:
        approve_perimetre(perimetre, par=valideur, version=1)
    deliver_here()
    assert [sujet for _, sujet in list_partis()] == [f"{titre} (CPTS du Chalonnais)"] * 2
    assert f"/espace/{CODE}/perimetre/{perimetre.pk}/" in mail.outbox[0].body
    assert "Trop loin" not in mail.outbox[0].body


def test_a_structure_attached_is_told_and_one_detached_since_is_not(cpts, coordinateurs, valideur):
    champs = {"type": TypeStructure.MSP, "nom": "MSP d'essai", "commune": make_commune("71")}
    msp = create_structure(champs, par=valideur)
    edit_structure(msp, {"cpts": cpts}, par=valideur, version=msp.version)
    deliver_here()
    assert {sujet for _, sujet in list_partis()} == {"Une structure est rattachée à votre CPTS (CPTS du Chalonnais)"}
    mail.outbox.clear()
    edit_structure(msp, {"cpts": None}, par=valideur, version=msp.version)
    edit_structure(msp, {"nom": "Autre nom"}, par=valideur, version=msp.version)
    deliver_here()
    assert mail.outbox == []
