"""The life of a CPTS by its pages: « Parcours » in the space, the list and the record in the administration."""

from datetime import date

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from cpts.enums import StatutCpts
from cpts.models import ActeCpts, Cpts, Mission, PieceCpts
from portal.accounts.enums import Role
from portal.accounts.models import Invitation
from tests.corpus.fabrique import pdf
from tests.cpts.factories import CODE, make_cpts
from tests.people import make_agent, make_commune
from tests.zonage.factories import DepartementFactory

pytestmark = pytest.mark.django_db
PDF_BON = pdf()
PARCOURS = reverse("espace_parcours", args=[CODE])
LISTE = reverse("admin:cpts_cpts_changelist")
FICHE = reverse("admin:cpts_cpts_change", args=[CODE])


def _fichier(nom="lettre.pdf"):
    return SimpleUploadedFile(nom, PDF_BON, content_type="application/pdf")


def _enter(client, role, perimetre):
    user = make_agent(role, perimetre)
    client.force_login(user)
    return user


@pytest.fixture
def coordinatrice(client):
    return _enter(client, Role.COORDINATEUR_CPTS, f"cpts:{CODE}")


@pytest.fixture
def valideur(client, settings):
    settings.MAILLAGE_DEUX_FACTEURS = False
    return _enter(client, Role.VALIDEUR, "region:27")


class TestSpace:
    def test_the_coordinator_deposits_the_letter(self, client, coordinatrice):
        make_cpts()
        page = client.get(PARCOURS)
        assert page.status_code == 200
        assert "Déposer la lettre d&#x27;intention" in page.content.decode()
        acte = reverse("espace_acte", args=[CODE, "deposer_lettre"])
        assert client.get(acte).status_code == 200
        vide = client.post(acte, {"version": 0, "date_acte": "2024-01-15"})
        assert vide.status_code == 422
        assert "Lettre d&#x27;intention : joignez ce document." in vide.content.decode()
        assert 'value="2024-01-15"' in vide.content.decode()
        fait = client.post(acte, {"version": 0, "date_acte": "2024-01-15", "piece_lettre": _fichier()})
        assert (fait.status_code, fait.headers["Location"]) == (303, PARCOURS)
        assert Cpts.objects.get().statut == StatutCpts.LETTRE_DEPOSEE
        assert ActeCpts.objects.get().date_acte == date(2024, 1, 15)
        suite = client.get(PARCOURS).content.decode()
        assert "Courrier conjoint ARS et Assurance maladie" in suite
        assert "lettre.pdf" in suite

    def test_a_stale_form_answers_409_and_says_what_changed(self, client, coordinatrice):
        make_cpts()
        acte = reverse("espace_acte", args=[CODE, "deposer_lettre"])
        champs = {"version": 0, "date_acte": "2024-01-15"}
        assert client.post(acte, {**champs, "piece_lettre": _fichier()}).status_code == 303
        encore = client.post(acte, {**champs, "piece_lettre": _fichier()})
        assert encore.status_code == 409
        assert "Lettre d&#x27;intention déposée, le " in encore.content.decode()
        assert ActeCpts.objects.count() == 1

    def test_a_document_is_deposited_beside_and_read_by_who_may(self, client, coordinatrice, settings):
        make_cpts()
        assert client.post(PARCOURS, {"nature": "statuts"}).status_code == 422
        assert client.post(PARCOURS, {"nature": "statuts", "fichier": _fichier()}).status_code == 303
        piece = PieceCpts.objects.get()
        adresse = reverse("espace_piece", args=[CODE, piece.pk])
        assert client.get(adresse).status_code == 409  # no antivirus: for agents only
        _enter(client, Role.COORDINATEUR_CPTS, "cpts:71-voisine")
        assert client.get(adresse).status_code == 404
        settings.MAILLAGE_DEUX_FACTEURS = False
        _enter(client, Role.INSTRUCTEUR, "departement:71")
        assert client.get(adresse).content == PDF_BON

    def test_what_is_not_possible_is_not_there(self, client, coordinatrice):
        make_cpts()
        for action in ("valider_lettre", "signer_aci", "deposer_projet", "inconnu"):
            assert client.get(reverse("espace_acte", args=[CODE, action])).status_code == 404
        assert client.post(reverse("espace_acte", args=[CODE, "signer_aci"]), {"version": 0}).status_code == 404

    def test_the_page_asks_a_bounded_number_of_queries(self, client, coordinatrice, django_assert_max_num_queries):
        make_cpts(communes=[make_commune("71")])
        client.get(PARCOURS)
        with django_assert_max_num_queries(16):
            client.get(PARCOURS)


class TestAdministration:
    def test_signing_opens_the_missions(self, client, valideur):
        cpts = make_cpts(statut=StatutCpts.PROJET_VALIDE, communes=[make_commune("71")])
        acte = reverse("admin:cpts_cpts_acte", args=[CODE, "signer_aci"])
        assert client.get(FICHE).status_code == client.get(acte).status_code == 200
        fait = client.post(
            acte,
            {
                "version": 0,
                "date_acte": "2024-09-27",
                "decide_par": "ARS et CPAM 71",
                "piece_aci": _fichier("aci.pdf"),
            },
        )
        assert (fait.status_code, fait.headers["Location"]) == (302, FICHE)
        cpts.refresh_from_db()
        assert (cpts.statut, cpts.aci_fin_le) == ("aci_signe", date(2029, 9, 27))
        prevention = Mission.objects.get(cpts=cpts, type="prevention")
        assert prevention.demarrage_limite == date(2025, 9, 27)
        page = client.get(FICHE).content.decode()
        assert "ARS et CPAM 71" in page
        piece = reverse("admin:cpts_cpts_piece", args=[CODE, PieceCpts.objects.get().pk])
        assert client.get(piece).content == PDF_BON

    def test_the_list_keeps_territory_and_state(self, client, settings):
        settings.MAILLAGE_DEUX_FACTEURS = False
        make_cpts(statut=StatutCpts.ACI_SIGNE)
        make_cpts("71-autre", nom="CPTS Autre")
        make_cpts("69-lyon", departement="69", region_code="84", nom="CPTS Lyon")
        _enter(client, Role.INSTRUCTEUR, "departement:71")
        page = client.get(LISTE).content.decode()
        assert "CPTS du Chalonnais" in page
        assert "CPTS Autre" in page
        assert "CPTS Lyon" not in page
        assert "CPTS Autre" not in client.get(LISTE, {"etat": "aci_signe"}).content.decode()
        assert "CPTS du Chalonnais" not in client.get(LISTE, {"etat": "en_chemin"}).content.decode()
        assert client.get(reverse("admin:cpts_cpts_change", args=["69-lyon"])).status_code == 404

    def test_an_agent_opens_a_cpts_and_corrects_its_record(self, client, settings):
        settings.MAILLAGE_DEUX_FACTEURS = False
        DepartementFactory(code="71")
        _enter(client, Role.INSTRUCTEUR, "departement:71")
        ajout = reverse("admin:cpts_cpts_add")
        assert "courriel_coordination" not in client.get(ajout).content.decode()
        assert client.post(ajout, {"version": 0, "nom": "X"}).status_code == 422
        fait = client.post(ajout, {"version": 0, "nom": "CPTS du Chalonnais", "departement": "71"})
        assert fait.headers["Location"] == FICHE
        modifier = reverse("admin:cpts_cpts_modifier", args=[CODE])
        champs = {"version": 0, "nom": "CPTS du Grand Chalon", "siege": "99999"}
        refus = client.post(modifier, champs)
        assert refus.status_code == 422
        assert "Aucune commune n’a ce code INSEE" in refus.content.decode().replace("&#x27;", "’")
        assert client.post(modifier, {**champs, "siege": ""}).status_code == 302
        assert client.post(modifier, {**champs, "siege": ""}).status_code == 409
        assert Cpts.objects.get().nom == "CPTS du Grand Chalon"
        assert "CPTS du Chalonnais" in client.get(FICHE).content.decode()  # the history

    def test_an_administrator_invites_the_coordinator_at_once(self, client, settings):
        settings.MAILLAGE_DEUX_FACTEURS = False
        DepartementFactory(code="71")
        _enter(client, Role.ADMINISTRATEUR, "region:27")
        champs = {"version": 0, "nom": "CPTS du Chalonnais", "departement": "71"}
        ajout = reverse("admin:cpts_cpts_add")
        client.post(ajout, {**champs, "courriel_coordination": "corinne@exemple.fr"})
        assert Invitation.objects.get().mandat["perimetre_code"] == CODE
        assert mail.outbox == []  # by a task, after the act

    def test_a_reader_sees_and_does_nothing(self, client, settings):
        settings.MAILLAGE_DEUX_FACTEURS = False
        make_cpts()
        _enter(client, Role.LECTEUR, "national")
        page = client.get(FICHE).content.decode()
        assert "Corriger la fiche" not in page
        assert client.post(reverse("admin:cpts_cpts_modifier", args=[CODE]), {"nom": "X"}).status_code == 404
        assert client.get(reverse("admin:cpts_cpts_add")).status_code == 403
        assert client.get(reverse("admin:cpts_cpts_acte", args=[CODE, "deposer_lettre"])).status_code == 404
