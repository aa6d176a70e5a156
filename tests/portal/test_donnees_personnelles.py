"""The register of personal data: whole, and the one source of what is exported and shown."""

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model

from portal.core import registre
from portal.core.conservation import list_categories, list_fixables
from portal.core.mes_donnees import list_tables
from portal.core.registre import Registre, Table, list_defauts, list_modeles, read_registre

SANS_TITULAIRE = {
    "admin.logentry": "what an agent did in the administration, by keys; emptied with the object",
    "core.dureeconservation": "who fixed a duration",
    "core.gelconservation": "who froze a file",
    "core.importrun": "who launched an import",
    "accounts.invitation": "who invited; the address is somebody else's",
    "aides.campagne": "who closed a campaign",
}
"""Tables with the number of an account that belong to nobody, and why they are not in the copy of one's data."""


def test_every_field_has_a_class():
    assert list_defauts() == []


def test_a_new_field_fails(monkeypatch):
    entier = read_registre()
    demande = entier.tables["aides.demande"]
    champs = {champ: classe for champ, classe in demande.champs.items() if champ != "coordonnees"}
    troue = {**entier.tables, "aides.demande": Table("aides.demande", "dossiers", "dossiers", "proprietaire", champs)}
    monkeypatch.setattr(
        registre, "read_registre", lambda: Registre(entier.classes, entier.finalites, entier.categories, troue)
    )
    assert list_defauts() == ["aides.demande.coordonnees n'a pas de classe"]


def test_a_personal_table_without_retention_fails(monkeypatch):
    entier = read_registre()
    suivi = entier.tables["aides.suivi"]
    tables = {**entier.tables, "aides.suivi": Table("aides.suivi", "suivis", "", "", suivi.champs)}
    monkeypatch.setattr(
        registre, "read_registre", lambda: Registre(entier.classes, entier.finalites, entier.categories, tables)
    )
    assert list_defauts() == ["aides.suivi : des données personnelles sans finalité ou sans conservation"]


def test_each_declared_category_is_purged_or_says_why_not():
    codes = {categorie.code for categorie in list_categories()}
    assert {declaree.code for declaree in list_fixables()} == codes | {"courriels"}
    assert len(codes) == len(list_categories())
    for declaree in read_registre().categories.values():
        assert declaree.libelle
        assert declaree.depart
        assert declaree.effet
        assert bool(declaree.proposition) == bool(declaree.source)


@pytest.mark.django_db
def test_each_path_to_the_owner_exists():
    for nom, table in list_tables().items():
        apps.get_model(nom)._default_manager.filter(**{table.titulaire: 1}).exists()


def test_whoever_is_named_gets_a_copy():
    """Every table that holds the number of an account belongs to somebody, or says why it does not."""
    compte = get_user_model()
    propres = ("proprietaire", "user", "titulaire")
    for modele in list_modeles():
        liens = [c.name for c in modele._meta.concrete_fields if c.is_relation and c.related_model is compte]
        if any(lien in propres for lien in liens) and modele._meta.label_lower not in SANS_TITULAIRE:
            assert modele._meta.label_lower in list_tables(), modele._meta.label_lower


@pytest.mark.django_db
def test_the_public_page_shows_the_register(client):
    reponse = client.get("/donnees-personnelles/")
    page = reponse.content.decode()
    assert reponse.status_code == 200
    for declaree in read_registre().categories.values():
        assert declaree.libelle.replace("'", "’") in page.replace("&#x27;", "’").replace("'", "’")
    assert "à fixer par le responsable de traitement" in page
    assert settings.MAILLAGE_CONSERVATION
