"""The page of a file in the administration: who sees it, what it proposes, what a refused act gives back."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from aides.dossiers.etats import Statut
from aides.dossiers.instruction import add_note, ask_pieces
from aides.models import Demande
from portal.accounts.enums import Role
from portal.accounts.models import Mandat
from portal.core.models import Document, Evenement
from tests.aides.depot_essai import filed
from tests.aides.dossiers_essai import Equipe, make_dossier, make_piece
from tests.people import make_agent, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_factor(settings):
    settings.MAILLAGE_DEUX_FACTEURS = False


@pytest.fixture
def equipe() -> Equipe:
    return Equipe()


def page(demande: Demande) -> str:
    return reverse("admin:aides_demande_change", args=[demande.pk])


def read_page(client, demande: Demande) -> str:
    reponse = client.get(page(demande))
    assert reponse.status_code == 200
    assert "no-store" in reponse["Cache-Control"]
    return reponse.content.decode()


def send(client, demande: Demande, nom: str, *, version: int | None = None, **champs: str):
    prefixe = "pieces" if nom in ("verifier", "corriger", "recevable") else nom
    envoi = {f"{prefixe}-{champ}": valeur for champ, valeur in champs.items()}
    envoi[f"{prefixe}-version"] = str(demande.version if version is None else version)
    reponse = client.post(reverse("admin:aides_demande_acte", args=[demande.pk, nom]), envoi)
    demande.refresh_from_db()
    return reponse


@pytest.mark.parametrize("statut", list(Statut)[1:8])
def test_the_page_of_each_state(client, equipe, statut):
    demande = make_dossier(statut, equipe=equipe)
    client.force_login(equipe.second)
    texte = read_page(client, demande)
    assert texte.count("<h1>") == 1
    assert demande.get_statut_display() in texte
    assert "style=" not in texte.split("<main", 1)[1].split("</main", 1)[0]


def test_missing_and_forbidden_answer_alike(client, equipe):
    demande = make_dossier(equipe=equipe)
    piece = make_piece(demande)
    ailleurs = make_agent(Role.INSTRUCTEUR, "departement:69")
    adresses = [page(demande), reverse("admin:aides_demande_piece", args=[demande.pk, piece.pk])]
    client.force_login(ailleurs)
    assert [client.get(adresse).status_code for adresse in adresses] == [404, 404]
    assert send(client, demande, "noter", commentaire="Moi.").status_code == 404
    Demande.objects.filter(pk=demande.pk).update(guichet="cpam", version=demande.version + 1)
    client.force_login(make_agent(Role.AGENT_CPAM, "departement:71"))
    assert client.get(page(demande)).status_code == 200


def test_ones_own_file_is_not_read_from_this_side(client):
    equipe = Equipe()
    demande = make_dossier(equipe=equipe)
    Mandat.objects.filter(user=equipe.second).update(user=equipe.demandeur)
    client.force_login(equipe.demandeur)
    assert client.get(page(demande)).status_code == 404


def test_a_reader_reads_and_does_nothing(client, equipe):
    demande = make_dossier(equipe=equipe)
    client.force_login(make_agent(Role.LECTEUR, "departement:71"))
    texte = read_page(client, demande)
    assert "/acte/" not in texte
    assert send(client, demande, "noter", commentaire="Non.").status_code == 403
    assert demande.version == 2


def test_reading_is_told_once_a_day_by_agent(client, equipe):
    demande = make_dossier(equipe=equipe)
    for agent in (equipe.instructeur, equipe.instructeur, equipe.valideur):
        client.force_login(agent)
        read_page(client, demande)
    lues = Evenement.objects.filter(action="consulter", objet=f"aides.demande:{demande.pk}")
    assert sorted(lu.auteur_id for lu in lues) == sorted([equipe.instructeur.pk, equipe.valideur.pk])
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        client.force_login(equipe.instructeur)
        read_page(client, demande)
    assert lues.all().count() == 3


def test_verdicts_go_with_the_correction(client, equipe):
    demande = make_dossier(equipe=equipe)
    piece = make_piece(demande)
    client.force_login(equipe.instructeur)
    champs = {f"verdict-{piece.pk}": "refusee", f"remarque-{piece.pk}": "Page 2 absente"}
    refusee = send(client, demande, "corriger", **champs)
    assert refusee.status_code == 422
    assert "Page 2 absente" in refusee.content.decode()
    assert send(client, demande, "verifier", commentaire="Perdu ?", **champs).status_code == 422
    assert send(client, demande, "corriger", commentaire="Joignez-la.", **champs).status_code == 302
    piece.refresh_from_db()
    assert (demande.statut, piece.verdict, piece.remarque) == (Statut.INCOMPLETE, "refusee", "Page 2 absente")


def test_a_stale_form_says_what_changed_and_keeps_what_was_typed(client, equipe):
    demande = make_dossier(equipe=equipe)
    add_note(demande, par=equipe.valideur, commentaire="Vue au téléphone.")
    client.force_login(equipe.instructeur)
    perime = send(client, demande, "corriger", version=2, commentaire="Le bail manque.")
    texte = perime.content.decode()
    assert perime.status_code == 409
    assert "Vue au téléphone." in texte
    assert "Le bail manque." in texte
    assert f'name="pieces-version" value="{demande.version}"' in texte
    assert demande.statut == Statut.DEPOSEE


def test_an_act_no_longer_possible_gives_the_text_back(client, equipe):
    demande = make_dossier(equipe=equipe)
    version = demande.version
    ask_pieces(demande, par=equipe.instructeur, commentaire="Le bail.")
    client.force_login(equipe.valideur)
    champs = {"motif": "Hors zone, vérifié.", "voies_recours": "Deux mois.", "decision_le": "2026-01-01"}
    perime = send(client, demande, "refuser", version=version, **champs)
    assert perime.status_code == 409
    assert "Cet acte n’est plus possible" in perime.content.decode()
    assert "Hors zone, vérifié." in perime.content.decode()


def test_three_people_lead_a_file_to_its_decision(client, equipe):
    demande = make_dossier(equipe=equipe)
    client.force_login(equipe.instructeur)
    assert send(client, demande, "recevable").status_code == 302
    assert send(client, demande, "instruire", instructeur=str(equipe.instructeur.pk)).status_code == 302
    assert "Accorder" not in read_page(client, demande)
    client.force_login(equipe.valideur)
    assert send(client, demande, "proposer", montant="50 000,01").status_code == 422
    assert send(client, demande, "proposer", montant="43 750,00").status_code == 302
    assert "un autre valideur doit la confirmer" in read_page(client, demande)
    jour = timezone.localdate().isoformat()
    assert send(client, demande, "accorder", montant="43750", decision_le=jour).status_code == 403
    client.force_login(equipe.second)
    assert "Confirmer la proposition de" in read_page(client, demande)
    assert send(client, demande, "accorder", montant="43750", decision_le=jour).status_code == 302
    assert (demande.statut, demande.montant_accorde) == (Statut.ACCORDEE, Decimal(43_750))
    client.force_login(equipe.instructeur)
    assert reverse("admin:aides_contrat_signer", args=[demande.pk]) in read_page(client, demande)


def test_an_infected_document_is_shown_and_never_served(client, equipe):
    demande = make_dossier(equipe=equipe)
    piece = make_piece(demande)
    Document.objects.filter(pk=piece.document_id).update(statut="infecte")
    client.force_login(equipe.instructeur)
    adresse = reverse("admin:aides_demande_piece", args=[demande.pk, piece.pk])
    texte = read_page(client, demande)
    assert "Infectée" in texte
    assert adresse not in texte
    assert client.get(adresse).status_code == 409
    assert not Evenement.objects.filter(action="ouvrir_piece").exists()


@pytest.mark.usefixtures("territoire_verifier")
def test_the_proof_is_read_again_from_what_was_kept(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    with time_machine.travel("2025-06-02 10:00+02:00", tick=False):
        demande = filed(make_user())
    Demande.objects.filter(pk=demande.pk).update(guichet="ars", version=demande.version + 1)
    client.force_login(make_agent(Role.INSTRUCTEUR, "departement:71"))
    texte = read_page(client, demande)
    assert 'class="m-preuve"' in texte
    assert "Empreinte vérifiée" in texte
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE aides_demande DISABLE TRIGGER demande_vie")
        cursor.execute("UPDATE aides_demande SET preuve = replace(preuve, '3.5', '4.5')")
        cursor.execute("ALTER TABLE aides_demande ENABLE TRIGGER demande_vie")
    assert "ne correspond pas à la preuve" in read_page(client, demande)
