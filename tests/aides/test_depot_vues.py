"""The pages of the applicant: one's own alone, nothing lost by a refusal, nothing sent twice."""

from datetime import date

import pytest
import time_machine
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.test.utils import CaptureQueriesContext

from aides.dossiers.annonces import send_annonce
from aides.dossiers.etats import Statut
from aides.dossiers.instruction import add_note, ask_pieces
from aides.faits_url import dump_faits
from aides.models import ActeDossier, Contrat, Demande, Echeance
from aides.services import clean_faits
from portal.core.models import Document
from tests.aides.depot_essai import FAITS, PDF, filed, fill, open_caim
from tests.aides.suivis_essai import read_courriels
from tests.people import make_agent, make_demande, make_user

NOUVELLE = "/dossiers/nouvelle/"
PARAMS = {"dispositif": "caim", "commune": "71333", **FAITS}
COMPLET = {"nom": "Essai", "prenom": "Camille", "courriel": "c@exemple.fr", "adresse": "1 rue de l’Essai"}

pytestmark = pytest.mark.usefixtures("territoire_verifier")


@pytest.fixture(autouse=True)
def _contexte(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    with time_machine.travel("2025-06-02 10:00+02:00", tick=False):
        yield


@pytest.fixture
def demandeur(db):
    return make_user("demandeur@exemple.fr")


@pytest.fixture
def connecte(client, demandeur):
    client.force_login(demandeur)
    return client


def post_brouillon(client, demande, geste="enregistrer", **champs):
    reponses = {code: valeur for code, valeur in FAITS.items() if code != "profession"}
    donnees = {"version": demande.version, "geste": geste, **reponses, **COMPLET, **champs}
    return client.post(f"/dossiers/{demande.pk}/brouillon/", donnees)


def test_the_answer_offers_to_ask(client):
    page = client.get("/aides/verifier/resultat/", {"commune": "71333", **FAITS, "au": "2025-06-02"}).content.decode()
    assert 'form="demander" name="dispositif" value="caim"' in page
    assert '<form id="demander" method="get" action="/dossiers/nouvelle/">' in page


def test_without_an_account_the_page_says_how_to_get_one(client):
    page = client.get(NOUVELLE, PARAMS)
    texte = page.content.decode()
    assert page.status_code == 200
    assert "/compte/connexion/?next=" in texte
    assert "/compte/inscription/?next=" in texte
    assert "Première installation" in texte
    assert client.post(f"{NOUVELLE}?dispositif=caim&commune=71333&profession=medecin").status_code == 200
    assert not Demande.objects.exists()


@pytest.mark.parametrize(
    ("params", "statut", "phrase"),
    [
        ({"dispositif": "zrr"}, 200, "ne se demande pas ici"),
        ({"dispositif": "rien"}, 404, "Aucun dispositif"),
        ({"dispositif": "primo_installation"}, 422, "pas ouvert aux demandes"),
        ({"commune": "99999"}, 400, "ne peut pas être ouverte"),
        ({"jours_semaine": "douze"}, 400, "Jours d&#x27;exercice par semaine"),
    ],
)
def test_what_cannot_be_asked_says_what_to_do(connecte, params, statut, phrase):
    page = connecte.get(NOUVELLE, PARAMS | params)
    assert page.status_code == statut
    assert phrase in page.content.decode()


def test_the_same_form_sent_twice_opens_one_draft(connecte):
    query = "&".join(f"{nom}={valeur}" for nom, valeur in PARAMS.items())
    adresses = {connecte.post(f"{NOUVELLE}?{query}", {"cle": "abc"})["Location"] for _ in range(3)}
    demande = Demande.objects.get()
    assert adresses == {f"/dossiers/{demande.pk}/brouillon/"}


def test_only_its_applicant_reads_a_file(connecte, demandeur):
    siennes = [open_caim(demandeur), filed(demandeur, "cle-2")]
    autre, agent = Client(), Client()
    autre.force_login(make_user())
    agent.force_login(make_agent("instructeur", "national"))
    for demande in siennes:
        for suite in ("", "brouillon/", "supprimer/", "accuse/", "retirer/", "pieces/1/", "courriers/1/"):
            adresse = f"/dossiers/{demande.pk}/{suite}"
            assert autre.get(adresse).status_code == 404, adresse
            assert agent.get(adresse).status_code == 404, adresse
        assert autre.post(f"/dossiers/{demande.pk}/repondre/").status_code == 404
        assert Client().get(f"/dossiers/{demande.pk}/")["Location"].startswith("/compte/connexion/")
    reponse = connecte.get(f"/dossiers/{siennes[1].pk}/")
    assert reponse.status_code == 200
    assert "no-store" in reponse["Cache-Control"]


def test_a_refusal_keeps_what_was_typed_and_writes_nothing(connecte, demandeur):
    demande = open_caim(demandeur)
    page = post_brouillon(connecte, demande, message="Mon numéro 184127107645189", telephone="abc")
    texte = page.content.decode()
    assert page.status_code == 422
    assert "Retirez le numéro de sécurité sociale" in texte
    assert "Mon numéro 184127107645189" in texte
    assert 'value="abc"' in texte
    demande.refresh_from_db()
    assert (demande.version, demande.message, demande.coordonnees.get("nom")) == (1, "", None)


def test_a_deposit_refused_saves_the_draft(connecte, demandeur):
    demande = open_caim(demandeur)
    page = post_brouillon(connecte, demande, geste="deposer", nom="Autre")
    assert page.status_code == 422
    assert "Cochez l’attestation" in page.content.decode().replace("&#x27;", "’")
    demande.refresh_from_db()
    assert (demande.statut, demande.coordonnees["nom"]) == (Statut.BROUILLON, "Autre")


def test_a_stale_form_says_what_differs_and_keeps_what_was_typed(connecte, demandeur):
    demande = open_caim(demandeur)
    post_brouillon(connecte, demande, adresse="2 rue du Milieu")
    page = post_brouillon(connecte, demande, adresse="3 rue du Bout")
    texte = page.content.decode()
    assert page.status_code == 409
    assert "enregistré « 2 rue du Milieu », votre saisie « 3 rue du Bout »" in texte
    assert 'value="3 rue du Bout"' in texte
    demande.refresh_from_db()
    assert demande.coordonnees["adresse"] == "2 rue du Milieu"


def test_it_is_saved_while_it_is_written(connecte, demandeur):
    demande = open_caim(demandeur)
    entete = {"X-Maillage": "enregistrement"}
    adresse = f"/dossiers/{demande.pk}/brouillon/"
    donnees = {"version": 1, **COMPLET}
    assert connecte.post(adresse, donnees, headers=entete).json() == {"version": 2, "le": "10\u00a0h\u00a000"}
    assert connecte.post(adresse, donnees | {"nom": "Z"}, headers=entete).status_code == 409
    faute = connecte.post(adresse, donnees | {"version": 2, "courriel": "x"}, headers=entete)
    assert faute.status_code == 422
    assert "nom@exemple.fr" in faute.json()["erreurs"]["courriel"]
    demande.refresh_from_db()
    assert demande.coordonnees["nom"] == "Essai"


def test_two_clicks_on_the_deposit_lead_to_one_receipt(connecte, demandeur):
    demande = fill(open_caim(demandeur), demandeur)
    attestations = {"atteste-exactitude": "oui", "atteste-dix_ans": "oui"}
    sans_objet = {f"sans-objet-piece-{rang}": "Déjà donné." for rang in range(1, 6)}
    for _ in range(2):
        reponse = post_brouillon(connecte, demande, geste="deposer", **attestations, **sans_objet)
        assert (reponse.status_code, reponse["Location"]) in (
            (303, f"/dossiers/{demande.pk}/"),
            (302, f"/dossiers/{demande.pk}/"),
        )
    assert ActeDossier.objects.count() == 1
    accuse = connecte.get(f"/dossiers/{demande.pk}/accuse/").content.decode()
    demande.refresh_from_db()
    assert demande.preuve_empreinte in accuse
    assert demande.numero in accuse


def test_a_document_refused_is_said_beside_its_field(connecte, demandeur, tmp_path):
    demande = open_caim(demandeur)
    faux = tmp_path / "faux.pdf"
    faux.write_bytes(b"<html>")
    with faux.open("rb") as fichier:
        page = post_brouillon(connecte, demande, geste="ajouter", nature="piece-1", fichier=fichier)
    assert page.status_code == 422
    assert 'id="e-fichier"' in page.content.decode()
    assert not Document.objects.exists()
    bon = tmp_path / "bon.pdf"
    bon.write_bytes(PDF)
    with bon.open("rb") as fichier:
        assert post_brouillon(connecte, demande, geste="ajouter", nature="piece-1", fichier=fichier).status_code == 303
    piece = demande.pieces.get()
    assert piece.nature == "piece-1"
    # Not analysed: agents alone may download it.
    assert connecte.get(f"/dossiers/{demande.pk}/pieces/{piece.pk}/").status_code == 409
    Document.objects.update(statut="sain")
    servie = connecte.get(f"/dossiers/{demande.pk}/pieces/{piece.pk}/")
    assert servie.status_code == 200
    assert servie["Content-Disposition"].startswith("attachment")


def test_what_agents_write_to_each_other_is_not_shown(connecte, demandeur):
    demande = filed(demandeur)
    agent = make_agent("instructeur")
    ask_pieces(demande, par=agent, version=demande.version, commentaire="Joignez le bail.")
    demande.refresh_from_db()
    add_note(demande, par=agent, version=demande.version, commentaire="Entre nous.")
    demande.refresh_from_db()
    page = connecte.get(f"/dossiers/{demande.pk}/").content.decode()
    assert "Joignez le bail." in page
    assert "Entre nous." not in page
    assert str(agent.email) not in page
    reponse = connecte.post(f"/dossiers/{demande.pk}/repondre/", {"version": demande.version, "reponse": "Voici."})
    assert reponse.status_code == 303
    demande.refresh_from_db()
    assert demande.statut == Statut.DEPOSEE


def test_answers_are_corrected_on_the_page_and_kept_when_refused(connecte, demandeur):
    demande = filed(demandeur)
    ask_pieces(demande, par=make_agent("instructeur"), version=demande.version, commentaire="Combien de jours ?")
    demande.refresh_from_db()
    page = connecte.get(f"/dossiers/{demande.pk}/").content.decode()
    assert 'name="jours_semaine" value="3.5"' in page
    adresse = f"/dossiers/{demande.pk}/repondre/"
    envoi = {
        **dict(dump_faits(clean_faits(demande.faits))),
        "corrige": "oui",
        "version": demande.version,
        "reponse": "Trois jours.",
    }
    refusee = connecte.post(adresse, {**envoi, "jours_semaine": "99"})
    assert refusee.status_code == 422
    assert 'value="99"' in refusee.content.decode()
    assert "Trois jours." in refusee.content.decode()
    assert connecte.post(adresse, {**envoi, "jours_semaine": "3"}).status_code == 303
    demande.refresh_from_db()
    assert (demande.statut, demande.faits["jours_semaine"]) == (Statut.DEPOSEE, "3")


def test_an_answer_that_came_too_late_is_kept_on_the_page(connecte, demandeur):
    demande = make_demande(demandeur, statut=Statut.INCOMPLETE, dispositif="caim")
    donnees = {"version": demande.version - 1, "reponse": "Ma réponse."}
    page = connecte.post(f"/dossiers/{demande.pk}/repondre/", donnees)
    assert page.status_code == 409
    assert "Ma réponse." in page.content.decode()


def test_a_refusal_shows_its_reason_and_the_remedies(connecte, demandeur):
    demande = make_demande(
        demandeur, statut=Statut.REFUSEE, dispositif="caim", motif="Hors zone.", voies_recours="TA."
    )
    page = connecte.get(f"/dossiers/{demande.pk}/").content.decode()
    assert "Hors zone." in page
    assert "TA." in page


def test_the_contract_shows_what_it_pays_and_asks(connecte, demandeur):
    demande = make_demande(demandeur, statut=Statut.SIGNEE, dispositif="caim", guichet="cpam")
    lieu = {nom: getattr(demande, nom) for nom in ("proprietaire", "region_code", "departement_code", "guichet")}
    contrat = Contrat.objects.create(
        demande=demande,
        numero="C-1",
        dispositif="caim",
        dispositif_version="2020",
        date_signature=date(2025, 6, 2),
        periode=DateRange(date(2025, 6, 2), date(2030, 6, 2)),
        montant=10_000,
        **lieu,
    )
    champs = {
        "contrat": contrat,
        "nature": "versement",
        "code": "versement",
        "rang": 1,
        "libelle": "Premier versement",
    }
    Echeance.objects.create(**champs, le=date(2025, 7, 1), montant=10_000, **lieu)
    page = connecte.get(f"/dossiers/{demande.pk}/").content.decode()
    assert "Contrat C-1" in page
    assert "Premier versement" in page
    assert "10\u202f000" in page or "10\u00a0000" in page


def test_the_message_names_nobody(demandeur, boite):
    demande = filed(demandeur)
    acte = ActeDossier.objects.get()
    assert send_annonce(acte.pk)
    (message,) = read_courriels(boite)
    assert message["Subject"].strip() == f"Votre demande est déposée (dossier {demande.numero})"
    assert f"https://maillage.exemple.fr/dossiers/{demande.pk}/" in message.get_body(("plain",)).get_content()
    assert "Camille" not in message.as_string()
    assert send_annonce(acte.pk)
    assert len(read_courriels(boite)) == 1


def test_the_list_asks_the_database_the_same_whatever_its_length(connecte, demandeur):
    def count():
        with CaptureQueriesContext(connection) as lues:
            connecte.get("/dossiers/")
        return len(lues)

    open_caim(demandeur)
    count()  # the first request of a session writes what follows it
    avant = count()
    for rang in range(12):
        open_caim(demandeur, f"cle-{rang + 2}")
    assert count() == avant
