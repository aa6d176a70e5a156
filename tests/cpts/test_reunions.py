"""Meetings: what they count for appears and steps back at once, exactly."""

import io
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pypdf import PdfWriter

from cpts.models import Membre, Presence, Preuve, Reunion
from cpts.services.argent import build_livre
from cpts.services.missions_indicateurs import add_indicateur
from cpts.services.reunions import delete_reunion
from cpts.services.reunions_presences import read_presences
from portal.accounts.enums import Role
from portal.core.models import Document, Evenement
from tests.cpts.missions_essai import (
    MIDI,
    find_mission,
    make_coordinatrice,
    make_membre,
    make_ouverte,
    make_parametre,
    start,
)
from tests.people import make_agent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("midi")]
AU = date(2026, 11, 10)


@pytest.fixture
def midi():
    with time_machine.travel(MIDI, tick=False):
        yield


@pytest.fixture
def cpts():
    return make_ouverte()


@pytest.fixture
def elle(cpts):
    return make_coordinatrice(cpts)


@pytest.fixture
def client(elle):
    client = Client()
    client.force_login(elle)
    return client


def open_reunion(client, cpts):
    reponse = client.post(f"/espace/{cpts.code}/reunions/")
    assert reponse.status_code == 303
    return Reunion.objects.order_by("-pk").first()


def save(client, reunion, **champs):
    reunion.refresh_from_db()
    saisie = {"version": reunion.version, "titre": "Parcours cardiaque", "jour": "2026-10-20", **champs}
    return client.post(f"/espace/{reunion.cpts_id}/reunions/{reunion.pk}/", saisie)


def hold(client, cpts, mission, **champs):
    reunion = open_reunion(client, cpts)
    assert save(client, reunion, mission=mission.pk, geste="tenue", **champs).status_code == 303
    return reunion


def make_pdf():
    pdf, sortie = PdfWriter(), io.BytesIO()
    pdf.add_blank_page(72, 72)
    pdf.write(sortie)
    return SimpleUploadedFile("compte-rendu.pdf", sortie.getvalue(), "application/pdf")


def photograph(cpts):
    """Every line of the ledger and every value of an indicator, on that day."""
    vues = {}
    for exercice in build_livre(cpts, au=AU):
        for ligne in exercice.lignes:
            cle = (exercice.annee.rang, ligne.mission, ligne.volet)
            vues[cle] = (ligne.prevu, ligne.estimation, tuple(lu.valeur for lu, _ in ligne.parts))
    return vues


def test_a_meeting_counts_when_it_is_held_and_steps_back_when_it_is_deleted(client, cpts, elle):
    for mission in ("parcours", "crise"):
        make_parametre("mission_variable", "25000", mission=mission)
        start(cpts, mission, date(2025, 3, 1), elle)
        champs = {"annee": 2026, "libelle": "Réunions", "calcul": "reunions_tenues", "objectif": Decimal(4)}
        add_indicateur(find_mission(cpts, mission), champs, par=elle)
    avant = photograph(cpts)
    reunion = open_reunion(client, cpts)
    save(client, reunion, mission=find_mission(cpts, "parcours").pk)
    assert photograph(cpts) == avant  # a draft counts for nothing
    save(client, reunion, mission=find_mission(cpts, "parcours").pk, geste="tenue")
    apres = photograph(cpts)
    changees = {cle for cle in avant if avant[cle] != apres[cle]}
    assert changees == {(3, "parcours", "variable")}
    prevu, estimation, valeurs = apres[3, "parcours", "variable"]
    assert (prevu, estimation.montant, valeurs) == (Decimal(25000), Decimal("6250.00"), (Decimal(1),))
    assert Preuve.objects.get().objet == f"cpts.reunion:{reunion.pk}"
    page = client.get(f"/espace/{cpts.code}/reunions/{reunion.pk}/supprimer/")
    assert "ces valeurs sont recomptées" in page.content.decode().lower()
    assert client.post(f"/espace/{cpts.code}/reunions/{reunion.pk}/supprimer/").status_code == 303
    assert photograph(cpts) == avant
    assert not Preuve.objects.exists()
    assert Evenement.objects.filter(action="reunion_supprimee", details__reunion=reunion.pk).exists()


def test_deleting_one_proof_of_two_changes_exactly_its_lines(client, cpts, elle):
    lignes = {}
    for mission in ("parcours", "crise"):
        make_parametre("mission_variable", "10000", mission=mission)
        start(cpts, mission, date(2025, 3, 1), elle)
        for calcul in ("reunions_tenues", "participants"):
            champs = {"annee": 2026, "libelle": calcul, "calcul": calcul, "objectif": Decimal(2)}
            add_indicateur(find_mission(cpts, mission), champs, par=elle)
        lignes[mission] = [hold(client, cpts, find_mission(cpts, mission)) for _ in range(2)]
        for reunion in lignes[mission]:
            Presence.objects.create(reunion=reunion, nom="Une même personne")
    avant = photograph(cpts)
    assert avant[3, "crise", "variable"][2] == (Decimal(1), Decimal(2))  # one person, two meetings
    delete_reunion(lignes["crise"][0], par=elle)
    apres = photograph(cpts)
    assert {cle for cle in avant if avant[cle] != apres[cle]} == {(3, "crise", "variable")}
    assert apres[3, "crise", "variable"][2] == (Decimal(1), Decimal(1))


def test_a_meeting_moved_to_another_mission_is_its_proof_alone(client, cpts):
    reunion = hold(client, cpts, find_mission(cpts, "parcours"))
    save(client, reunion, mission=find_mission(cpts, "crise").pk)
    assert [preuve.mission.type for preuve in Preuve.objects.all()] == ["crise"]
    save(client, reunion, mission="")
    assert not Preuve.objects.exists()


def test_what_is_missing_is_listed_until_nothing_is(client, cpts, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    make_membre(cpts, "Martin Zoé")
    reunion = hold(client, cpts, find_mission(cpts, "parcours"))
    adresse = f"/espace/{cpts.code}/reunions/{reunion.pk}/"
    page = client.get(adresse).content.decode()
    assert "la liste de présence" in page
    assert "le compte rendu" in page
    client.post(f"{adresse}presences/", {"geste": "ajouter", "nom": "ZOÉ MARTIN", "indemnite": "75,50"})
    presence = Presence.objects.get()
    assert (presence.membre.nom, presence.nom, presence.indemnite) == ("Martin Zoé", "", Decimal("75.50"))
    assert "1 signature" in client.get(adresse).content.decode()
    client.post(f"{adresse}presences/", {"geste": "signatures", "signe": [presence.pk]})
    client.post(f"{adresse}compte-rendu/", {"fichier": make_pdf()})
    page = client.get(adresse).content.decode()
    assert "Rien ne manque" in page
    document = Document.objects.get()
    assert document.perimetre == f"cpts:{cpts.code}"
    client.post(f"{adresse}compte-rendu/", {"fichier": make_pdf()})
    assert Document.objects.count() == 1
    client.post(f"{adresse}compte-rendu/", {"geste": "retirer"})
    assert "le compte rendu" in client.get(adresse).content.decode()
    assert not Document.objects.exists()


def test_a_pasted_attendance_is_reported_line_by_line_before_anything_is_written(client, cpts):
    make_membre(cpts, "Martin Zoé", "Infirmière")
    make_membre(cpts, "Petit Jean", "Médecin")
    make_membre(cpts, "Petit Jean", "Infirmier")
    reunion = hold(client, cpts, find_mission(cpts, "parcours"))
    texte = "\n".join(
        [
            "Profession\tNom et prénom\tSignature\tIndemnité",
            "infirmière\tZoé MARTIN\toui\t75",
            "Usager\tDurand Ève\t\t",
            "\tPetit Jean\tx\t",
            "médecin\tJean PETIT\tx\t60,00",
            "\tDurand Ève\t\t",
            "Médecin\tLong\toui\tbeaucoup",
            "\t\toui\t",
            "Patient\t1 84 12 71 076 451 11\t\t",
        ]
    )
    adresse = f"/espace/{cpts.code}/reunions/{reunion.pk}/presences/"
    apercu = client.post(adresse, {"geste": "apercu", "texte": texte})
    assert apercu.status_code == 200
    assert Presence.objects.count() == 0
    lignes = {ligne.numero: ligne for ligne in read_presences(reunion, texte)}
    assert [numero for numero, ligne in lignes.items() if ligne.acceptee] == [2, 3, 5]
    assert "deux membres" in lignes[4].fautes[0]
    assert "déjà" in lignes[6].fautes[0]
    assert "montant" in lignes[7].fautes[0]
    assert "nom" in lignes[8].fautes[0]
    assert "sécurité sociale" in lignes[9].fautes[0]
    assert client.post(adresse, {"geste": "coller", "texte": texte}).status_code == 303
    lues = Presence.objects.order_by("pk").values_list("membre__profession", "nom", "signe", "indemnite")
    assert list(lues) == [
        ("Infirmière", "", True, Decimal(75)),
        (None, "Durand Ève", False, None),
        ("Médecin", "", True, Decimal(60)),
    ]


def test_a_draft_is_saved_by_the_page_and_never_over_somebody_else(client, cpts):
    reunion = open_reunion(client, cpts)
    adresse = f"/espace/{cpts.code}/reunions/{reunion.pk}/"
    entetes = {"X-Maillage": "enregistrement"}
    saisie = {"version": 0, "titre": "Bureau", "jour": "2026-12-01", "ordre_du_jour": "Budget"}
    reponse = client.post(adresse, saisie, headers=entetes)
    assert (reponse.status_code, reponse.json()["version"]) == (200, 1)
    assert client.post(adresse, saisie, headers=entetes).status_code == 409
    assert client.post(adresse, saisie | {"version": 1, "titre": ""}, headers=entetes).status_code == 422
    reunion.refresh_from_db()
    assert (reunion.titre, reunion.brouillon) == ("Bureau", True)
    tenue = client.post(adresse, saisie | {"version": 1, "geste": "tenue"})
    assert tenue.status_code == 422  # it is to come
    assert "Budget" in tenue.content.decode()


@pytest.mark.parametrize("champ", ["titre", "lieu", "ordre_du_jour"])
def test_nothing_that_looks_like_a_patient_enters(client, cpts, champ):
    reunion = open_reunion(client, cpts)
    reponse = save(client, reunion, **{champ: "Dossier 1 84 12 71 076 451 11"})
    assert reponse.status_code == 422
    assert "sécurité sociale" in reponse.content.decode()


def test_a_reader_sees_and_writes_nothing(client, cpts):
    reunion = hold(client, cpts, find_mission(cpts, "parcours"))
    lecteur = Client()
    lecteur.force_login(make_agent(Role.LECTEUR, "national", is_staff=True))
    adresse = f"/espace/{cpts.code}/reunions/{reunion.pk}/"
    assert lecteur.get(adresse).status_code == 200
    assert lecteur.get(f"{adresse}supprimer/").status_code == 404
    assert lecteur.post(f"{adresse}supprimer/").status_code == 404
    assert lecteur.post(f"{adresse}presences/", {"geste": "ajouter", "nom": "Un intrus"}).status_code == 404
    assert lecteur.post(f"/espace/{cpts.code}/reunions/").status_code == 404
    assert Reunion.objects.count() == 1
    assert not Presence.objects.exists()


def test_members_ticked_enter_once(client, cpts):
    membres = [make_membre(cpts, f"Membre {rang}") for rang in range(3)]
    reunion = hold(client, cpts, find_mission(cpts, "parcours"))
    adresse = f"/espace/{cpts.code}/reunions/{reunion.pk}/presences/"
    cles = [membre.pk for membre in membres[:2]]
    assert client.post(adresse, {"geste": "membres", "membre": cles}).status_code == 303
    assert client.post(adresse, {"geste": "membres", "membre": cles}).status_code == 422
    assert set(Presence.objects.values_list("membre", flat=True)) == set(cles)
    assert Membre.objects.count() == 3
    presence = Presence.objects.first()
    assert (
        client.post(adresse, {"geste": f"indemnite-{presence.pk}", f"montant-{presence.pk}": "abc"}).status_code == 422
    )
    client.post(adresse, {"geste": f"retirer-{presence.pk}"})
    assert Presence.objects.count() == 1


def test_the_list_of_meetings_asks_as_many_queries_for_one_as_for_ten(client, cpts, django_assert_max_num_queries):
    for _ in range(10):
        hold(client, cpts, find_mission(cpts, "parcours"))
    client.get(f"/espace/{cpts.code}/reunions/")
    with django_assert_max_num_queries(16):
        page = client.get(f"/espace/{cpts.code}/reunions/")
    assert page.content.decode().count("Parcours cardiaque") == 10
