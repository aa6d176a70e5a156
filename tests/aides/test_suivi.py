"""« Me prévenir si cela change »: the whole life, the exact set of people, one message a phase."""

import json
import logging
import re
import secrets
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from aides.catalogue import catalogue, follow_locaux
from aides.locaux import forget_parametres
from aides.models import (
    CauseChangement,
    ChangementDroit,
    Destinataire,
    EtatSuivi,
    GenreMessage,
    MessageSuivi,
    StatutMessage,
    Suivi,
)
from aides.services import check, clean_faits
from aides.suivi import envois
from aides.suivi.causes import describe_zones, evaluate_cause
from aides.suivi.chronologie import build_chronologie, list_changements, state_on, write_etat
from aides.suivi.depot import (
    AdresseInvalide,
    ProfessionManquante,
    SuiviInconnu,
    confirm_suivi,
    file_suivi,
    purge_non_confirmes,
    stop_destinataire,
    stop_suivi,
)
from aides.suivi.jetons import CONFIRMATION
from aides.suivi.lecture import read_chronologies
from aides.suivi.messages import open_echeances
from portal.core import cache
from portal.core.models import Envoi
from tests.aides.redactions import TEXTE
from tests.aides.redactions import publish as publish_regle
from tests.aides.suivis_essai import (
    AILLEURS,
    CHANGE,
    INCHANGE,
    bientot,
    build_territoire,
    draft_arrete,
    follow,
    publish,
    read_courriels,
    read_jeton,
    read_texte,
    run_envoi,
    work,
)
from tests.zonage.factories_zonage import UserFactory
from zonage import listes
from zonage.models import Classement
from zonage.services import PublicationImpossible, retract_arrete

pytestmark = pytest.mark.django_db
SECRET = "quelquun.de.precis@exemple.fr"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch, settings):
    settings.MAILLAGE_SUIVIS_LIMITE = ""
    monkeypatch.setattr(cache, "DUREE_VERSION", -1.0)
    listes.forget_listes()
    forget_parametres()
    with follow_locaux():
        yield
    listes.forget_listes()
    forget_parametres()


@pytest.fixture
def boite(settings, tmp_path):
    settings.EMAIL_BACKEND = "portal.core.courriels.FichiersBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "courriels")
    settings.MAILLAGE_ADRESSE = "https://maillage.exemple.fr"
    return tmp_path / "courriels"


@pytest.fixture
def territoire(db):
    build_territoire()


def count_genres():
    envoyes = MessageSuivi.objects.filter(statut=StatutMessage.ENVOYE).order_by("pk")
    return sorted(envoyes.values_list("genre", flat=True))


def clear(boite):
    for fichier in boite.glob("*.eml"):
        fichier.unlink()


class TestTimeline:
    FAITS = (
        {"profession": "medecin"},
        {
            "profession": "medecin",
            "statut": "installe",
            "date_installation": "2026-03-31",
            "specialite": "generaliste",
        },
        {"profession": "medecin", "statut": "installe", "date_installation": "2025-01-15", "secteur": "secteur_1"},
        {"profession": "medecin", "statut": "etudiant", "licence_remplacement": True},
        {"profession": "medecin", "statut": "remplacant", "date_debut_remplacement": "2026-06-15"},
        {"profession": "infirmier", "statut": "installe", "date_installation": "2026-11-30"},
        {"profession": "masseur_kinesitherapeute"},
    )

    @pytest.mark.parametrize("rang", range(len(FAITS)))
    def test_is_what_the_check_says_on_each_day_of_ten_years(self, territoire, rang):
        publish_regle(TEXTE, timezone.localdate())
        publish(draft_arrete(bientot()))
        faits = clean_faits(self.FAITS[rang])
        for commune in (CHANGE, AILLEURS):
            suivi = follow(f"a{rang}-{commune}@exemple.fr", commune, **faits)
            du = timezone.localdate()
            jours = {du + timedelta(days=ecart) for ecart in (0, 1, 29, 30, 31, 60, 200, 400, 800, 1200, 2600, 3650)}
            jours |= {
                date.fromisoformat(depuis) + timedelta(days=ecart)
                for pas in suivi.chronologie.values()
                for depuis, _ in pas
                if depuis
                for ecart in (-1, 0, 1)
            }
            for jour in sorted(jour for jour in jours if jour >= du):
                bilan = check(commune, faits, au=jour)
                attendu = {
                    r.dispositif.code: etat for r in bilan.concernes if (etat := write_etat(r.issue, r.montant))
                }
                lu = {code: etat for code in suivi.chronologie if (etat := state_on(suivi.chronologie, code, jour))}
                assert lu == attendu, (commune, jour)

    def test_the_day_that_passes_changes_no_right(self, territoire):
        publish(draft_arrete(bientot()))
        for rang, faits in enumerate(self.FAITS):
            suivi = follow(f"jour{rang}@exemple.fr", **faits)
            du = timezone.localdate()
            for ecart in (1, 29, 30, 100, 250, 365, 800, 1500):
                jour = du + timedelta(days=ecart)
                with connection.cursor() as cursor:
                    lues = read_chronologies(cursor, [suivi.pk], suivi.profession, catalogue(), du=jour)
                assert list_changements(suivi.chronologie, lues[suivi.pk], du=jour) == [], (faits, jour)

    def test_keeps_only_what_turns(self):
        jours = [date(2026, 1, 1), date(2026, 6, 1), date(2027, 1, 1)]
        chronologie = build_chronologie(
            jours, [("a", jours[0], "e"), ("a", jours[1], "e"), ("b", jours[1], "i"), ("c", jours[2], "e")]
        )
        assert chronologie == {
            "a": [[None, "e"], ["2027-01-01", ""]],
            "b": [[None, ""], ["2026-06-01", "i"], ["2027-01-01", ""]],
            "c": [[None, ""], ["2027-01-01", "e"]],
        }
        assert [state_on(chronologie, "b", jour) for jour in (date(2026, 5, 31), jours[1], jours[2])] == ["", "i", ""]
        changement = list_changements(chronologie, {"a": [[None, "e"]]}, du=date(2026, 7, 1))
        assert [(c.dispositif, c.avant, c.apres, c.effet_le) for c in changement] == [
            ("a", "", "e", date(2027, 1, 1)),
            ("b", "i", "", date(2026, 7, 1)),
            ("c", "e", "", date(2027, 1, 1)),
        ]


class TestWholeLife:
    def test_from_the_request_to_the_stop(self, territoire, boite, client):
        adresse = f"/suivi/nouveau/?commune={CHANGE}&profession=medecin&au=2026-11-22"
        page = client.get(adresse)
        assert page.status_code == 200
        assert "Ce qui est gardé" in page.content.decode()
        assert page["X-Robots-Tag"] == "noindex, nofollow"
        reponse = client.post(adresse, {"adresse": SECRET})
        assert (reponse.status_code, reponse["Location"]) == (303, "/suivi/demande/")
        assert Suivi.objects.get().etat == EtatSuivi.EN_ATTENTE
        assert work() == 1
        (confirmation,) = read_courriels(boite)
        assert confirmation["To"] == SECRET
        lien = urlsplit(
            re.search(r"https://maillage\.exemple\.fr(/suivi/confirmer/\S+)", read_texte(confirmation))[0]
        ).path
        assert client.get(lien).status_code == 200
        assert Suivi.objects.get().etat == EtatSuivi.EN_ATTENTE  # a machine that reads mail only followed the link
        reponse = client.post(lien)
        assert reponse.status_code == 303
        suivi = Suivi.objects.get()
        assert suivi.etat == EtatSuivi.ACTIF
        page = client.get(reponse["Location"]).content.decode()
        assert "Actif" in page
        assert SECRET not in page

        clear(boite)
        publish(draft_arrete(bientot()))
        work()
        (annonce,) = read_courriels(boite)
        texte = read_texte(annonce)
        assert annonce["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert "2026-118" in texte
        assert "Un contrat déjà signé va à son terme" in texte
        avant_apres = urlsplit(re.search(r"https://\S+/changements/\d+/", texte)[0]).path
        page = client.get(avant_apres).content.decode()
        assert "consultations avancées" in page
        assert page.count("<article") == ChangementDroit.objects.count()
        assert "2026-118" in client.get(reponse["Location"]).content.decode()

        arret = urlsplit(annonce["List-Unsubscribe"].strip().strip("<>")).path
        assert client.get(arret).status_code == 200
        assert Suivi.objects.get().etat == EtatSuivi.ACTIF
        assert client.post(arret, {"List-Unsubscribe": "One-Click"}).status_code == 200
        suivi.refresh_from_db()
        assert (suivi.etat, suivi.faits, suivi.chronologie) == (EtatSuivi.ARRETE, {}, {})
        assert Destinataire.objects.filter(adresse="", empreinte=None).count() == 1
        assert client.get(reponse["Location"]).status_code == 200
        assert client.get(avant_apres).status_code == 404
        assert MessageSuivi.objects.filter(statut=StatutMessage.PREVU).count() == 0

    def test_a_wrong_address_is_explained_and_nothing_is_kept(self, territoire, client):
        adresse = f"/suivi/nouveau/?commune={CHANGE}&profession=medecin"
        for texte in ("", "pas une adresse", "a@b", f"{'a' * 250}@exemple.fr", "a@exemple.fr\nBcc: b@exemple.fr"):
            reponse = client.post(adresse, {"adresse": texte})
            assert reponse.status_code == 400, texte
            assert "nom@exemple.fr" in reponse.content.decode()
        assert not Suivi.objects.exists()
        assert not Destinataire.objects.exists()

    def test_without_commune_or_profession_the_questions_come_first(self, territoire, client):
        assert client.get("/suivi/nouveau/?profession=medecin")["Location"].startswith("/aides/verifier/")
        assert client.get("/suivi/nouveau/?profession=boulanger").status_code == 400
        with pytest.raises(ProfessionManquante):
            file_suivi(CHANGE, {}, adresse=SECRET)

    def test_links_that_are_not_ours_are_refused(self, territoire, client):
        for chemin in ("confirmer/x/", f"confirmer/{'A' * 32}/", f"arret/{'A' * 32}/", f"{'A' * 32}/", "a%00b/"):
            assert client.get(f"/suivi/{chemin}").status_code == 404, chemin
            assert client.post(f"/suivi/{chemin}").status_code in (404, 405), chemin

    def test_the_same_page_whether_the_address_is_known_or_not(self, territoire, boite, client):
        follow(SECRET)
        work()
        clear(boite)
        adresse = f"/suivi/nouveau/?commune={CHANGE}&profession=medecin"
        connue = client.post(adresse, {"adresse": SECRET.upper()})
        inconnue = client.post(adresse, {"adresse": "autre@exemple.fr"})
        assert (connue.status_code, connue["Location"]) == (inconnue.status_code, inconnue["Location"])
        work()
        assert [courriel["To"] for courriel in read_courriels(boite)] == ["autre@exemple.fr"]

    def test_requests_are_limited_by_mailbox_and_by_caller(self, territoire, boite, client, settings):
        settings.MAILLAGE_CONFIRMATIONS_PAR_JOUR = 2
        for commune in (CHANGE, INCHANGE, AILLEURS, CHANGE):
            file_suivi(commune, {"profession": "medecin"}, adresse=SECRET)
            work()
        assert Suivi.objects.count() == 2
        assert len(read_courriels(boite)) == 2
        reseau = f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"  # counted for a day: never met before
        settings.MAILLAGE_SUIVIS_LIMITE = "1/d"
        adresse = f"/suivi/nouveau/?commune={CHANGE}&profession=medecin"
        codes = [
            client.post(adresse, {"adresse": f"x{i}@exemple.fr"}, REMOTE_ADDR=reseau).status_code for i in range(2)
        ]
        assert codes == [303, 429]

    def test_a_request_nobody_confirms_is_erased_after_seven_days(self, territoire):
        file_suivi(CHANGE, {"profession": "medecin"}, adresse=SECRET)
        garde = follow("confirme@exemple.fr")
        suivi = Suivi.objects.exclude(pk=garde.pk).get()
        maintenant = timezone.now()
        assert purge_non_confirmes(le=maintenant + timedelta(days=6)) == 0
        assert purge_non_confirmes(le=maintenant + timedelta(days=8)) == 1
        assert not Suivi.objects.filter(pk=suivi.pk).exists()
        assert list(Destinataire.objects.exclude(adresse="").values_list("adresse", flat=True)) == [
            "confirme@exemple.fr"
        ]

    def test_a_link_too_old_confirms_nothing(self, territoire):
        suivi = file_suivi(CHANGE, {"profession": "medecin"}, adresse=SECRET).suivi
        Suivi.objects.update(cree_le=timezone.now() - timedelta(days=8))
        with pytest.raises(SuiviInconnu, match="ne sert plus"):
            confirm_suivi(read_jeton(suivi, CONFIRMATION))

    def test_a_link_still_works_after_the_secret_of_the_portal_changed(self, territoire, settings):
        suivi = file_suivi(CHANGE, {"profession": "medecin"}, adresse=SECRET).suivi
        jeton = read_jeton(suivi, CONFIRMATION)
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "une-autre-cle-" * 5
        assert confirm_suivi(jeton).etat == EtatSuivi.ACTIF
        assert read_jeton(suivi, CONFIRMATION) == jeton


class TestCauses:
    def test_exactly_those_whose_rights_changed_are_told(self, territoire, boite):
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

    def test_a_second_run_says_nothing(self, territoire, boite):
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

    def test_announced_then_in_force_once_each(self, territoire, boite):
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

    def test_what_holds_already_is_said_once(self, territoire, boite):
        follow(SECRET)
        publish(draft_arrete(timezone.localdate()))
        work()
        assert count_genres() == [GenreMessage.EN_VIGUEUR]
        assert open_echeances(au=bientot()) == 0

    def test_two_follow_ups_of_a_person_make_one_message(self, territoire, boite):
        follow(SECRET)
        follow(SECRET, statut="etudiant")
        work()
        clear(boite)
        publish(draft_arrete(bientot()))
        work()
        (annonce,) = read_courriels(boite)
        assert len(set(re.findall(r"https://\S+/changements/\d+/", read_texte(annonce)))) == 2

    def test_a_retraction_before_the_day_is_corrected_once_and_the_reminder_dropped(self, territoire, boite):
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

    def test_taken_back_before_anybody_was_told_nobody_is_told(self, territoire, boite):
        follow(SECRET)
        work()
        clear(boite)
        arrete = publish(draft_arrete(bientot()))
        retract_arrete(arrete, par=UserFactory())
        work()
        assert read_courriels(boite) == []
        assert not ChangementDroit.objects.exists()

    def test_a_retraction_after_the_day_says_that_it_had_begun(self, territoire, boite):
        follow(SECRET)
        arrete = publish(draft_arrete(timezone.localdate()))
        work()
        clear(boite)
        retract_arrete(arrete, par=UserFactory())
        work()
        (courriel,) = read_courriels(boite)
        assert "avait pris effet" in read_texte(courriel)

    def test_published_again_after_a_retraction_is_another_cause(self, territoire, boite):
        follow(SECRET)
        arrete = publish(draft_arrete(bientot()))
        work()
        retract_arrete(arrete, par=UserFactory())
        work()
        clear(boite)
        publish(arrete)
        work()
        assert [c["Subject"][:15] for c in read_courriels(boite)] == ["Vos aides vont "]

    def test_somebody_who_stopped_meanwhile_is_not_written_to(self, territoire, boite):
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

    def test_a_local_rule_reaches_its_territory(self, territoire, boite):
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
    def test_killed_between_the_mail_and_the_commit_there_is_still_one_file(self, territoire, boite, monkeypatch):
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

    def test_a_mail_server_away_is_waited_for(self, territoire, boite, settings):
        follow(SECRET)
        work()
        clear(boite)
        publish(draft_arrete(bientot()))
        settings.EMAIL_BACKEND = "tests.aides.test_suivi.EnPanne"
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


class TestSecrets:
    def test_the_address_is_in_no_log_no_intent_no_address_and_no_name(self, territoire, boite, client, caplog):
        caplog.set_level(logging.DEBUG)
        adresse = f"/suivi/nouveau/?commune={CHANGE}&profession=medecin"
        reponses = [client.post(adresse, {"adresse": SECRET})]
        work()
        suivi = Suivi.objects.get()
        reponses.append(client.post(f"/suivi/confirmer/{read_jeton(suivi, CONFIRMATION)}/"))
        publish(draft_arrete(bientot()))
        work()
        intentions = json.dumps(list(Envoi.objects.values_list("tache", "arguments", "cle", "erreur")))
        noms = [
            str(o)
            for m in (Destinataire, Suivi, MessageSuivi, ChangementDroit, CauseChangement)
            for o in m.objects.all()
        ]
        fichiers = [fichier.name for fichier in boite.glob("*")]
        vus = "\n".join([caplog.text, intentions, *noms, *fichiers, *(r["Location"] for r in reponses)])
        assert "quelquun" not in vus
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM aides_suivi s WHERE s::text LIKE '%%quelquun%%'")
            assert cursor.fetchone()[0] == 0

    def test_tokens_are_stored_as_digests_only(self, territoire):
        suivi = follow(SECRET)
        jetons = [read_jeton(suivi), read_jeton(suivi, CONFIRMATION)]
        with connection.cursor() as cursor:
            cursor.execute("SELECT s::text FROM aides_suivi s")
            texte = cursor.fetchone()[0]
        assert all(len(jeton) == 32 and jeton not in texte for jeton in jetons)

    def test_the_address_is_erased_with_the_last_follow_up(self, territoire):
        premier, second = follow(SECRET), follow(SECRET, INCHANGE)
        stop_suivi(premier)
        assert Destinataire.objects.get().adresse == SECRET
        stop_suivi(second)
        assert (Destinataire.objects.get().adresse, Destinataire.objects.get().empreinte) == ("", None)
        assert follow(SECRET).destinataire_id != premier.destinataire_id

    def test_a_header_cannot_be_slipped_in(self):
        with pytest.raises(AdresseInvalide):
            file_suivi(CHANGE, {"profession": "medecin"}, adresse="a@exemple.fr\r\nBcc: b@exemple.fr")


class TestAgents:
    def test_the_administration_counts_and_shows_no_address(self, territoire, boite, client):
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

    def test_the_command_sends_what_waits_once(self, territoire, boite, capsys):
        follow(SECRET)
        publish(draft_arrete(bientot()))
        run_envoi(Envoi.objects.get(tache="aides.suivi_zones"))
        call_command("send_suivis")
        assert "Traités : 1, en attente : 0" in capsys.readouterr().out
        call_command("send_suivis")
        assert "Traités : 0, en attente : 0" in capsys.readouterr().out
        assert len(list(boite.glob("suivi-annonce-*.eml"))) == 1

    def test_an_agent_takes_an_order_back_from_the_list(self, territoire, client):
        arrete = publish(draft_arrete(bientot()))
        client.force_login(UserFactory(is_staff=True, is_superuser=True))
        reponse = client.post(
            "/admin/zonage/arrete/", {"action": "retract", "_selected_action": [arrete.pk]}, follow=True
        )
        assert "rectificatif" in reponse.content.decode()
        arrete.refresh_from_db()
        assert (arrete.statut, arrete.propose_par, arrete.publie_par) == ("brouillon", None, None)
        with pytest.raises(PublicationImpossible, match="publié ici"):
            retract_arrete(arrete, par=UserFactory())

    def test_only_the_latest_order_is_taken_back_and_the_former_goes_on(self, territoire):
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
