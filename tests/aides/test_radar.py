"""What falls due: late first, over one's territory alone, a page after another; the holder's page and its proofs."""

import io
from datetime import timedelta
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import reverse
from pypdf import PdfWriter

from aides.contrats.fin import notify_resiliation
from aides.contrats.paiements import record_obligation
from aides.contrats.preuves import join_preuve
from aides.contrats.radar import FiltresRadar, list_radar
from aides.dossiers.erreurs import TransitionImpossible
from aides.models import Contrat, Echeance
from portal.accounts.enums import Role
from portal.core.models import Evenement
from tests.aides.contrats_essai import aujourdhui, make_contrat, obligations, versements
from tests.aides.dossiers_essai import Equipe
from tests.people import make_agent, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_factor(settings):
    settings.MAILLAGE_DEUX_FACTEURS = False
    settings.MAILLAGE_ANTIVIRUS = ""


@pytest.fixture
def equipe() -> Equipe:
    return Equipe()


def make_pdf() -> SimpleUploadedFile:
    pdf, sortie = PdfWriter(), io.BytesIO()
    pdf.add_blank_page(72, 72)
    pdf.write(sortie)
    return SimpleUploadedFile("preuve.pdf", sortie.getvalue(), "application/pdf")


def make_retard(contrat: Contrat, jours: int = 3) -> Echeance:
    """A duty of the contract whose day is past."""
    ligne = contrat.echeances.filter(nature="obligation").order_by("le", "pk").first()
    Echeance.objects.filter(pk=ligne.pk).update(le=aujourdhui() - timedelta(days=jours))
    ligne.refresh_from_db()
    return ligne


def read(user, **filtres):
    return list_radar(user, FiltresRadar(**filtres), au=aujourdhui())


def test_the_late_come_first_with_what_is_at_risk(equipe):
    contrat = make_contrat(equipe)
    retard = make_retard(contrat)
    lignes, suite = read(equipe.instructeur, horizon=365)
    assert suite is None
    assert lignes[0].echeance == retard
    assert lignes[0].retard
    assert {"sans preuve"} <= set(lignes[0].risques)
    assert [ligne.le for ligne in lignes] == sorted(ligne.le for ligne in lignes)
    assert not any(ligne.retard for ligne in lignes[1:])


def test_a_territory_sees_its_own(equipe):
    make_retard(make_contrat(equipe))
    assert read(equipe.instructeur)[0]
    assert read(make_agent(Role.INSTRUCTEUR, "departement:69"))[0] == []
    assert read(make_agent(Role.AGENT_CPAM, "departement:71"))[0] == []  # paid by the ARS
    assert read(make_user())[0] == []


def test_pages_go_on_after_a_key_and_miss_nothing(equipe):
    contrat = make_contrat(equipe)
    Echeance.objects.filter(contrat=contrat).update(le=aujourdhui())  # many on one day: the key tells them apart
    toutes = list_radar(equipe.instructeur, FiltresRadar(horizon=30), au=aujourdhui())[0]
    assert len(toutes) >= 3
    vues, apres = [], None
    for _ in toutes:
        page, apres = list_radar(equipe.instructeur, FiltresRadar(horizon=30, apres=apres), au=aujourdhui(), taille=1)
        vues += [ligne.cle for ligne in page]
    assert vues == [ligne.cle for ligne in toutes]
    assert apres is None


def test_filters(equipe):
    contrat = make_contrat(equipe)
    make_retard(contrat)
    assert all(ligne.echeance.nature == "versement" for ligne in read(equipe.instructeur, nature="versement")[0])
    assert read(equipe.instructeur, dispositif="cotram")[0] == []
    assert read(equipe.instructeur, dispositif="caim")[0]
    assert read(equipe.instructeur, departement="69")[0] == []


def test_an_instructor_who_left_is_seen(equipe):
    contrat = make_contrat(equipe)
    make_retard(contrat)
    assert "instructeur parti" not in read(equipe.valideur)[0][0].risques
    equipe.instructeur.mandats.update(periode=DateRange(aujourdhui() - timedelta(9), aujourdhui() - timedelta(1)))
    assert "instructeur parti" in read(equipe.valideur)[0][0].risques


def test_terms_and_observations(equipe):
    contrat = make_contrat(equipe)
    assert read(equipe.valideur, vue="termes", horizon=365)[0] == []
    debut, fin = contrat.periode.lower, aujourdhui() + timedelta(days=40)
    Contrat.objects.filter(pk=contrat.pk).update(periode=DateRange(debut, fin))
    (ligne,) = read(equipe.valideur, vue="termes", horizon=90)[0]
    assert ligne.le == fin
    assert ligne.risques[0] in ("renouvellement possible", "sans renouvellement")
    assert read(equipe.valideur, vue="termes", horizon=30)[0] == []
    contrat.refresh_from_db()
    notify_resiliation(
        contrat,
        par=equipe.instructeur,
        initiateur="ars",
        notifiee_le=aujourdhui(),
        effet_le=aujourdhui() + timedelta(days=120),
        commentaire="Engagement non tenu.",
    )
    Contrat.objects.filter(pk=contrat.pk).update(observations_jusqu_au=aujourdhui() + timedelta(days=10))
    (ligne,) = read(equipe.valideur, vue="observations", horizon=30)[0]
    assert ligne.jours == 10


def test_the_page_of_an_agent_and_its_export(client, equipe):
    contrat = make_contrat(equipe)
    make_retard(contrat)
    adresse = reverse("admin:aides_echeance_changelist")
    client.force_login(equipe.instructeur)
    reponse = client.get(adresse)
    assert reponse.status_code == 200
    assert "En retard" in reponse.content.decode()
    assert "no-store" in reponse["Cache-Control"]
    assert client.get(adresse, {"horizon": "7"}).status_code == 422
    assert client.get(adresse, {"apres": "n'importe"}).status_code == 200
    assert client.get(adresse, {"vue": "termes", "apres": "2026-01-01,12"}).status_code == 200
    export = client.get(adresse, {"horizon": "365", "format": "csv"})
    lignes = b"".join(export.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lignes) == 1 + len(read(equipe.instructeur, horizon=365)[0])
    assert Evenement.objects.filter(objet="aides.echeance:radar", action="exporter").count() == 1
    client.force_login(contrat.proprietaire)
    assert client.get(adresse).status_code in (302, 403)


def test_the_page_of_a_holder_and_a_proof(client, equipe):
    contrat = make_contrat(equipe)
    retard = make_retard(contrat)
    client.force_login(contrat.proprietaire)
    texte = unescape(client.get(reverse("contrat_list")).content.decode())
    assert "En retard" in texte
    assert retard.libelle in texte
    adresse = reverse("contrat_preuve", args=[retard.pk])
    sans = client.post(adresse, {})
    assert sans.status_code == 422
    assert "Choisissez un fichier" in sans.content.decode()
    assert client.post(adresse, {"fichier": make_pdf()}).status_code == 302
    retard.refresh_from_db()
    assert retard.piece.demande_id == contrat.demande_id
    assert retard.statut == "prevue"
    assert Evenement.objects.filter(objet=f"aides.echeance:{retard.pk}", action="joindre_preuve").count() == 1
    assert "preuve.pdf" in client.get(reverse("contrat_list")).content.decode()
    assert "sans preuve" not in read(equipe.instructeur)[0][0].risques
    versement = versements(contrat)[0]
    assert client.post(reverse("contrat_preuve", args=[versement.pk]), {"fichier": make_pdf()}).status_code == 422


def test_somebody_elses_duty_is_not_found(client, equipe):
    contrat = make_contrat(equipe)
    ligne = obligations(contrat, contrat.echeances.filter(nature="obligation").first().code)[0]
    for qui in (make_user(), equipe.instructeur):
        client.force_login(qui)
        assert client.post(reverse("contrat_preuve", args=[ligne.pk]), {"fichier": make_pdf()}).status_code == 404
        assert "Vous n’avez pas de contrat" in client.get(reverse("contrat_list")).content.decode()


def test_an_agent_who_observes_a_duty_keeps_its_proof(equipe):
    contrat = make_contrat(equipe)
    retard = join_preuve(make_retard(contrat), make_pdf(), par=contrat.proprietaire)
    constat = record_obligation(retard, par=equipe.instructeur, tenue=True, le=aujourdhui())
    assert constat.piece == retard.piece
    assert constat.piece is not None
    with pytest.raises(TransitionImpossible):
        join_preuve(constat, make_pdf(), par=contrat.proprietaire)
