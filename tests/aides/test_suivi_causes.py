"""Who is told what a cause changes: the exact set of people, one message a phase, nothing lost nor said twice."""

import re
from datetime import timedelta

import pytest
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management import call_command
from django.utils import timezone

from aides.models import (
    CauseChangement,
    ChangementDroit,
    GenreMessage,
    MessageSuivi,
    StatutMessage,
    Suivi,
)
from aides.services import check
from aides.suivi import envois
from aides.suivi.causes import describe_zones, evaluate_cause
from aides.suivi.chronologie import write_etat
from aides.suivi.depot import (
    file_suivi,
    stop_destinataire,
    stop_suivi,
)
from aides.suivi.messages import open_echeances
from portal.core.models import Envoi
from tests.aides.redactions import TEXTE
from tests.aides.redactions import publish as publish_regle
from tests.aides.suivis_essai import (
    AILLEURS,
    CHANGE,
    INCHANGE,
    bientot,
    draft_arrete,
    follow,
    publish,
    read_courriels,
    read_texte,
    run_envoi,
    work,
)
from tests.zonage.factories_zonage import UserFactory
from zonage.models import Classement
from zonage.services import PublicationImpossible, retract_arrete

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regles_fraiches")]
SECRET = "quelquun.de.precis@exemple.fr"


def count_genres():
    envoyes = MessageSuivi.objects.filter(statut=StatutMessage.ENVOYE).order_by("pk")
    return sorted(envoyes.values_list("genre", flat=True))


def clear(boite):
    for fichier in boite.glob("*.eml"):
        fichier.unlink()


class TestCauses:
    def test_exactly_those_whose_rights_changed_are_told(self, territoire_suivis, boite):
        touches = [follow(f"touche{rang}@exemple.fr") for rang in range(3)]
        follow("inchange@exemple.fr", INCHANGE)
        follow("ailleurs@exemple.fr", AILLEURS)
        follow("infirmier@exemple.fr", profession="infirmier")
        file_suivi(CHANGE, {"profession": "medecin"}, adresse="sans.confirmer@exemple.fr")
        work()
        clear(boite)
        publish(draft_arrete(bientot()))
        work()
        assert {courriel["To"] for courriel in read_courriels(boite)} == {f"touche{r}@exemple.fr" for r in range(3)}
        cause = CauseChangement.objects.get(nature="arrete")
        assert cause.effet_le == bientot()
        assert {c.suivi_id for c in cause.changements.all()} == {suivi.pk for suivi in touches}
        assert {c.effet_le for c in cause.changements.all()} == {bientot()}
        for suivi in touches:
            avant = check(CHANGE, {"profession": "medecin"}, au=bientot() - timedelta(days=1))
            apres = check(CHANGE, {"profession": "medecin"}, au=bientot())
            etats = [{r.dispositif.code: write_etat(r.issue, r.montant) for r in b.concernes} for b in (avant, apres)]
            attendus = {c for c in {*etats[0], *etats[1]} if etats[0].get(c, "") != etats[1].get(c, "")}
            assert {c.dispositif for c in suivi.changements.all()} == attendus

    def test_a_second_run_says_nothing(self, territoire_suivis, boite):
        follow(SECRET)
        publish(draft_arrete(bientot()))
        work()
        envoi = Envoi.objects.get(tache="aides.suivi_zones")
        avant = (MessageSuivi.objects.count(), ChangementDroit.objects.count(), CauseChangement.objects.count())
        clear(boite)
        run_envoi(envoi)
        work()
        fait = describe_zones("medecin", "27")
        assert evaluate_cause("une autre intention", fait, au=timezone.localdate()) == 0
        work()
        assert read_courriels(boite) == []
        assert (MessageSuivi.objects.count(), ChangementDroit.objects.count()) == avant[:2]
        assert CauseChangement.objects.count() == avant[2] + 1

    def test_announced_then_in_force_once_each(self, territoire_suivis, boite):
        follow(SECRET)
        publish(draft_arrete(bientot()))
        work()
        assert count_genres() == [GenreMessage.ANNONCE]
        assert open_echeances(au=bientot() - timedelta(days=1)) == 0
        assert open_echeances(au=bientot()) == 1
        work()
        assert open_echeances(au=bientot()) == 0
        assert work() == 0
        assert count_genres() == [GenreMessage.ANNONCE, GenreMessage.EN_VIGUEUR]
        assert len(list(boite.glob("suivi-annonce-*"))) == len(list(boite.glob("suivi-en-vigueur-*"))) == 1

    def test_what_holds_already_is_said_once(self, territoire_suivis, boite):
        follow(SECRET)
        publish(draft_arrete(timezone.localdate()))
        work()
        assert count_genres() == [GenreMessage.EN_VIGUEUR]
        assert open_echeances(au=bientot()) == 0

    def test_two_follow_ups_of_a_person_make_one_message(self, territoire_suivis, boite):
        follow(SECRET)
        follow(SECRET, statut="etudiant")
        work()
        clear(boite)
        publish(draft_arrete(bientot()))
        work()
        (annonce,) = read_courriels(boite)
        assert len(set(re.findall(r"https://\S+/changements/\d+/", read_texte(annonce)))) == 2

    def test_a_retraction_before_the_day_is_corrected_once_and_the_reminder_dropped(self, territoire_suivis, boite):
        suivi = follow(SECRET)
        depart = Suivi.objects.get(pk=suivi.pk).chronologie
        arrete = publish(draft_arrete(bientot()))
        work()
        nouveau = follow("nouveau@exemple.fr")  # knows the arrêté from the start: was never told of it
        work()
        clear(boite)
        retract_arrete(arrete, par=UserFactory())
        work()
        courriels = {courriel["To"]: courriel for courriel in read_courriels(boite)}
        assert set(courriels) == {SECRET, "nouveau@exemple.fr"}
        assert courriels[SECRET]["Subject"] == "Rectificatif : vos aides ne changent finalement pas"
        assert "Rien ne change finalement" in read_texte(courriels[SECRET])
        assert "retiré" in read_texte(courriels["nouveau@exemple.fr"])
        assert Suivi.objects.get(pk=suivi.pk).chronologie == depart == Suivi.objects.get(pk=nouveau.pk).chronologie
        assert open_echeances(au=bientot()) == 1  # that of the newcomer, about the retraction
        clear(boite)
        work()
        assert SECRET not in {courriel["To"] for courriel in read_courriels(boite)}
        siens = MessageSuivi.objects.filter(destinataire=suivi.destinataire).order_by("genre")
        assert list(siens.values_list("genre", "statut")) == [
            ("annonce", "envoye"),
            ("en_vigueur", "annule"),
            ("rectificatif", "envoye"),
        ]

    def test_taken_back_before_anybody_was_told_nobody_is_told(self, territoire_suivis, boite):
        follow(SECRET)
        work()
        clear(boite)
        arrete = publish(draft_arrete(bientot()))
        retract_arrete(arrete, par=UserFactory())
        work()
        assert read_courriels(boite) == []
        assert not ChangementDroit.objects.exists()

    def test_a_retraction_after_the_day_says_that_it_had_begun(self, territoire_suivis, boite):
        follow(SECRET)
        arrete = publish(draft_arrete(timezone.localdate()))
        work()
        clear(boite)
        retract_arrete(arrete, par=UserFactory())
        work()
        (courriel,) = read_courriels(boite)
        assert "avait pris effet" in read_texte(courriel)

    def test_published_again_after_a_retraction_is_another_cause(self, territoire_suivis, boite):
        follow(SECRET)
        arrete = publish(draft_arrete(bientot()))
        work()
        retract_arrete(arrete, par=UserFactory())
        work()
        clear(boite)
        publish(arrete)
        work()
        assert [c["Subject"][:15] for c in read_courriels(boite)] == ["Vos aides vont "]

    def test_somebody_who_stopped_meanwhile_is_not_written_to(self, territoire_suivis, boite):
        reste, parti = follow("reste@exemple.fr"), follow("parti@exemple.fr")
        work()
        clear(boite)
        publish(draft_arrete(bientot()))
        run_envoi(Envoi.objects.get(tache="aides.suivi_zones"))
        assert MessageSuivi.objects.filter(statut=StatutMessage.A_ENVOYER).count() == 2
        stop_suivi(parti)
        work()
        assert [courriel["To"] for courriel in read_courriels(boite)] == ["reste@exemple.fr"]
        assert not stop_suivi(parti)
        assert stop_destinataire(reste.destinataire) == 1

    def test_a_local_rule_reaches_its_territory(self, territoire_suivis, boite):
        follow(SECRET)
        follow("ailleurs@exemple.fr", AILLEURS)
        work()
        clear(boite)
        publish_regle(TEXTE, timezone.localdate())
        work()
        (courriel,) = read_courriels(boite)
        assert courriel["To"] == SECRET
        assert "Bourse 71" in read_texte(courriel)
        assert list(ChangementDroit.objects.values_list("dispositif", "avant")) == [("bourse_71", "")]


class TestBreakdowns:
    def test_killed_between_mail_and_commit_there_is_one_file(self, territoire_suivis, boite, monkeypatch):
        follow(SECRET)
        work()
        clear(boite)
        publish(draft_arrete(bientot()))
        run_envoi(Envoi.objects.get(tache="aides.suivi_zones"))
        envoi = Envoi.objects.get(tache="aides.suivi_messages", statut="a_envoyer")
        vrai = envois.mark_sent

        def die(message, statut):
            raise RuntimeError("killed here")

        monkeypatch.setattr(envois, "mark_sent", die)
        run_envoi(envoi)
        assert len(list(boite.glob("*.eml"))) == 1
        assert MessageSuivi.objects.get(genre="annonce").statut == StatutMessage.A_ENVOYER
        monkeypatch.setattr(envois, "mark_sent", vrai)
        work()
        assert len(list(boite.glob("*"))) == 1
        assert MessageSuivi.objects.get(genre="annonce").statut == StatutMessage.ENVOYE

    def test_a_mail_server_away_is_waited_for(self, territoire_suivis, boite, settings):
        follow(SECRET)
        work()
        clear(boite)
        publish(draft_arrete(bientot()))
        settings.EMAIL_BACKEND = "tests.aides.test_suivi_causes.EnPanne"
        run_envoi(Envoi.objects.get(tache="aides.suivi_zones"))
        envoi = Envoi.objects.get(tache="aides.suivi_messages", statut="a_envoyer")
        assert not run_envoi(envoi)
        envoi.refresh_from_db()
        assert (envoi.statut, envoi.tentatives) == ("a_envoyer", 0)
        assert SECRET not in envoi.erreur
        settings.EMAIL_BACKEND = "portal.core.courriels.FichiersBackend"
        work()
        assert len(list(boite.glob("*.eml"))) == 1


class EnPanne(BaseEmailBackend):
    def send_messages(self, email_messages):
        raise ConnectionRefusedError(f"no route to the server of {SECRET}")


class TestAgents:
    def test_the_administration_counts_and_shows_no_address(self, territoire_suivis, boite, client):
        follow(SECRET)
        publish(draft_arrete(bientot()))
        work()
        client.force_login(UserFactory(is_staff=True, is_superuser=True))
        for modele in ("suivi", "causechangement", "messagesuivi"):
            liste = client.get(f"/admin/aides/{modele}/")
            assert liste.status_code == 200, modele
            cle = {"suivi": Suivi, "causechangement": CauseChangement, "messagesuivi": MessageSuivi}[
                modele
            ].objects.first()
            fiche = client.get(f"/admin/aides/{modele}/{cle.pk}/change/")
            assert fiche.status_code == 200, modele
            assert "quelquun" not in liste.content.decode() + fiche.content.decode()
        assert "2026-118" in client.get("/admin/aides/causechangement/").content.decode()

    def test_the_command_sends_what_waits_once(self, territoire_suivis, boite, capsys):
        follow(SECRET)
        publish(draft_arrete(bientot()))
        run_envoi(Envoi.objects.get(tache="aides.suivi_zones"))
        call_command("send_suivis")
        assert "Traités : 1, en attente : 0" in capsys.readouterr().out
        call_command("send_suivis")
        assert "Traités : 0, en attente : 0" in capsys.readouterr().out
        assert len(list(boite.glob("suivi-annonce-*.eml"))) == 1

    def test_an_order_taken_back_is_a_draft_again_and_is_taken_back_once(self, territoire_suivis):
        arrete = publish(draft_arrete(bientot()))
        retract_arrete(arrete, par=UserFactory())
        arrete.refresh_from_db()
        assert (arrete.statut, arrete.propose_par, arrete.publie_par) == ("brouillon", None, None)
        with pytest.raises(PublicationImpossible, match="publié ici"):
            retract_arrete(arrete, par=UserFactory())

    def test_only_the_latest_order_is_taken_back_and_the_former_goes_on(self, territoire_suivis):
        depart = list(Classement.objects.filter(publie=True).order_by("pk").values_list("pk", "periode"))
        premier = publish(draft_arrete(bientot()))
        second = publish(draft_arrete(bientot() + timedelta(days=10), numero="2026-200", niveau="zac"))
        with pytest.raises(PublicationImpossible, match="après celui-ci"):
            retract_arrete(premier, par=UserFactory())
        retract_arrete(second, par=UserFactory())
        premier.refresh_from_db()
        assert premier.periode.upper is None
        retract_arrete(premier, par=UserFactory())
        assert list(Classement.objects.filter(publie=True).order_by("pk").values_list("pk", "periode")) == depart
