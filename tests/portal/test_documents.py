"""Documents kept, analysed and given back: never before « sain », never from a path that somebody typed."""

import contextlib
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django import forms
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.http import Http404
from django.test import RequestFactory
from django.utils import timezone

from portal.accounts.models import User
from portal.core import antivirus, stockage
from portal.core.analyses import ask_missing, count_retards, record_analyse, sweep
from portal.core.antivirus import AntivirusMuet, find_menace, read_adresse
from portal.core.ceinture import ROLE_WEB, as_systeme, clear_ceinture, set_ceinture
from portal.core.documents import (
    DocumentRefuse,
    erase_document,
    is_servable,
    read_octets,
    receive_document,
    serve_document,
    store_document,
)
from portal.core.examen import FichierAccepte
from portal.core.forms import DocumentField
from portal.core.models import Document, Envoi, Evenement
from portal.core.models.documents import StatutAnalyse
from portal.core.relais import deliver_here
from portal.core.televersement import TailleMiddleware
from portal.core.verifications import check_antivirus, tell_antivirus
from tests.corpus import fabrique
from tests.corpus.hostiles import FABRIQUES, read_table
from tests.portal.clamd_essai import start_clamd

pytestmark = pytest.mark.django_db
SAIN = FichierAccepte("pièce n° 1.pdf", "application/pdf", fabrique.pdf())
INFECTE = FichierAccepte("nom prenom.pdf", "application/pdf", fabrique.pdf(fabrique.flux(fabrique.EICAR, b"")))


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def personne(db):
    return User.objects.create_user("personne@exemple.fr", "un-mot-de-passe-long")


@pytest.fixture
def clamd(settings):
    with start_clamd() as serveur:
        settings.MAILLAGE_ANTIVIRUS = serveur.reglage
        yield serveur


def receive(personne, fichier=SAIN) -> Document:
    return receive_document(fichier, proprietaire=personne, depose_par=personne)


def files(media: Path, dossier: str = "documents") -> list[Path]:
    return sorted(chemin for chemin in (media / dossier).rglob("*") if chemin.is_file())


def statut(document: Document) -> str:
    return Document.objects.get(pk=document.pk).statut


class TestKeeping:
    def test_the_bytes_are_under_a_random_key_closed_to_others(self, personne, media):
        document = receive(personne)
        (chemin,) = files(media)
        assert chemin == media / "documents" / document.cle
        assert stockage.CLE.fullmatch(document.cle)
        assert chemin.stat().st_mode & 0o777 == 0o600
        assert chemin.read_bytes() == read_octets(document) == SAIN.octets
        assert (document.nom, document.taille) == ("pièce n° 1.pdf", len(SAIN.octets))

    def test_the_same_file_twice_makes_two_documents(self, personne, media):
        assert receive(personne).cle != receive(personne).cle
        assert len(files(media)) == 2

    def test_a_refused_file_leaves_nothing(self, personne, media):
        with pytest.raises(DocumentRefuse):
            receive(personne, SimpleUploadedFile("a.pdf", b"<html>"))
        assert (Document.objects.count(), files(media)) == (0, [])

    def test_a_name_that_climbs_stays_in_the_folder(self, personne, media):
        document = receive(personne, SimpleUploadedFile("../../etc/cron.d/x.pdf", SAIN.octets))
        assert document.nom == "x.pdf"
        assert [chemin.parent.parent for chemin in files(media.parent, ".")] == [media / "documents"]

    @pytest.mark.parametrize("cle", ["../../etc/passwd", "/etc/passwd", "aa/%2e%2e", "", "aa/" + "g" * 64])
    def test_no_other_key_is_a_path(self, cle):
        with pytest.raises(ValueError, match="storage key"):
            stockage.build_chemin(cle)

    def test_a_link_put_in_the_folder_is_not_followed(self, personne, media):
        document = receive(personne)
        (chemin,) = files(media)
        chemin.unlink()
        chemin.symlink_to("/etc/hostname")
        with pytest.raises(stockage.OctetsAbsents):
            stockage.load_octets(document.cle)
        with pytest.raises(Http404):
            serve_document(document, agent=True)

    def test_changed_bytes_are_never_served(self, personne, media):
        document = receive(personne)
        files(media)[0].write_bytes(b"%PDF-1.7 autre chose")
        with pytest.raises(Http404):
            serve_document(document, agent=True)

    def test_a_write_that_fails_leaves_neither_row_nor_bytes(self, personne, media, monkeypatch):
        def fail(*arguments):
            raise OSError("disk full")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="disk full"):
            receive(personne)
        assert (Document.objects.count(), files(media)) == (0, [])

    def test_erasing_takes_the_bytes_once_it_is_certain(self, personne, media, django_capture_on_commit_callbacks):
        document = receive(personne)
        with django_capture_on_commit_callbacks(execute=True):
            erase_document(document)
            assert len(files(media)) == 1
        assert (Document.objects.count(), files(media)) == (0, [])


class TestServing:
    @pytest.mark.parametrize(
        ("type_mime", "servi"),
        [
            ("application/pdf", "application/pdf"),
            ("image/png", "image/png"),
            ("image/jpeg", "image/jpeg"),
            ("text/html", "application/octet-stream"),
            ("image/svg+xml", "application/octet-stream"),
        ],
    )
    def test_a_document_is_a_file_to_keep_that_runs_nothing(self, type_mime, servi):
        document = store_document(b"<script>", nom="décision.pdf", type_mime=type_mime)
        reponse = serve_document(document, agent=False)
        assert (reponse.status_code, reponse["Content-Type"]) == (200, servi)
        assert reponse["Content-Disposition"] == "attachment; filename*=utf-8''d%C3%A9cision.pdf"
        assert reponse["X-Content-Type-Options"] == "nosniff"
        assert reponse["Content-Security-Policy"].startswith("sandbox")
        assert reponse["Cache-Control"] == "private, no-store"

    def test_a_name_already_kept_cannot_add_a_header(self):
        document = store_document(b"x", nom="a.pdf", type_mime="application/pdf")
        document.nom = 'a"\r\nSet-Cookie: x=1;.pdf'
        reponse = serve_document(document, agent=True)
        assert "Set-Cookie" not in reponse.headers
        assert "\r" not in reponse["Content-Disposition"]

    def test_the_front_server_may_send_the_bytes(self, settings):
        settings.MAILLAGE_MEDIA_INTERNE = "/_documents"
        document = store_document(b"x", nom="a.pdf", type_mime="application/pdf")
        reponse = serve_document(document, agent=True)
        assert (reponse["X-Accel-Redirect"], reponse.content) == (f"/_documents/{document.cle}", b"")

    @pytest.mark.parametrize(
        ("etat", "agent", "ouvert", "permis"),
        [
            (StatutAnalyse.SAIN, False, True, True),
            (StatutAnalyse.EN_ATTENTE, True, True, False),
            (StatutAnalyse.EN_ATTENTE, False, True, False),
            (StatutAnalyse.INFECTE, True, True, False),
            (StatutAnalyse.NON_ANALYSE, True, True, True),
            (StatutAnalyse.NON_ANALYSE, True, False, False),
            (StatutAnalyse.NON_ANALYSE, False, True, False),
        ],
    )
    def test_who_may_have_it(self, settings, etat, agent, ouvert, permis):
        settings.MAILLAGE_NON_ANALYSE_AUX_AGENTS = ouvert
        document = store_document(b"secret", nom="a.pdf", type_mime="application/pdf")
        document.statut = etat
        reponse = serve_document(document, agent=agent)
        assert is_servable(document, agent=agent) is permis
        assert reponse.status_code == (200 if permis else 409)
        assert (b"secret" in reponse.content) is permis
        assert permis or b"<h1>" in reponse.content


class TestAnalysis:
    def test_without_antivirus_a_document_says_so(self, personne, settings):
        settings.MAILLAGE_ANTIVIRUS = ""
        document = receive(personne)
        assert document.statut == StatutAnalyse.NON_ANALYSE
        assert not Envoi.objects.exists()
        (message,) = tell_antivirus(None)
        assert "les agents seuls" in message.msg
        settings.MAILLAGE_NON_ANALYSE_AUX_AGENTS = False
        assert "nul ne les télécharge" in tell_antivirus(None)[0].msg

    def test_a_clean_document_waits_then_is_served(self, personne, clamd):
        document = receive(personne)
        assert (document.statut, serve_document(document, agent=True).status_code) == ("en_attente", 409)
        deliver_here()
        assert statut(document) == StatutAnalyse.SAIN
        assert clamd.vus == [SAIN.octets]

    def test_an_infected_document_leaves_and_its_depositor_is_told(
        self, personne, clamd, media, django_capture_on_commit_callbacks
    ):
        document = receive(personne, INFECTE)
        with django_capture_on_commit_callbacks(execute=True):
            deliver_here()
        document.refresh_from_db()
        assert document.statut == StatutAnalyse.INFECTE
        assert serve_document(document, agent=True).status_code == 409
        assert (len(files(media)), len(files(media, "quarantaine"))) == (0, 1)
        (message,) = mail.outbox
        assert message.to == ["personne@exemple.fr"]
        assert "nom prenom" not in message.message().as_bytes().decode().lower()
        assert Evenement.objects.get(objet=f"core.document:{document.pk}").action == "fichier_infecte"

    def test_what_the_parser_cannot_tell_is_quarantined(self, personne, clamd):
        attendus = [nom for nom, cas in read_table().items() if cas["attendu"] == "infecté"]
        assert attendus
        for nom in attendus:
            document = receive(personne, SimpleUploadedFile("piece.pdf", FABRIQUES[nom]()))
            deliver_here()
            assert statut(document) == StatutAnalyse.INFECTE

    def test_an_account_without_address_is_not_written_to(self, clamd):
        sans = User.objects.create(email=None)
        receive(sans, INFECTE)
        deliver_here()
        assert mail.outbox == []
        assert not Envoi.objects.exclude(statut=Envoi.Statut.FAIT).exists()

    @pytest.mark.parametrize("humeur", ["muet", "coupe", "plein", "bruit"])
    def test_a_clamd_that_does_not_judge_leaves_the_document_waiting(self, personne, clamd, humeur, monkeypatch):
        monkeypatch.setattr(antivirus, "DELAI", 0.5)
        clamd.humeur = humeur
        document = receive(personne)
        debut = time.monotonic()
        deliver_here()
        assert time.monotonic() - debut < 5
        envoi = Envoi.objects.get(tache="core.analyse_document")
        assert (envoi.statut, envoi.tentatives) == (Envoi.Statut.A_ENVOYER, 0)
        assert "antivirus" in envoi.erreur
        assert statut(document) == StatutAnalyse.EN_ATTENTE
        assert serve_document(document, agent=True).status_code == 409
        clamd.humeur = "sain"
        Envoi.objects.update(prochain_essai_le=timezone.now() - timedelta(hours=1))
        deliver_here()
        assert statut(document) == StatutAnalyse.SAIN

    def test_a_clamd_that_is_killed_is_waited_for(self, personne, settings):
        with start_clamd() as serveur:
            settings.MAILLAGE_ANTIVIRUS = serveur.reglage
        document = receive(personne)
        deliver_here()
        assert statut(document) == StatutAnalyse.EN_ATTENTE

    def test_a_late_analysis_is_said_on_the_page_of_works(self, personne, clamd, client):
        clamd.humeur = "coupe"
        receive(personne)
        assert count_retards() == 0
        Envoi.objects.update(cree_le=timezone.now() - timedelta(minutes=16))
        assert count_retards() == 1
        page = client.get("/travaux/").content.decode()
        assert "1 document attend depuis plus d’un quart d’heure" in page

    def test_what_waits_without_an_intent_is_asked_again_once(self, personne, clamd):
        document = receive(personne)
        Envoi.objects.all().delete()
        assert (ask_missing(), ask_missing()) == (1, 0)
        deliver_here()
        assert statut(document) == StatutAnalyse.SAIN

    def test_an_antivirus_set_later_reads_what_was_never_analysed(self, personne, settings):
        settings.MAILLAGE_ANTIVIRUS = ""
        document = receive(personne, INFECTE)
        assert ask_missing() == 0
        with start_clamd() as serveur:
            settings.MAILLAGE_ANTIVIRUS = serveur.reglage
            assert ask_missing() == 1
            deliver_here()
        assert statut(document) == StatutAnalyse.INFECTE

    def test_an_answer_is_written_once(self, personne, clamd):
        document = receive(personne)
        assert record_analyse(document, StatutAnalyse.INFECTE)
        assert not record_analyse(document, StatutAnalyse.SAIN)
        assert statut(document) == StatutAnalyse.INFECTE

    def test_a_local_socket_serves_too(self, tmp_path):
        with start_clamd(str(tmp_path / "c.sock")) as serveur:
            assert find_menace(b"x", reglage=serveur.reglage) == ""
            assert find_menace(fabrique.EICAR, reglage=serveur.reglage) == "Eicar-Test-Signature"
        with pytest.raises(AntivirusMuet):
            find_menace(b"x", reglage=serveur.reglage)

    @pytest.mark.parametrize(
        "reglage", ["127.0.0.1:3310", "http://a", "clamd:", "clamd://", "clamd://a/b", "clamd://a:x"]
    )
    def test_a_wrong_address_stops_with_a_sentence(self, settings, reglage):
        settings.MAILLAGE_ANTIVIRUS = reglage
        (erreur,) = check_antivirus(None)
        assert "MAILLAGE_ANTIVIRUS s'écrit" in erreur.msg

    def test_the_default_port(self):
        assert read_adresse("clamd://antivirus") == ("antivirus", 3310)


class TestSweep:
    def age(self, chemin: Path, jours: float) -> None:
        instant = time.time() - jours * 24 * 3600
        os.utime(chemin, (instant, instant))

    def receive_and_fail(self, personne) -> None:
        with contextlib.suppress(RuntimeError), transaction.atomic():
            receive(personne)
            raise RuntimeError

    def test_bytes_without_a_row_go_after_a_day_and_no_others(self, personne, media):
        garde = receive(personne)
        self.receive_and_fail(personne)
        provisoire = media / "documents" / "aa" / "reste.tmp"
        provisoire.parent.mkdir(exist_ok=True)
        provisoire.write_bytes(b"x")
        assert len(files(media)) == 3
        assert sweep() == 0
        for chemin in files(media):
            self.age(chemin, 1.1)
        assert sweep() == 2
        assert files(media) == [media / "documents" / garde.cle]

    def test_the_quarantine_is_emptied_after_a_week(self, personne, media):
        document = receive(personne)
        stockage.quarantine_octets(document.cle)
        (chemin,) = files(media, "quarantaine")
        self.age(chemin, 6.9)
        assert sweep() == 0
        self.age(chemin, 7.1)
        assert sweep() == 1

    def test_infected_bytes_that_a_death_left_behind_go(self, personne, media):
        document = receive(personne)
        record_analyse(document, StatutAnalyse.INFECTE)  # the move waits for a commit that never comes here
        self.age(files(media)[0], 1.1)
        assert sweep() == 1


@contextlib.contextmanager
def as_web(personne=None):
    """The role of the web, for a person or for nobody."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {ROLE_WEB}")
        set_ceinture(personne=personne and personne.pk)
        try:
            yield
        finally:
            clear_ceinture()
            cursor.execute("RESET ROLE")


class TestSecondBelt:
    def test_a_person_hands_in_and_reads_their_own_alone(self, personne):
        autre = User.objects.create_user("autre@exemple.fr", "un-mot-de-passe-long")
        with as_web(personne):
            receive(personne)
            assert Document.objects.count() == 1
        for qui in (autre, None):
            with as_web(qui):
                assert Document.objects.count() == 0

    def test_the_sweep_refuses_to_run_for_who_does_not_see_everything(self, personne, media):
        receive(personne)
        (chemin,) = files(media)
        os.utime(chemin, (0, 0))
        with as_web(), pytest.raises(PermissionError):
            sweep()
        with as_web(), as_systeme():
            assert sweep() == 0
        assert chemin.exists()


class TestField:
    class Formulaire(forms.Form):
        objet = forms.CharField()
        document = DocumentField()

    def test_a_file_cleaned_is_kept_without_a_second_look(self, personne, monkeypatch):
        formulaire = self.Formulaire({"objet": "x"}, {"document": SimpleUploadedFile("a.pdf", SAIN.octets)})
        assert formulaire.is_valid(), formulaire.errors
        monkeypatch.setattr("portal.core.documents.examine", None)
        assert read_octets(receive(personne, formulaire.cleaned_data["document"])) == SAIN.octets

    @pytest.mark.parametrize(
        ("nom", "octets", "phrase"),
        [
            ("a.pdf", b"<html>", "ne correspond pas"),
            ("a.pdf", b"", "vide"),
            ("a.docx", b"PK", "accepté"),
            (f"{'x' * 400}.pdf", b"", "vide"),
        ],
    )
    def test_a_refused_file_says_why_and_keeps_what_was_typed(self, nom, octets, phrase):
        formulaire = self.Formulaire({"objet": "Ma demande"}, {"document": SimpleUploadedFile(nom, octets)})
        assert not formulaire.is_valid()
        (erreur,) = formulaire.errors["document"]
        assert phrase in erreur
        assert "Ma demande" in formulaire.as_div()

    def test_a_missing_file_is_asked_for(self):
        assert "document" in self.Formulaire({"objet": "x"}, {}).errors


class TestSize:
    def answer(self, chemin: str, taille: str):
        request = RequestFactory().post(chemin, b"", content_type="multipart/form-data; boundary=x")
        request.META["CONTENT_LENGTH"] = taille
        lus = []
        reponse = TailleMiddleware(lambda recue: lus.append(recue))(request)
        return reponse, lus

    @pytest.mark.parametrize(("chemin", "mo"), [("/dossiers/1/", "10 Mo"), ("/admin/x/", "61 Mo")])
    def test_a_gigabyte_is_refused_before_a_byte_is_read(self, chemin, mo):
        reponse, lus = self.answer(chemin, str(1024**3))
        assert (reponse.status_code, lus) == (413, [])
        assert f"Fichier trop volumineux ({mo} au plus)" in reponse.content.decode()

    def test_an_api_caller_gets_its_own_format(self):
        reponse, _ = self.answer("/api/v1/evaluations/", str(1024**3))
        assert (reponse.status_code, reponse["Content-Type"]) == (413, "application/problem+json")

    @pytest.mark.parametrize("taille", ["", "0", "10485760", "-1", "abc"])
    def test_the_rest_goes_through(self, taille):
        _, lus = self.answer("/dossiers/1/", taille)
        assert len(lus) == 1

    def test_the_whole_portal_refuses_it(self, client):
        reponse = client.post("/compte/connexion/", CONTENT_LENGTH=str(1024**3))
        assert reponse.status_code == 413
