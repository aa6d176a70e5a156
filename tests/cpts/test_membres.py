"""Members over time, pasted, exported; what each received against the cap of the year."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client

from cpts.models import LieuExercice, Membre, Presence, Reunion
from cpts.services.indemnites import read_indemnites
from cpts.services.membres import list_membres, search_praticiens
from cpts.services.membres_collage import read_membres
from tests.cpts.missions_essai import MIDI, make_coordinatrice, make_membre, make_ouverte, make_parametre
from tests.people import make_commune, make_praticien

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
def client(cpts):
    client = Client()
    client.force_login(make_coordinatrice(cpts))
    return client


def place(praticien, commune):
    LieuExercice.objects.create(
        praticien=praticien, commune=commune, cle="essai", periode=DateRange(date(2020, 1, 1), None)
    )
    return praticien


def test_practitioners_are_found_by_name_in_the_perimeter_and_by_rpps_everywhere(cpts):
    ici = place(make_praticien(nom="DURAND", cle_nom="durand camille"), make_commune())
    ailleurs = place(make_praticien(nom="DURAND", cle_nom="durand dominique"), make_commune("69"))
    assert search_praticiens(cpts, "Durand", au=AU) == [ici]
    assert search_praticiens(cpts, ailleurs.rpps, au=AU) == [ailleurs]
    assert search_praticiens(cpts, "d", au=AU) == []


def test_a_practitioner_is_a_member_once_at_a_time(client, cpts):
    praticien = make_praticien()
    adresse = f"/espace/{cpts.code}/membres/ajouter/"
    saisie = {"version": 0, "praticien": praticien.rpps, "debut": "2024-10-01", "fin": "2025-09-30"}
    assert client.post(adresse, saisie).status_code == 303
    assert client.post(adresse, saisie | {"debut": "2025-09-30", "fin": ""}).status_code == 422
    assert client.post(adresse, saisie | {"debut": "2025-10-01", "fin": "2025-09-30"}).status_code == 422
    assert client.post(adresse, saisie | {"debut": "2025-10-01", "fin": ""}).status_code == 303
    assert [m.periode.lower for m in list_membres(cpts, au=AU)] == [date(2025, 10, 1)]
    assert [m.periode.upper for m in list_membres(cpts, au=None, anciens=True)] == [date(2025, 10, 1)]


def test_a_member_who_came_to_a_meeting_is_ended_never_removed(client, cpts):
    membre = make_membre(cpts, "Martin Zoé")
    reunion = Reunion.objects.create(cpts=cpts, titre="Bureau", jour=AU)
    Presence.objects.create(reunion=reunion, membre=membre)
    adresse = f"/espace/{cpts.code}/membres/{membre.pk}/"
    refus = client.post(adresse, {"geste": "retirer"})
    assert refus.status_code == 422
    assert "terminez sa période" in refus.content.decode()
    saisie = {"version": 0, "nom": "Martin Zoé", "debut": "2024-09-27", "fin": "2026-10-31", "fonction": "Trésorière"}
    assert client.post(adresse, saisie).status_code == 303
    membre.refresh_from_db()
    assert (membre.periode.upper, membre.fonction) == (date(2026, 11, 1), "Trésorière")
    assert client.post(adresse, saisie).status_code == 409


def test_pasted_members_are_reported_then_written(client, cpts):
    praticien = make_praticien()
    make_membre(cpts, "Petit Jean")
    texte = "\n".join(
        [
            "Nom;RPPS;Entrée;Instance;Fonction",
            f"ignoré;{praticien.rpps};01/10/2024;Bureau;Présidente",
            "Martin Zoé;;2025-01-15;;",
            "Jean PETIT;;;;",
            "Durand Ève;123;;;",
            "Durand Ève;;31/02/2025;;",
            "Durand Ève;;;Assemblée;",
            ";;;;Trésorier",
            "Martin Zoé;;;;",
        ]
    )
    lignes = {ligne.numero: ligne for ligne in read_membres(cpts, texte, au=AU)}
    assert [numero for numero, ligne in lignes.items() if ligne.acceptee] == [2, 3]
    assert "déjà membre" in lignes[4].fautes[0]
    assert "onze chiffres" in lignes[5].fautes[0]
    assert "calendrier" in lignes[6].fautes[0]
    assert "instance inconnue" in lignes[7].fautes[0]
    adresse = f"/espace/{cpts.code}/membres/coller/"
    apercu = client.post(adresse, {"texte": texte, "geste": "apercu"})
    assert "2 lignes acceptées sur 8" in apercu.content.decode()
    assert Membre.objects.count() == 1
    assert client.post(adresse, {"texte": texte, "geste": "coller"}).status_code == 303
    lus = Membre.objects.exclude(nom="Petit Jean").order_by("pk")
    assert [(m.praticien_id, m.nom, m.periode.lower, m.instance) for m in lus] == [
        (praticien.rpps, "", date(2024, 10, 1), "bureau"),
        (None, "Martin Zoé", date(2025, 1, 15), ""),
    ]


def test_the_export_is_what_the_list_shows(client, cpts):
    make_membre(cpts, "=Martin Zoé", fonction="Présidente")
    make_membre(cpts, "Ancien Paul", periode=DateRange(date(2024, 9, 27), date(2025, 1, 1)))
    texte = b"".join(client.get(f"/espace/{cpts.code}/membres/export.csv")).decode("utf-8-sig")
    assert "'=Martin Zoé;Médecin" in texte
    assert "Ancien Paul" not in texte
    tous = b"".join(client.get(f"/espace/{cpts.code}/membres/export.csv?etat=tous&q=ancien")).decode("utf-8-sig")
    assert "Ancien Paul" in tous
    assert "Martin" not in tous
    classeur = client.get(f"/espace/{cpts.code}/membres/export.xlsx")
    assert b"".join(classeur).startswith(b"PK")
    classeur.close()


def pay(cpts, jour, montant, **qui):
    reunion = Reunion.objects.create(cpts=cpts, titre="Réunion", jour=jour)
    Presence.objects.create(reunion=reunion, indemnite=Decimal(montant), **qui)


def test_a_person_over_the_cap_of_the_year_is_flagged(client, cpts):
    praticien = make_praticien()
    avant = Membre.objects.create(
        cpts=cpts, praticien=praticien, periode=DateRange(date(2022, 1, 1), date(2023, 6, 1))
    )
    apres = Membre.objects.create(cpts=cpts, praticien=praticien, periode=DateRange(date(2023, 6, 1), None))
    pay(cpts, date(2023, 3, 1), "43000", membre=avant)
    pay(cpts, date(2023, 9, 1), "992", membre=apres)
    pay(cpts, date(2024, 1, 1), "5000", membre=apres)
    assert read_indemnites(cpts, 2023).depassements == []
    pay(cpts, date(2023, 12, 31), "0.01", membre=apres)
    lues = read_indemnites(cpts, 2023)
    assert [(une.recu, une.plafond.plafond) for une in lues.depassements] == [(Decimal("43992.01"), Decimal(43992))]
    assert "Plafond dépassé" in client.get(f"/espace/{cpts.code}/membres/indemnites/?annee=2023").content.decode()


def test_a_year_without_a_cap_says_so_until_the_ars_fills_it(client, cpts):
    pay(cpts, date(2026, 5, 1), "60000", nom="Martin Zoé")
    pay(cpts, date(2026, 6, 1), "1", nom="zoé  MARTIN")
    page = client.get(f"/espace/{cpts.code}/membres/indemnites/?annee=2026").content.decode()
    assert "à renseigner par l’ARS" in page
    assert "Dépassé" not in page
    make_parametre("plafond_indemnites", "48000", periode=DateRange(date(2026, 1, 1), date(2027, 1, 1)))
    lues = read_indemnites(cpts, 2026)
    assert [(une.recu, une.reunions) for une in lues.depassements] == [(Decimal(60001), 2)]
