"""The runs of long jobs: told while they go, stopped on demand, never left « en cours »."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from portal.core.executions import ask_cancel, close_silent, run_execution
from portal.core.models import SILENCE_MAX, Evenement, Execution
from portal.core.templatetags.portail import duree, milliers, nombre, phrase


def start(**champs):
    valeurs = {"nature": "essai", "libelle": "Travail d'essai", "cause": "essai.cle 27", "etapes_prevues": 4, **champs}
    return Execution.objects.create(**valeurs)


def silent(**champs):
    il_y_a = timezone.now() - SILENCE_MAX - timedelta(seconds=1)
    return start(commencee_le=il_y_a, battement_le=il_y_a, **champs)


@pytest.fixture
def agent(db):
    return get_user_model().objects.create_superuser("agent@essai.invalid", "mot-de-passe-d-essai")


class TestRun:
    @pytest.mark.django_db(transaction=True)
    def test_what_it_does_is_told_beside_its_transaction(self):
        vues = []

        def look(numero):
            try:
                une = Execution.objects.get(pk=numero)
                vues.append((une.etape, une.pourcentage, une.lignes_lues, une.etat.value))
            finally:
                connection.close()

        with run_execution("essai", "Travail d'essai", cause="essai", etapes=4) as marche, transaction.atomic():
            for etape in ("Lire", "Écrire"):
                marche.begin(etape)
                marche.add(lues=10)
                autre = threading.Thread(target=look, args=[marche.numero])
                autre.start()
                autre.join()
        assert vues == [("Lire", 0, 0, "en_cours"), ("Écrire", 25, 10, "en_cours")]
        finie = Execution.objects.get()
        assert (finie.statut, finie.lignes_lues, finie.etapes_faites) == ("terminee", 20, 4)
        assert finie.terminee_le is not None

    @pytest.mark.django_db(transaction=True)
    def test_it_stops_at_the_next_step_when_asked_and_undoes_what_it_wrote(self, agent):
        faits = []
        with run_execution("essai", "Travail d'essai", cause="essai", etapes=3) as marche, transaction.atomic():
            marche.begin("Écrire")
            Evenement.objects.create(objet="essai", action="ecrit")
            marche.add(ecrites=1)

            def ask():
                try:
                    assert ask_cancel(marche.execution, par=agent)
                finally:
                    connection.close()

            autre = threading.Thread(target=ask)
            autre.start()
            autre.join()
            marche.begin("Jamais")
            faits.append("jamais")
        finie = Execution.objects.get()
        assert (finie.statut, finie.lignes_ecrites, faits) == ("annulee", 0, [])
        assert list(Evenement.objects.values_list("objet", "action")) == [(f"core.execution:{finie.pk}", "annulation")]
        assert not ask_cancel(finie, par=agent)

    @pytest.mark.django_db(transaction=True)
    def test_a_failure_is_raised_again_and_its_words_are_not_kept(self):
        def fail():
            with (
                run_execution("essai", "Travail d'essai", cause="essai", etapes=1) as marche,
                transaction.atomic(),
            ):
                marche.begin("Écrire")
                Evenement.objects.create(objet="essai", action="ecrit")
                raise ZeroDivisionError("Madame Untel")

        with pytest.raises(ZeroDivisionError):
            fail()
        finie = Execution.objects.get()
        assert (finie.statut, finie.lignes_ecrites) == ("echec", 0)
        assert "Untel" not in finie.erreur
        assert "ZeroDivisionError" in finie.erreur
        assert not Evenement.objects.exists()

    def test_inside_a_transaction_already_open_it_is_told_at_the_end(self, db):
        with run_execution("essai", "Travail d'essai", cause="essai", etapes=2) as marche:
            marche.begin("Une étape")
        assert Execution.objects.get().statut == "terminee"


class TestSilence:
    def test_a_run_that_was_killed_reads_interrupted_before_anybody_writes_so(self, db):
        tuee = silent(etape="Construction")
        assert (tuee.statut, tuee.etat) == ("en_cours", Execution.Statut.INTERROMPUE)
        assert start().etat is Execution.Statut.EN_COURS

    def test_the_next_run_closes_it(self, db):
        tuee, vivante = silent(), start()
        with run_execution("essai", "Autre", cause="essai", etapes=1):
            pass
        tuee.refresh_from_db()
        vivante.refresh_from_db()
        assert (tuee.statut, vivante.statut) == ("interrompue", "en_cours")
        assert close_silent() == 0

    def test_an_ended_run_has_its_end(self, db):
        with pytest.raises(IntegrityError, match="execution_finie_ou_en_cours"), transaction.atomic():
            start(statut=Execution.Statut.TERMINEE)


class TestPages:
    def test_the_list_shows_what_goes_on_and_reads_itself_again(self, client, db):
        start(etape="Construction de la table", etapes_faites=2)
        reponse = client.get(reverse("travaux"))
        page = reponse.content.decode()
        assert reponse.status_code == 200
        assert 'http-equiv="refresh" content="3"' in page
        assert 'value="50"' in page
        assert "Construction de la table" in page
        assert "no-store" in reponse["Cache-Control"]

    def test_the_list_is_still_once_all_is_done(self, client, db, django_assert_max_num_queries):
        for _ in range(40):
            start(statut=Execution.Statut.TERMINEE, terminee_le=timezone.now(), lignes_ecrites=210_084)
        silent()
        with django_assert_max_num_queries(2):
            page = client.get(reverse("travaux")).content.decode()
        assert "http-equiv" not in page
        assert page.count("<tr>") == 31
        assert "210\u202f084" in page

    def test_nothing_yet_says_so(self, client, db):
        assert "Aucun travail" in client.get(reverse("travaux")).content.decode()

    @pytest.mark.parametrize(
        ("statut", "phrase"),
        [("echec", "recommence de lui-même"), ("annulee", "à la demande d’un agent"), ("terminee", "Terminée")],
    )
    def test_a_run_says_how_it_ended(self, client, db, statut, phrase):
        une = start(statut=statut, terminee_le=timezone.now())
        assert phrase in client.get(une.get_absolute_url()).content.decode()

    def test_a_killed_run_says_that_it_is_taken_up_again(self, client, db):
        page = client.get(silent().get_absolute_url()).content.decode()
        assert "ne donne plus signe de vie" in page
        assert "http-equiv" not in page

    def test_an_unknown_run_is_not_found(self, client, db):
        assert client.get(reverse("travail", args=[999])).status_code == 404

    def test_figures_are_written_in_french(self):
        assert duree(timedelta(seconds=0.42)) == "0,4\u00a0s"
        assert duree(timedelta(seconds=59.6)) == "1\u00a0min 0\u00a0s"
        assert duree(timedelta(seconds=185)) == "3\u00a0min 5\u00a0s"
        assert milliers(1_234_567) == "1\u202f234\u202f567"
        assert [nombre(Decimal(un)) for un in ("7.8000", "12.0", "100.455")] == ["7,8", "12", "100,46"]
        assert "".join(nombre(Decimal(130_000)).split()) == "130000"
        assert [phrase(un) for un in ("Ouverte, ACI signé", "ACI signé", "À instruire")] == [
            "ouverte, ACI signé",
            "ACI signé",
            "à instruire",
        ]


class TestAdmin:
    def test_an_agent_asks_a_run_to_stop(self, client, agent):
        client.force_login(agent)
        vivante, finie = start(), start(statut=Execution.Statut.TERMINEE, terminee_le=timezone.now())
        adresse = reverse("admin:core_execution_changelist")
        assert client.get(adresse).status_code == 200
        client.post(adresse, {"action": "annuler", "_selected_action": [vivante.pk, finie.pk]})
        vivante.refresh_from_db()
        finie.refresh_from_db()
        assert (vivante.annulation_demandee, finie.annulation_demandee) == (True, False)
        assert Evenement.objects.get().auteur == agent
