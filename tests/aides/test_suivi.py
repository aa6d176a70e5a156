"""« Me prévenir si cela change »: the timeline, the life of a follow-up from the request to the stop, its secrets."""

import json
import logging
import re
import secrets
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.utils import timezone

from aides.catalogue import catalogue
from aides.models import (
    CauseChangement,
    ChangementDroit,
    Destinataire,
    EtatSuivi,
    MessageSuivi,
    StatutMessage,
    Suivi,
)
from aides.services import check, clean_faits
from aides.suivi.chronologie import build_chronologie, list_changements, state_on, write_etat
from aides.suivi.depot import (
    AdresseInvalide,
    ProfessionManquante,
    SuiviInconnu,
    confirm_suivi,
    file_suivi,
    purge_non_confirmes,
    stop_suivi,
)
from aides.suivi.jetons import CONFIRMATION
from aides.suivi.lecture import read_chronologies
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
    read_jeton,
    read_texte,
    work,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regles_fraiches")]
SECRET = "quelquun.de.precis@exemple.fr"


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
    def test_is_what_the_check_says_on_each_day_of_ten_years(self, territoire_suivis, rang):
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

    def test_the_day_that_passes_changes_no_right(self, territoire_suivis):
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
    def test_from_the_request_to_the_stop(self, territoire_suivis, boite, client):
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

    def test_a_wrong_address_is_explained_and_nothing_is_kept(self, territoire_suivis, client):
        adresse = f"/suivi/nouveau/?commune={CHANGE}&profession=medecin"
        for texte in ("", "pas une adresse", "a@b", f"{'a' * 250}@exemple.fr", "a@exemple.fr\nBcc: b@exemple.fr"):
            reponse = client.post(adresse, {"adresse": texte})
            assert reponse.status_code == 400, texte
            assert "nom@exemple.fr" in reponse.content.decode()
        assert not Suivi.objects.exists()
        assert not Destinataire.objects.exists()

    def test_without_commune_or_profession_the_questions_come_first(self, territoire_suivis, client):
        assert client.get("/suivi/nouveau/?profession=medecin")["Location"].startswith("/aides/verifier/")
        assert client.get("/suivi/nouveau/?profession=boulanger").status_code == 400
        with pytest.raises(ProfessionManquante):
            file_suivi(CHANGE, {}, adresse=SECRET)

    def test_links_that_are_not_ours_are_refused(self, territoire_suivis, client):
        for chemin in ("confirmer/x/", f"confirmer/{'A' * 32}/", f"arret/{'A' * 32}/", f"{'A' * 32}/", "a%00b/"):
            assert client.get(f"/suivi/{chemin}").status_code == 404, chemin
            assert client.post(f"/suivi/{chemin}").status_code in (404, 405), chemin

    def test_the_same_page_whether_the_address_is_known_or_not(self, territoire_suivis, boite, client):
        follow(SECRET)
        work()
        clear(boite)
        adresse = f"/suivi/nouveau/?commune={CHANGE}&profession=medecin"
        connue = client.post(adresse, {"adresse": SECRET.upper()})
        inconnue = client.post(adresse, {"adresse": "autre@exemple.fr"})
        assert (connue.status_code, connue["Location"]) == (inconnue.status_code, inconnue["Location"])
        work()
        assert [courriel["To"] for courriel in read_courriels(boite)] == ["autre@exemple.fr"]

    def test_requests_are_limited_by_mailbox_and_by_caller(self, territoire_suivis, boite, client, settings):
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

    def test_a_request_nobody_confirms_is_erased_after_seven_days(self, territoire_suivis):
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

    def test_a_link_too_old_confirms_nothing(self, territoire_suivis):
        suivi = file_suivi(CHANGE, {"profession": "medecin"}, adresse=SECRET).suivi
        Suivi.objects.update(cree_le=timezone.now() - timedelta(days=8))
        with pytest.raises(SuiviInconnu, match="ne sert plus"):
            confirm_suivi(read_jeton(suivi, CONFIRMATION))

    def test_a_link_still_works_after_the_secret_of_the_portal_changed(self, territoire_suivis, settings):
        suivi = file_suivi(CHANGE, {"profession": "medecin"}, adresse=SECRET).suivi
        jeton = read_jeton(suivi, CONFIRMATION)
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "une-autre-cle-" * 5
        assert confirm_suivi(jeton).etat == EtatSuivi.ACTIF
        assert read_jeton(suivi, CONFIRMATION) == jeton


class TestSecrets:
    def test_the_address_is_in_no_log_no_intent_no_address_and_no_name(self, territoire_suivis, boite, client, caplog):
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

    def test_tokens_are_stored_as_digests_only(self, territoire_suivis):
        suivi = follow(SECRET)
        jetons = [read_jeton(suivi), read_jeton(suivi, CONFIRMATION)]
        with connection.cursor() as cursor:
            cursor.execute("SELECT s::text FROM aides_suivi s")
            texte = cursor.fetchone()[0]
        assert all(len(jeton) == 32 and jeton not in texte for jeton in jetons)

    def test_the_address_is_erased_with_the_last_follow_up(self, territoire_suivis):
        premier, second = follow(SECRET), follow(SECRET, INCHANGE)
        stop_suivi(premier)
        assert Destinataire.objects.get().adresse == SECRET
        stop_suivi(second)
        assert (Destinataire.objects.get().adresse, Destinataire.objects.get().empreinte) == ("", None)
        assert follow(SECRET).destinataire_id != premier.destinataire_id

    def test_a_header_cannot_be_slipped_in(self):
        with pytest.raises(AdresseInvalide):
            file_suivi(CHANGE, {"profession": "medecin"}, adresse="a@exemple.fr\r\nBcc: b@exemple.fr")
