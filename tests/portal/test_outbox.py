"""The outbox: intents, attempts, fence, quarantine. Real PostgreSQL; the queue is not needed here."""

import logging
from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from portal.accounts.enums import Role
from portal.core import relais, taches
from portal.core.models import Creneau, Envoi, Evenement
from portal.core.outbox import RelancerImpossible, cancel, emit, post, read_etat, relaunch
from portal.core.relais import deliver_here, take
from portal.core.taches import Course, MainPerdue, Reporte, begin, perform
from tests.people import make_agent

pytestmark = pytest.mark.django_db


def envoyer(*arguments, tache="essai.tache", cle=""):
    """An intent that the relay has just sent: (row, jeton)."""
    envoi = post(tache, *arguments, cle=cle)
    take(1)
    envoi.refresh_from_db()
    return envoi, envoi.jeton


def rendre_du(envoi):
    Envoi.objects.filter(pk=envoi.pk).update(prochain_essai_le=timezone.now() - timedelta(hours=1))


def echouer(*arguments):
    raise ValueError("Madame Untel, 12 rue des Lilas")


class TestPost:
    @pytest.mark.django_db(transaction=True)
    def test_an_intent_outside_an_act_is_refused(self):
        with pytest.raises(RuntimeError, match="inside its transaction"):
            post("essai.tache")
        assert not Envoi.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_an_act_that_fails_leaves_no_intent(self):
        @transaction.atomic
        def act():
            post("essai.tache", 1)
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            act()
        assert not Envoi.objects.exists()

    def test_the_same_key_is_one_intent_until_it_has_left(self):
        premier = post("essai.tache", "medecin", cle="zones:medecin")
        assert post("essai.tache", "medecin", cle="zones:medecin").pk == premier.pk
        assert post("essai.tache", "dentiste", cle="zones:medecin").pk != premier.pk
        assert post("essai.autre", "medecin", cle="zones:medecin").pk != premier.pk
        take(10)
        assert post("essai.tache", "medecin", cle="zones:medecin").pk != premier.pk

    def test_without_a_key_nothing_is_shared(self):
        assert post("essai.tache").pk != post("essai.tache").pk

    @pytest.mark.parametrize("valeur", [True, None, 1.5, {"nom": "x"}, ["x"], "x" * 201])
    def test_only_short_codes_and_integers_travel(self, valeur):
        with pytest.raises(TypeError):
            post("essai.tache", valeur)

    def test_a_delay_is_counted_from_now(self):
        envoi = post("essai.tache", dans=timedelta(minutes=5))
        assert take(10) == []
        assert envoi.prochain_essai_le > timezone.now() + timedelta(minutes=4)

    def test_a_subject_reaches_each_subscriber(self, settings):
        settings.MAILLAGE_ABONNEMENTS = {"zonage.zones": ["essai.a", "essai.b"]}
        assert [envoi.tache for envoi in emit("zonage.zones", "medecin")] == ["essai.a", "essai.b"]
        assert emit("personne.ecoute") == []


class TestPerform:
    def test_the_effect_and_the_end_are_one(self):
        envoi, jeton = envoyer("71076")
        vus = []
        assert perform(vus.append, envoi.pk, jeton)
        envoi.refresh_from_db()
        assert (vus, envoi.statut, envoi.tentatives) == (["71076"], Envoi.Statut.FAIT, 1)
        assert envoi.fait_le is not None

    def test_a_second_delivery_does_nothing(self):
        envoi, jeton = envoyer("71076")
        vus = []
        perform(vus.append, envoi.pk, jeton)
        assert not perform(vus.append, envoi.pk, jeton)
        assert not perform(vus.append, envoi.pk, jeton, rendu=True)
        assert vus == ["71076"]

    def test_a_failure_undoes_what_was_written_and_says_no_name(self, caplog):
        envoi, jeton = envoyer(1)

        def ecrire_puis_echouer(_):
            Creneau.objects.create(nom="effet", creneau="x")
            echouer()

        with caplog.at_level(logging.INFO, logger="maillage.taches"):
            assert not perform(ecrire_puis_echouer, envoi.pk, jeton)
        envoi.refresh_from_db()
        assert not Creneau.objects.exists()
        assert envoi.statut == Envoi.Statut.A_ENVOYER
        assert envoi.erreur == "ValueError : la tâche s'est arrêtée sur une erreur"
        assert "Lilas" not in caplog.text

    @pytest.mark.parametrize(
        ("erreur", "phrase"),
        [(SoftTimeLimitExceeded(), "dépassé son délai"), (OperationalError("x"), "la base n'a pas répondu")],
    )
    def test_the_sentence_follows_the_kind_of_error(self, erreur, phrase):
        envoi, jeton = envoyer()

        def lever():
            raise erreur

        perform(lever, envoi.pk, jeton)
        envoi.refresh_from_db()
        assert phrase in envoi.erreur

    def test_five_failures_end_in_quarantine_with_growing_waits(self):
        envoi = post("essai.tache", 1)
        attentes = []
        for _essai in range(5):
            rendre_du(envoi)
            take(1)
            envoi.refresh_from_db()
            avant = timezone.now()
            perform(echouer, envoi.pk, envoi.jeton)
            envoi.refresh_from_db()
            attentes.append(round((envoi.prochain_essai_le - avant).total_seconds()))
        assert envoi.statut == Envoi.Statut.QUARANTAINE
        # one transaction here: now() is its beginning, a second or less before
        assert all(abs(lu - voulu) <= 2 for lu, voulu in zip(attentes, [6, 12, 24, 48, 96], strict=True))
        rendre_du(envoi)
        assert take(10) == []

    def test_a_task_that_kills_its_process_reaches_quarantine(self):
        """Nothing is written after the count: what is left of a killed process."""
        envoi = post("essai.tache", 1)
        executions = 0
        for _ in range(20):
            rendre_du(envoi)
            relais.Relais(periodiques=[]).quarantine()
            for envoi_id, _tache, jeton, _envois in take(1):
                while begin(envoi_id, jeton, rendu=executions > 0):
                    executions += 1
        envoi.refresh_from_db()
        assert executions == 5
        assert envoi.statut == Envoi.Statut.QUARANTAINE
        assert "arrêt brutal" in envoi.erreur

    def test_a_late_worker_writes_nothing(self):
        envoi, jeton = envoyer(1)
        course, _ = begin(envoi.pk, jeton, rendu=False)
        rendre_du(envoi)
        ((_, _, nouveau, _),) = take(1)
        assert nouveau == jeton + 1
        with pytest.raises(MainPerdue), course.tranche():
            Creneau.objects.create(nom="tard", creneau="x")
        assert not Creneau.objects.exists()
        assert begin(envoi.pk, jeton, rendu=True) is None
        assert perform(lambda _: None, envoi.pk, nouveau)

    def test_a_message_given_twice_before_it_began_keeps_its_jeton(self):
        """A queue that is only slow: sending again must not spoil the message that waits in it."""
        envoi, jeton = envoyer(1)
        rendre_du(envoi)
        ((_, _, encore, _),) = take(1)
        assert encore == jeton
        vus = []
        assert perform(vus.append, envoi.pk, jeton)
        assert not perform(vus.append, envoi.pk, encore)
        assert vus == [1]

    def test_the_same_message_does_not_begin_twice_unless_the_queue_gives_it_back(self):
        envoi, jeton = envoyer(1)
        assert begin(envoi.pk, jeton, rendu=False)
        assert begin(envoi.pk, jeton, rendu=False) is None
        assert begin(envoi.pk, jeton, rendu=True)

    def test_the_one_that_was_given_back_fences_the_first(self):
        envoi, jeton = envoyer(1)
        premier, _ = begin(envoi.pk, jeton, rendu=False)
        second, _ = begin(envoi.pk, jeton, rendu=True)
        with pytest.raises(MainPerdue), premier.tranche():
            pass
        with second.tranche():
            pass

    def test_an_absent_mail_server_is_not_an_attempt(self):
        envoi, jeton = envoyer(1)

        def reporter(_):
            raise Reporte(timedelta(minutes=10), "le serveur de courrier ne répond pas")

        for _ in range(8):
            perform(reporter, envoi.pk, jeton)
            envoi.refresh_from_db()
            assert (envoi.statut, envoi.tentatives) == (Envoi.Statut.A_ENVOYER, 0)
            rendre_du(envoi)
            ((_, _, jeton, _),) = take(1)
        assert envoi.erreur == "le serveur de courrier ne répond pas"


@pytest.mark.django_db(transaction=True)
class TestAbsentBase:
    def test_a_worker_waits_for_the_base_and_then_begins(self, monkeypatch):
        monkeypatch.setattr(taches.time, "sleep", lambda _: None)
        essais = [OperationalError("x"), OperationalError("x"), None]

        def commencer():
            erreur = essais.pop(0)
            if erreur:
                raise erreur
            return "commencé"

        assert taches.wait_for_base(commencer) == "commencé"

    def test_a_base_that_stays_away_lets_the_message_go_without_an_error(self, monkeypatch):
        monkeypatch.setattr(taches, "ATTENTE_BASE", -1.0)

        def commencer():
            raise OperationalError("secret")

        assert taches.wait_for_base(commencer) is None


class TestLongTasks:
    def test_pieces_are_kept_and_the_rest_is_taken_up(self):
        envoi, jeton = envoyer()

        def long_travail(course: Course):
            for nom in "abc":
                if not Creneau.objects.filter(nom=nom).exists():
                    with course.tranche():
                        Creneau.objects.create(nom=nom, creneau="x")
                    if nom == "b" and course.tentative == 1:
                        raise ValueError

        assert not perform(long_travail, envoi.pk, jeton, atomique=False)
        assert set(Creneau.objects.values_list("nom", flat=True)) == {"a", "b"}
        rendre_du(envoi)
        ((_, _, jeton, _),) = take(1)
        assert perform(long_travail, envoi.pk, jeton, atomique=False)
        assert Creneau.objects.count() == 3

    def test_a_task_that_was_cancelled_stops_at_its_next_piece(self):
        envoi, jeton = envoyer()
        passees = []

        def long_travail(course: Course):
            for tour in range(5):
                with course.tranche():
                    passees.append(tour)
                if tour == 1:
                    assert cancel(envoi.pk, par=None)

        assert not perform(long_travail, envoi.pk, jeton, atomique=False)
        envoi.refresh_from_db()
        assert passees == [0, 1]
        assert envoi.statut == Envoi.Statut.ANNULE

    def test_a_task_is_not_longer_than_what_the_queue_allows(self, settings):
        with pytest.raises(ValueError, match="200 seconds"):
            taches.tache("essai.trop_longue", duree=201)
        limite = taches.DUREE_MAX + 15
        assert limite < settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]


class TestQuarantine:
    @pytest.fixture
    def en_quarantaine(self):
        return Envoi.objects.create(tache="core.battement", statut=Envoi.Statut.QUARANTAINE, tentatives=5, jeton=7)

    def test_relaunched_once_with_five_new_attempts_and_a_trace(self, en_quarantaine):
        relaunch(en_quarantaine.pk, par=None)
        en_quarantaine.refresh_from_db()
        assert (en_quarantaine.statut, en_quarantaine.tentatives) == (Envoi.Statut.A_ENVOYER, 0)
        assert Evenement.objects.get(action="relance").objet == f"core.envoi:{en_quarantaine.pk}"
        with pytest.raises(RelancerImpossible, match="n'est plus en quarantaine"):
            relaunch(en_quarantaine.pk, par=None)
        assert Evenement.objects.filter(action="relance").count() == 1

    def test_the_page_of_the_administration_shows_and_relaunches(self, client, en_quarantaine):
        agent = get_user_model().objects.create_superuser("agent@exemple.fr", password="mot-de-passe-essai-1")
        client.force_login(agent)
        adresse = reverse("admin:core_envoi_changelist")
        assert "En quarantaine : 1." in client.get(adresse).content.decode()
        reponse = client.post(adresse, {"action": "relancer", "_selected_action": [en_quarantaine.pk]}, follow=True)
        assert "1 envoi(s) relancé(s)" in reponse.content.decode()
        assert Evenement.objects.get(action="relance").auteur == agent

    def test_someone_who_may_only_look_cannot_relaunch(self, client, en_quarantaine):
        client.force_login(make_agent(Role.AUDITEUR, "national"))
        adresse = reverse("admin:core_envoi_changelist")
        assert client.get(adresse).status_code == 200
        client.post(adresse, {"action": "relancer", "_selected_action": [en_quarantaine.pk]})
        en_quarantaine.refresh_from_db()
        assert en_quarantaine.statut == Envoi.Statut.QUARANTAINE


class TestState:
    def test_what_waits_is_counted(self):
        assert read_etat().plus_ancien is None
        envoyer(1)
        post("essai.tache", 2)
        Envoi.objects.create(tache="x", statut=Envoi.Statut.QUARANTAINE)
        etat = read_etat()
        assert (etat.a_envoyer, etat.envoyes, etat.quarantaine) == (1, 1, 1)
        assert etat.plus_ancien >= 0

    def test_the_database_refuses_an_unknown_state(self):
        with pytest.raises(Exception, match="envoi_statut_connu"), transaction.atomic():
            Envoi.objects.create(tache="x", statut="perdu")

    def test_the_purge_erases_what_is_done_and_old_and_nothing_else(self):
        vieux = timezone.now() - timedelta(days=8)
        for statut in Envoi.Statut.values:
            fait = vieux if statut == "fait" else None
            Envoi.objects.create(tache="x", statut=statut, cree_le=vieux, fait_le=fait, prochain_essai_le=vieux)
        Envoi.objects.create(tache="x", statut="fait", fait_le=timezone.now())
        Creneau.objects.create(nom="nuit", creneau="2020-01-01", pris_le=timezone.now() - timedelta(days=41))
        Creneau.objects.create(nom="nuit", creneau="2020-01-02")
        with transaction.atomic():
            Envoi.objects.filter(statut__in=["a_envoyer", "envoye"]).update(
                prochain_essai_le=timezone.now() + timedelta(hours=1)
            )
            post("core.purge")
        assert deliver_here() == 1
        assert set(Envoi.objects.values_list("statut", flat=True)) == set(Envoi.Statut.values)
        assert Envoi.objects.filter(statut="fait", tache="x").count() == 1
        assert Creneau.objects.get().creneau == "2020-01-02"


class TestDeliverHere:
    def test_a_task_unknown_here_waits_then_is_set_aside(self):
        envoi = post("essai.inconnue")
        for _ in range(relais.INCONNUE_MAX):
            rendre_du(envoi)
            assert deliver_here(1) == 0
        envoi.refresh_from_db()
        assert envoi.statut == Envoi.Statut.QUARANTAINE
        assert "inconnue" in envoi.erreur

    def test_the_messages_wait_longer_and_longer(self):
        envoi = post("essai.tache")
        attentes = []
        for _ in range(8):
            rendre_du(envoi)
            take(1)
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT extract(epoch FROM prochain_essai_le - now()) FROM core_envoi WHERE id = %s", [envoi.pk]
                )
                attentes.append(round(cursor.fetchone()[0]))
        assert attentes == [6, 12, 24, 48, 96, 192, 300, 300]
