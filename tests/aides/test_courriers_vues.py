"""The pages of the letters: who checks one, who downloads one, who writes their texts."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from aides.codes_recus import format_code
from aides.courriers.emission import cancel_courrier, make_pdf, replace_courrier
from aides.courriers.textes import RECOURS_ARS
from aides.dossiers.etats import Statut
from aides.models import Courrier, ModeleCourrier, TypeCourrier
from portal.accounts.enums import Role
from portal.core.documents import read_octets
from portal.core.models import Evenement
from tests.aides.contrats_essai import CAIM, make_contrat
from tests.aides.dossiers_essai import Equipe, make_dossier
from tests.people import make_agent, make_commune

INCONNU = "KG2XRKPEB94ND8AE7EW2"  # well formed, given to nobody
VERIFIER = "/courriers/verifier/"
ADMIN = "/admin/aides/courrier/"
MODELES = "/admin/aides/modelecourrier/"


@pytest.fixture(autouse=True)
def _reglages(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MAILLAGE_COURRIERS_LIMITE = ""
    settings.MAILLAGE_DEUX_FACTEURS = False


@pytest.fixture
def equipe(db):
    return Equipe()


@pytest.fixture
def courrier(equipe):
    champs = {**CAIM, "coordonnees": {"prenom": "Camille", "nom": "EXEMPLE"}}
    lettre = make_dossier(Statut.ACCORDEE, equipe=equipe, **champs).courriers.get(type="decision")
    make_pdf(lettre.pk)
    lettre.refresh_from_db()
    return lettre


def lire(reponse) -> str:
    return " ".join(reponse.content.decode().split())


class TestChecking:
    def test_the_code_alone_says_type_number_and_day(self, client, courrier):
        reponse = client.get(VERIFIER, {"code": format_code(courrier.code)})
        texte = lire(reponse)
        assert reponse.status_code == 200
        assert "vient bien de ce portail" in texte
        assert courrier.numero in texte
        assert "Décision d&#x27;accord" in texte
        for secret in ("Camille", "EXEMPLE", courrier.demande.numero, "43", "CAIM", str(courrier.demande_id)):
            assert secret not in texte.replace(courrier.numero, "").replace(format_code(courrier.code), "")
        assert "no-store" in reponse["Cache-Control"]
        assert reponse["X-Robots-Tag"] == "noindex, nofollow"

    def test_the_code_is_read_however_it_is_typed(self, client, courrier):
        assert client.post(VERIFIER, {"code": f" {courrier.code.lower()} "}).status_code == 200

    @pytest.mark.parametrize(("code", "statut"), [("ABCD", 400), (INCONNU, 404), ("U" * 20, 400), ("é" * 500, 400)])
    def test_a_wrong_code_says_what_to_look_at(self, client, db, code, statut):
        reponse = client.get(VERIFIER, {"code": code})
        assert reponse.status_code == statut
        assert "fr-error-text" in lire(reponse)
        assert "reçu" not in lire(reponse)

    def test_the_file_is_the_one_made_or_is_not(self, client, courrier):
        octets = read_octets(courrier.document)
        for contenu, dit in ((octets, "Le fichier est intact"), (octets + b" ", "n’est pas celui du portail")):
            fichier = SimpleUploadedFile("c.pdf", contenu, "application/pdf")
            assert dit in lire(client.post(VERIFIER, {"code": courrier.code, "fichier": fichier}))

    def test_before_the_file_is_made_it_cannot_be_compared(self, client, equipe):
        lettre = make_dossier(Statut.REFUSEE, equipe=equipe).courriers.get()
        fichier = SimpleUploadedFile("c.pdf", b"%PDF", "application/pdf")
        assert "pas encore être comparé" in lire(client.post(VERIFIER, {"code": lettre.code, "fichier": fichier}))

    def test_cancelled_then_replaced_it_says_so(self, client, courrier, equipe):
        nouveau = replace_courrier(courrier, par=equipe.instructeur, motif="Montant inexact pour Camille.")
        texte = lire(client.get(VERIFIER, {"code": courrier.code}))
        assert "il ne vaut plus" in texte
        assert f"remplacé par le courrier n° {nouveau.numero}" in texte
        assert "Camille" not in texte
        cancel_courrier(nouveau, par=equipe.instructeur, motif="Erreur.")
        texte = lire(client.get(VERIFIER, {"code": nouveau.code}))
        assert "il ne vaut plus" in texte
        assert "remplacé" not in texte.split("<form")[0].split("t-resultat")[1]

    def test_a_caller_in_a_hurry_waits(self, client, db, settings):
        settings.MAILLAGE_COURRIERS_LIMITE = "2/h"
        statuts = [client.get(VERIFIER, {"code": "x"}, REMOTE_ADDR="203.0.113.77").status_code for _ in range(3)]
        assert statuts == [400, 400, 429]
        assert client.get(VERIFIER, REMOTE_ADDR="203.0.113.77").status_code == 200


class TestDownloads:
    def test_its_applicant_reads_it_and_nobody_else(self, client, courrier, equipe):
        adresse = reverse("dossier_courrier", args=[courrier.demande_id, courrier.pk])
        client.force_login(equipe.demandeur)
        reponse = client.get(adresse)
        assert reponse.status_code == 200
        assert reponse["Content-Type"] == "application/pdf"
        assert courrier.numero in reponse["Content-Disposition"]
        client.force_login(Equipe().demandeur)
        assert client.get(adresse).status_code == 404

    def test_a_file_being_made_is_said_on_the_page_of_the_applicant(self, client, equipe):
        lettre = make_dossier(Statut.REFUSEE, equipe=equipe).courriers.get()
        client.force_login(equipe.demandeur)
        texte = lire(client.get(reverse("dossier_detail", args=[lettre.demande_id])))
        assert f"n° {lettre.numero}" in texte
        assert "en préparation" in texte

    @pytest.mark.parametrize(
        ("role", "perimetre", "statut"),
        [
            (Role.INSTRUCTEUR, "departement:71", 200),
            (Role.LECTEUR, "national", 200),
            (Role.INSTRUCTEUR, "departement:21", 404),
            (Role.AGENT_CPAM, "departement:71", 404),
        ],
    )
    def test_an_agent_of_its_territory_alone(self, client, courrier, role, perimetre, statut):
        client.force_login(make_agent(role, perimetre))
        assert client.get(f"{ADMIN}{courrier.pk}/change/").status_code == statut
        assert client.get(f"{ADMIN}{courrier.pk}/fichier/").status_code == statut
        liste = client.get(ADMIN)
        assert liste.status_code == 200
        assert (courrier.numero in lire(liste)) is (statut == 200)


class TestActs:
    def test_cancelling_asks_why_and_keeps_what_was_typed(self, client, courrier, equipe):
        client.force_login(equipe.instructeur)
        adresse = f"{ADMIN}{courrier.pk}/acte/annuler/"
        assert client.post(adresse, {"annuler-motif": " "}).status_code == 422
        reponse = client.post(adresse, {"annuler-motif": "x" * 301})
        assert reponse.status_code == 422
        assert "x" * 301 in lire(reponse)
        assert client.post(adresse, {"annuler-motif": "Adresse inexacte."}).status_code == 302
        courrier.refresh_from_db()
        assert courrier.annule_par == equipe.instructeur
        encore = client.post(adresse, {"annuler-motif": "Encore."})
        assert encore.status_code == 409
        assert "déjà annulé" in lire(encore)

    def test_replacing_leads_to_the_new_one(self, client, courrier, equipe):
        client.force_login(equipe.instructeur)
        reponse = client.post(
            f"{ADMIN}{courrier.pk}/acte/remplacer/", {"remplacer-motif": "Faute de frappe."}, follow=True
        )
        nouveau = Courrier.objects.get(remplace=courrier)
        assert nouveau.numero in lire(reponse)
        assert "À générer" in lire(reponse)
        assert client.post(f"{ADMIN}{nouveau.pk}/acte/relancer/").status_code == 302

    def test_who_only_reads_does_not_act(self, client, courrier, equipe):
        client.force_login(make_agent(Role.LECTEUR, "national"))
        assert "<form" not in lire(client.get(f"{ADMIN}{courrier.pk}/change/")).split("<main")[1].split("</main>")[0]
        reponse = client.post(f"{ADMIN}{courrier.pk}/acte/annuler/", {"annuler-motif": "x"})
        assert reponse.status_code == 403
        assert client.post(f"{ADMIN}attestation/{courrier.demande_id}/").status_code == 403

    def test_an_attestation_of_a_contract_that_runs(self, client, equipe):
        contrat = make_contrat(equipe)
        client.force_login(equipe.instructeur)
        client.post(f"{ADMIN}attestation/{contrat.demande_id}/")
        assert contrat.demande.courriers.filter(type="attestation").count() == 1

    def test_one_s_own_letters_are_not_read_from_the_administration(self, client, equipe):
        agent = make_agent(Role.INSTRUCTEUR, "national")
        equipe.demandeur = agent
        lettre = make_dossier(Statut.REFUSEE, equipe=equipe).courriers.get()
        client.force_login(agent)
        assert client.get(f"{ADMIN}{lettre.pk}/change/").status_code == 404


def make_saisie(**champs) -> dict[str, str]:
    make_commune("71")
    valeurs = {
        "region": "27",
        "guichet": "ars",
        "type": "refus",
        "a_partir_du": timezone.localdate().strftime("%d/%m/%Y"),
        "expediteur": "ARS Bourgogne-Franche-Comté",
        "adresse": "2 place de l'Essai\n21000 Dijon",
        "contact": "contact@ars.exemple.fr",
        "introduction": "Votre demande {dossier} du {jour_depot} est refusée.",
        "recours": RECOURS_ARS,
        "signataire": "Le directeur général",
    }
    return {**valeurs, **champs}


class TestTexts:
    @pytest.fixture
    def administrateur(self, client, db):
        make_commune("71")
        agent = make_agent(Role.ADMINISTRATEUR, "region:27")
        client.force_login(agent)
        return agent

    def test_the_administrator_of_the_region_writes_them(self, client, administrateur):
        reponse = client.post(f"{MODELES}add/", make_saisie())
        assert reponse.status_code == 302, reponse.content.decode()
        modele = ModeleCourrier.objects.get()
        evenement = Evenement.objects.get(objet=f"aides.modelecourrier:{modele.pk}")
        assert (evenement.action, evenement.auteur) == ("creer", administrateur)
        assert client.get(f"{MODELES}{modele.pk}/change/").status_code == 200

    @pytest.mark.parametrize(
        ("champs", "dit"),
        [
            ({"introduction": "Montant : {mntant}"}, "{mntant}"),
            ({"introduction": "Accordé : {montant}"}, "{montant}"),
            ({"recours": "Pour {demandeur}"}, "sans repère"),
            ({"a_partir_du": "01/01/2020"}, "un jour à venir"),
            ({"region": "84"}, "region"),
        ],
    )
    def test_a_text_that_cannot_be_used_is_refused_with_why(self, client, administrateur, champs, dit):
        make_commune("69")
        saisie = make_saisie(**champs)
        reponse = client.post(f"{MODELES}add/", saisie)
        assert reponse.status_code == 200
        assert dit in lire(reponse)
        assert "Le directeur général" in lire(reponse)
        assert not ModeleCourrier.objects.exists()

    def test_a_text_in_force_is_history_and_gives_the_next_one(self, client, administrateur):
        saisie = make_saisie()
        hier = timezone.localdate() - timedelta(days=1)
        modele = ModeleCourrier.objects.create(region_id=saisie.pop("region"), **{**saisie, "a_partir_du": hier})
        page = lire(client.get(f"{MODELES}{modele.pk}/change/"))
        assert 'name="_save"' not in page
        assert f"?depuis={modele.pk}" in page
        assert "ARS Bourgogne-Franche-Comté" in lire(client.get(f"{MODELES}add/?depuis={modele.pk}"))

    def test_another_region_and_another_role_do_not_write(self, client, administrateur):
        region = make_commune("69").departement.region_id
        saisie = make_saisie(a_partir_du=timezone.localdate())
        del saisie["region"]
        modele = ModeleCourrier.objects.create(region_id=region, **saisie)
        assert 'name="_save"' not in lire(client.get(f"{MODELES}{modele.pk}/change/"))
        assert client.post(f"{MODELES}{modele.pk}/change/", make_saisie(region="84")).status_code == 403
        client.force_login(make_agent(Role.VALIDEUR, "region:27"))
        assert client.post(f"{MODELES}add/", make_saisie()).status_code == 403
        assert client.post(f"{MODELES}apercu/", make_saisie()).status_code == 403

    @pytest.mark.parametrize("type_courrier", TypeCourrier.values)
    def test_the_preview_is_a_pdf_that_says_so_and_keeps_nothing(self, client, administrateur, type_courrier):
        reponse = client.post(f"{MODELES}apercu/", make_saisie(type=type_courrier, introduction="{{ 7*7 }} {dossier}"))
        assert reponse["Content-Type"] == "application/pdf"
        texte = " ".join(PdfReader(io.BytesIO(reponse.content)).pages[0].extract_text().split())
        assert "Aperçu" in texte
        assert "{{ 7*7 }} 27-2026-000042" in texte
        assert "contact@ars.exemple.fr" in texte
        assert not ModeleCourrier.objects.exists()
        assert not Courrier.objects.exists()

    def test_the_preview_asks_for_the_type(self, client, administrateur):
        assert client.post(f"{MODELES}apercu/", make_saisie(type="")).status_code == 400
        assert client.get(f"{MODELES}apercu/").status_code == 405

    def test_the_text_of_the_portal_is_offered(self, client, administrateur):
        page = lire(client.get(f"{MODELES}add/?type=refus&guichet=ars"))
        assert "R. 421-1" in page
        assert "à instruire" in lire(client.get(f"{MODELES}add/?type=refus&guichet=cpam"))
