"""The calendar of a person, parsed back; its secret address; and the reminders, once each."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import reverse
from icalendar import Calendar

from aides.contrats.calendrier import build_calendrier, renew_agenda
from aides.contrats.rappels import ask_rappels, send_rappel
from aides.models import Agenda, Echeance, Rappel
from portal.core.models import Envoi
from tests.aides.contrats_essai import aujourdhui, make_contrat
from tests.aides.dossiers_essai import Equipe, make_dossier

pytestmark = pytest.mark.django_db


@pytest.fixture
def equipe() -> Equipe:
    return Equipe()


def read(user):
    agenda = Calendar.from_ical(build_calendrier(user, au=aujourdhui()))
    assert agenda["VERSION"] == "2.0"
    return {str(evenement["UID"]): evenement for evenement in agenda.walk("VEVENT")}


def test_a_holder_reads_whole_days_without_a_name(equipe):
    equipe.demandeur.first_name, equipe.demandeur.last_name = "Camille", "Exemple"
    equipe.demandeur.save()
    contrat = make_contrat(equipe)
    evenements = read(contrat.proprietaire)
    assert len(evenements) == contrat.echeances.filter(le__lte=aujourdhui() + timedelta(days=730)).count() > 0
    for uid, evenement in evenements.items():
        ligne = Echeance.objects.get(pk=int(uid.split("@")[0].removeprefix("echeance-")))
        debut = evenement.decoded("DTSTART")
        assert (type(debut), debut) == (date, ligne.le)
        assert evenement.decoded("DTEND") == ligne.le + timedelta(days=1)
        assert evenement["STATUS"] == "CONFIRMED"
        assert int(evenement["SEQUENCE"]) == ligne.version - 1
    texte = build_calendrier(contrat.proprietaire, au=aujourdhui()).decode()
    assert "Exemple" not in texte
    assert contrat.proprietaire.email not in texte
    assert all(len(ligne.encode()) <= 75 for ligne in texte.split("\r\n"))


def test_a_change_keeps_the_uid_and_a_cancelled_line_says_so(equipe):
    contrat = make_contrat(equipe)
    avant = read(contrat.proprietaire)
    uid = sorted(avant)[0]
    cle = int(uid.split("@")[0].removeprefix("echeance-"))
    ligne = Echeance.objects.get(pk=cle)
    Echeance.objects.filter(pk=cle).update(le=ligne.le + timedelta(days=9), version=ligne.version + 1)
    apres = read(contrat.proprietaire)
    assert set(apres) == set(avant)
    assert apres[uid].decoded("DTSTART") == ligne.le + timedelta(days=9)
    assert int(apres[uid]["SEQUENCE"]) > int(avant[uid]["SEQUENCE"])
    Echeance.objects.filter(pk=cle).update(statut="annulee", version=ligne.version + 2)
    annulee = read(contrat.proprietaire)[uid]
    assert annulee["STATUS"] == "CANCELLED"
    assert int(annulee["SEQUENCE"]) > int(apres[uid]["SEQUENCE"])


def test_an_agent_reads_the_files_that_one_instructs(equipe):
    demande = make_dossier("en_instruction", equipe=equipe)
    evenements = read(equipe.instructeur)
    (uid,) = evenements
    assert uid.startswith(f"demande-{demande.pk}@")
    assert evenements[uid].decoded("DTSTART") == demande.a_traiter_le
    assert demande.numero in str(evenements[uid]["SUMMARY"])
    assert read(equipe.valideur) == {}
    decidee = make_dossier("accordee", equipe=equipe)
    apres = read(equipe.instructeur)
    assert [e["STATUS"] for u, e in apres.items() if str(decidee.pk) in u] == ["CANCELLED"]
    equipe.instructeur.mandats.update(periode=DateRange(aujourdhui() - timedelta(9), aujourdhui() - timedelta(1)))
    equipe.instructeur.__dict__.pop("_portees", None)
    assert read(equipe.instructeur) == {}


def test_the_address_is_secret_replaced_and_revoked(client, equipe):
    contrat = make_contrat(equipe)
    client.force_login(contrat.proprietaire)
    page = client.post(reverse("agenda_renouveler"))
    secret = page.content.decode().split("/contrats/agenda/")[1].split(".ics")[0]
    assert Agenda.objects.get(user=contrat.proprietaire).empreinte != secret
    assert secret not in client.get(reverse("agenda")).content.decode()
    client.logout()
    lu = client.get(reverse("agenda_ics", args=[secret]))
    assert lu.status_code == 200
    assert lu["Content-Type"].startswith("text/calendar")
    assert "no-store" in lu["Cache-Control"]
    assert Calendar.from_ical(lu.content).walk("VEVENT")
    nouveau = renew_agenda(contrat.proprietaire)
    assert client.get(reverse("agenda_ics", args=[secret])).status_code == 404
    assert client.get(reverse("agenda_ics", args=[nouveau])).status_code == 200
    client.force_login(contrat.proprietaire)
    client.post(reverse("agenda_revoquer"))
    client.logout()
    for adresse in (nouveau, "x" * 43, "court", "é" * 43):
        assert client.get(reverse("agenda_ics", args=[adresse])).status_code == 404


def test_a_closed_account_has_no_calendar(client, equipe):
    contrat = make_contrat(equipe)
    secret = renew_agenda(contrat.proprietaire)
    contrat.proprietaire.is_active = False
    contrat.proprietaire.save()
    assert client.get(reverse("agenda_ics", args=[secret])).status_code == 404


def test_reading_too_often_is_refused(client, equipe, settings):
    settings.MAILLAGE_AGENDA_LIMITE = "3/h"
    secret = renew_agenda(equipe.demandeur)
    statuts = [client.get(reverse("agenda_ics", args=[secret])).status_code for _ in range(5)]
    assert statuts == [200, 200, 200, 429, 429]


@pytest.mark.parametrize(("jours", "seuil"), [(30, "j30"), (8, "j30"), (7, "j7"), (0, "j7"), (-1, "retard")])
def test_each_threshold_is_told_once_to_each(equipe, jours, seuil):
    contrat = make_contrat(equipe)
    contrat.echeances.update(le=aujourdhui() + timedelta(days=400))
    ligne = contrat.echeances.filter(nature="obligation").first()
    Echeance.objects.filter(pk=ligne.pk).update(le=aujourdhui() + timedelta(days=jours))
    assert ask_rappels(aujourdhui()) == 2  # the holder and the instructor
    assert ask_rappels(aujourdhui()) == 0
    assert set(Rappel.objects.values_list("seuil", flat=True)) == {seuil}
    assert Envoi.objects.filter(tache="aides.courriel_rappel").count() == 2
    Echeance.objects.filter(pk=ligne.pk).update(le=aujourdhui() + timedelta(days=60))
    assert ask_rappels(aujourdhui()) == 0


def test_nobody_is_reminded_of_what_is_far_kept_or_ended(equipe):
    contrat = make_contrat(equipe)
    contrat.echeances.update(le=aujourdhui() + timedelta(days=31))
    assert ask_rappels(aujourdhui()) == 0
    contrat.echeances.filter(nature="obligation").update(le=aujourdhui(), statut="tenue")
    assert ask_rappels(aujourdhui()) == 0


def test_the_message_names_nobody_and_leaves_once(equipe, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    equipe.demandeur.first_name, equipe.demandeur.last_name = "Camille", "Exemple"
    equipe.demandeur.save()
    contrat = make_contrat(equipe)
    contrat.echeances.update(le=aujourdhui() + timedelta(days=400))
    ligne = contrat.echeances.filter(nature="obligation").first()
    Echeance.objects.filter(pk=ligne.pk).update(le=aujourdhui() - timedelta(days=2))
    ask_rappels(aujourdhui())
    cles = list(Rappel.objects.order_by("pk").values_list("pk", flat=True))
    assert [send_rappel(cle) for cle in cles] == [True, True]
    assert [send_rappel(cle) for cle in cles] == [False, False]
    assert len(mail.outbox) == 2
    for message in mail.outbox:
        assert "Exemple" not in message.subject + message.body
        assert contrat.numero in message.subject
        assert "dépassée" in message.subject


def test_what_was_settled_meanwhile_is_not_told(equipe):
    contrat = make_contrat(equipe)
    contrat.echeances.filter(nature="obligation").update(le=aujourdhui())
    ask_rappels(aujourdhui())
    contrat.echeances.filter(nature="obligation").update(statut="tenue")
    obligations = Rappel.objects.filter(echeance__nature="obligation")
    assert obligations.exists()
    assert not any(send_rappel(cle) for cle in obligations.values_list("pk", flat=True))
