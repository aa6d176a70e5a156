"""« Mes données » on the account, and the administration of retention."""

import io
import json
import time
import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone

from aides.conservation import purge_dossiers
from aides.dossiers.etats import Statut
from portal.accounts.enums import Role
from portal.accounts.models import User
from portal.accounts.sessions import CLE_PREUVE
from portal.core.documents import store_document
from portal.core.mes_donnees import ask_export, build_zip, purge_exports
from portal.core.models import (
    Document,
    DureeConservation,
    Effacement,
    Evenement,
    ExportDonnees,
    GelConservation,
    StatutEffacement,
)
from portal.core.relais import deliver_here
from tests.aides.dossiers_essai import Equipe, make_dossier
from tests.people import MOT_DE_PASSE, make_agent, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MAILLAGE_EFFACEMENTS = tmp_path / "effacements"


def sign_in(client, user):
    client.force_login(user)
    session = client.session
    session[CLE_PREUVE] = time.time()
    session.save()
    return user


@pytest.fixture
def admin_national(client):
    return sign_in(client, make_agent(Role.ADMINISTRATEUR, "national", is_staff=True))


def test_a_copy_is_asked_made_and_given_once(client):
    equipe = Equipe()
    demande = make_dossier(Statut.REFUSEE, equipe=equipe, message="Mon message")
    store_document(b"piece", nom="a.pdf", type_mime="application/pdf", proprietaire=equipe.demandeur)
    sign_in(client, equipe.demandeur)
    assert client.post("/compte/mes-donnees/").status_code == 302
    assert client.post("/compte/mes-donnees/").status_code == 302
    export = ExportDonnees.objects.get()
    assert "en préparation" in client.get("/compte/").content.decode()
    deliver_here()
    assert "Votre copie est prête" in client.get("/compte/").content.decode()
    assert client.get(f"/compte/mes-donnees/{export.pk}/").status_code == 405
    reponse = client.post(f"/compte/mes-donnees/{export.pk}/")
    assert reponse.status_code == 200
    assert "no-store" in reponse["Cache-Control"]
    archive = zipfile.ZipFile(io.BytesIO(reponse.content))
    donnees = json.loads(archive.read("donnees.json"))["tables"]
    assert donnees["aides.demande"][0]["message"] == "Mon message"
    assert donnees["aides.demande"][0]["numero"] == demande.numero
    assert donnees["accounts.user"][0]["email"] == equipe.demandeur.email
    assert "password" not in donnees["accounts.user"][0]
    assert sum(nom.startswith("documents/") for nom in archive.namelist()) >= 1
    assert client.post(f"/compte/mes-donnees/{export.pk}/").status_code == 404
    assert not Document.objects.filter(type_mime="application/zip").exists()


def test_a_copy_holds_nothing_of_others():
    """Neither another's rows, nor the numbers of the agents, nor their internal notes."""
    equipe, autre = Equipe(), make_dossier(Statut.REFUSEE, message="Celui d'un autre")
    demande = make_dossier(Statut.REFUSEE, equipe=equipe)
    acte = demande.actes.first()
    contenu = zipfile.ZipFile(io.BytesIO(build_zip(equipe.demandeur.pk))).read("donnees.json").decode()
    assert "Celui d'un autre" not in contenu
    assert str(autre.pk) not in contenu
    lues = json.loads(contenu)["tables"]
    assert {ligne["id"] for ligne in lues["aides.actedossier"]} >= {acte.pk}
    assert all("auteur" not in ligne and "decide_par" not in ligne for lignes in lues.values() for ligne in lignes)
    type(acte).objects.create(
        demande=demande, action="noter", vers_statut=demande.statut, commentaire="Note entre agents", version=99,
        visible=False, evenement=Evenement.objects.create(objet=f"aides.demande:{demande.pk}", action="noter"),
    )  # fmt: skip
    assert (
        "Note entre agents"
        not in zipfile.ZipFile(io.BytesIO(build_zip(equipe.demandeur.pk))).read("donnees.json").decode()
    )


def test_a_copy_is_for_its_owner_and_for_a_day(client):
    export = ask_export(make_user())
    deliver_here()
    sign_in(client, make_user())
    assert client.post(f"/compte/mes-donnees/{export.pk}/").status_code == 404
    ExportDonnees.objects.update(pret_le=timezone.now() - timedelta(hours=25))
    sign_in(client, export.titulaire)
    assert client.post(f"/compte/mes-donnees/{export.pk}/").status_code == 404
    assert purge_exports() == 1
    assert not Document.objects.exists()


def test_a_copy_asks_for_a_fresh_proof(client):
    user = make_user()
    client.force_login(user)
    assert client.post("/compte/mes-donnees/").status_code == 403
    assert not ExportDonnees.objects.exists()
    assert client.post("/compte/mes-donnees/", {"sudo_preuve": MOT_DE_PASSE}).status_code == 302
    assert ExportDonnees.objects.filter(titulaire=user).exists()


def test_asking_to_be_erased_then_reading_the_refusal(client):
    user = sign_in(client, make_user())
    assert client.post("/compte/effacement/").status_code == 302
    assert client.post("/compte/effacement/").status_code == 302
    effacement = Effacement.objects.get(titulaire=user)
    assert "un administrateur l’examine" in client.get("/compte/").content.decode()
    sign_in(client, make_agent(Role.ADMINISTRATEUR, "national", is_staff=True))
    refus = f"/admin/core/effacement/{effacement.pk}/refuser/"
    assert client.post(refus, {"motif": ""}).status_code == 422
    assert client.post(refus, {"motif": "Identité non vérifiée"}).status_code == 302
    assert client.post(refus, {"motif": "Encore"}).status_code == 404
    sign_in(client, user)
    assert "Identité non vérifiée" in client.get("/compte/").content.decode()


def test_an_administrator_erases_and_reads_the_certificate(client, admin_national):
    user = make_user()
    assert client.post("/admin/core/effacement/add/", {"courriel": "personne@nulle.part"}).status_code == 422
    assert client.post("/admin/core/effacement/add/", {"courriel": user.email}).status_code == 302
    effacement = Effacement.objects.get(titulaire=user)
    adresse = f"/admin/core/effacement/{effacement.pk}/change/"
    assert "Partirait : accounts.user" in client.get(adresse).content.decode()
    assert User.objects.get(pk=user.pk).is_active
    assert client.post(adresse).status_code == 302
    page = client.get(adresse).content.decode()
    assert "Empreinte SHA-256 du certificat" in page
    assert "conforme" in page
    assert Effacement.objects.get().statut == StatutEffacement.EXECUTE
    assert User.objects.get(pk=user.pk).email is None


def test_an_erasure_asks_for_a_fresh_proof(client):
    client.force_login(make_agent(Role.ADMINISTRATEUR, "national", is_staff=True))
    user = make_user()
    effacement = Effacement.objects.create(titulaire=user, enregistre_par=user)
    assert client.post(f"/admin/core/effacement/{effacement.pk}/change/").status_code == 403
    assert User.objects.get(pk=user.pk).is_active


def test_a_duration_is_fixed_with_its_reference(client, admin_national):
    page = client.get("/admin/core/dureeconservation/").content.decode()
    assert "Brouillons de demande abandonnés" in page
    adresse = "/admin/core/dureeconservation/brouillons/change/"
    assert client.post(adresse, {"jours": "90", "reference": ""}).status_code == 422
    assert client.post(adresse, {"jours": "0", "reference": "x"}).status_code == 422
    assert not DureeConservation.objects.exists()
    assert client.post(adresse, {"jours": "90", "reference": "Décision n° 12"}).status_code == 302
    assert DureeConservation.objects.get(pk="brouillons").fixee_par == admin_national
    assert "Décision n° 12" in client.get("/donnees-personnelles/").content.decode()
    assert client.post("/admin/core/dureeconservation/brouillons/simuler/").status_code == 302
    assert client.get("/admin/core/dureeconservation/journal/change/").status_code == 404
    assert client.post(adresse, {"jours": "", "reference": ""}).status_code == 302
    assert not DureeConservation.objects.exists()


def test_an_administrator_of_a_region_fixes_nothing(client):
    sign_in(client, make_agent(Role.ADMINISTRATEUR, "region:27", is_staff=True))
    adresse = "/admin/core/dureeconservation/brouillons/change/"
    assert client.get(adresse).status_code == 200
    client.post(adresse, {"jours": "90", "reference": "Décision n° 12"})
    assert not DureeConservation.objects.exists()


def test_a_file_is_frozen_by_its_number_then_freed(client, admin_national):
    demande = make_dossier(Statut.REFUSEE)
    ajout = "/admin/core/gelconservation/add/"
    assert client.post(ajout, {"numero": "inconnu", "motif": "Recours"}).status_code == 422
    assert client.post(ajout, {"numero": demande.numero, "motif": "Recours"}).status_code == 302
    assert client.post(ajout, {"numero": demande.numero, "motif": "Recours"}).status_code == 422
    gel = GelConservation.objects.get()
    assert demande.numero in client.get("/admin/core/gelconservation/").content.decode()
    assert client.post(f"/admin/core/gelconservation/{gel.pk}/change/").status_code == 302
    gel.refresh_from_db()
    assert gel.leve_par == admin_national
    assert Evenement.objects.filter(objet=f"aides.demande:{demande.pk}", action__startswith="gel_").count() == 2


def test_an_erased_file_still_opens_for_the_agents(client):
    equipe = Equipe()
    demande = make_dossier(Statut.REFUSEE, equipe=equipe)
    purge_dossiers([demande.pk])
    equipe.instructeur.is_staff = True
    equipe.instructeur.save()
    sign_in(client, equipe.instructeur)
    assert client.get(f"/admin/aides/demande/{demande.pk}/change/").status_code == 200
    sign_in(client, equipe.demandeur)
    assert client.get(f"/dossiers/{demande.pk}/").status_code == 200
