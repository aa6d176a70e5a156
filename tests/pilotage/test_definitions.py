"""The files of the indicators: whole, strict, and true about the tables they read."""

import importlib
import json
import re
from datetime import date

import pytest
import yaml
from django.apps import apps
from django.db import connection

from portal.pilotage.services import territoires
from portal.pilotage.services.demonstration import CHIFFRES
from portal.pilotage.sources.definitions import (
    DOSSIER,
    DefinitionInvalide,
    build_definition,
    list_indicateurs,
    load_definitions,
)

migration = importlib.import_module("portal.pilotage.migrations.0001_mesures")
DEFINITIONS = {definition.indicateur.code: definition for definition in load_definitions()}
CALCULES = [d.indicateur for d in DEFINITIONS.values() if not d.indicateur.de_donnees]
# What a query reads beside its declared sources: the rows that only name what the others hold.
MUETTES = {"zonage_niveau"}


def read_yaml(code):
    return yaml.safe_load((DOSSIER / f"{code}.yaml").read_text(encoding="utf-8"))


def test_there_are_enough_and_each_is_owned():
    assert len(DEFINITIONS) >= 40
    assert len({un.libelle for un in list_indicateurs().values()}) == len(list_indicateurs())
    assert all(un.proprietaire and un.producteur and un.sources for un in list_indicateurs().values())


@pytest.mark.parametrize("unite", ["%", "CPTS", "structures", "euros", "personnes", "jours"])
def test_every_kind_of_figure_is_there(unite):
    assert any(un.unite == unite for un in CALCULES)


def test_the_key_figures_of_the_texts_are_there():
    valeurs = {(chiffre.code, chiffre.valeur) for chiffre in CHIFFRES}
    attendues = {"68", "80", "32", "135", "111", "84", "12", "7.8", "14", "19000", "500", "9000", "60", "75", "40"}
    assert attendues | {"6500", "27", "130000", "400", "1000000"} <= {valeur for _, valeur in valeurs}
    assert {code for code, _ in valeurs} == {un.code for un in list_indicateurs().values() if un.de_donnees}


@pytest.mark.django_db
@pytest.mark.parametrize("indicateur", CALCULES, ids=lambda un: un.code)
def test_each_query_is_understood_and_reads_what_it_says(indicateur):
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON, VERBOSE) " + indicateur.sql, {"jour": date(2026, 3, 10)})
        plan = json.dumps(cursor.fetchone()[0])
    tables = set(re.findall(r'"Relation Name": "(\w+)"', plan))
    assert tables - MUETTES <= set(indicateur.sources)
    connues = {modele._meta.db_table for modele in apps.get_models()}
    assert set(indicateur.sources) <= connues


def test_every_source_has_its_triggers():
    sources = {table for un in list_indicateurs().values() for table in un.sources}
    assert sources | set(territoires.SOURCES) <= set(migration.SUIVIES)


def test_a_public_part_is_never_finer_than_what_is_public():
    for un in list_indicateurs().values():
        assert set(un.mailles_publiques) <= set(un.mailles)
        if un.theme == "aides":
            assert set(un.mailles_publiques) <= {"france", "region"}, un.code


@pytest.mark.parametrize(
    ("code", "change", "mots"),
    [
        ("population", {"inconnue": 1}, "inconnue"),
        ("population", {"unite": "hab."}, "unite"),
        ("population", {"sens": "haut"}, "sens"),
        ("population", {"code": "autre_nom"}, "le fichier doit s'appeler"),
        ("population", {"donnee": True}, "jamais les deux"),
        ("population", {"sql": "SELECT 1; DROP TABLE zonage_commune -- assez long"}, "point-virgule"),
        ("population", {"sql": "WITH x AS (DELETE FROM zonage_commune RETURNING 1) SELECT 1"}, "écriture"),
        ("population", {"mailles_publiques": ["france"], "mailles": ["region"]}, "prises dans"),
        ("part_population_zip", {"denominateur": None}, "denominateur"),
        ("part_population_zip", {"unite": "habitants"}, "une part est en %"),
        ("cpts_aci", {"mailles": ["epci"]}, "ne donne pas epci"),
        ("cpts_aci", {"sql": "SELECT 'x' AS objet, 1 AS numerateur"}, "AS ligne"),
    ],
)
def test_a_wrong_file_is_refused_in_french(code, change, mots):
    lu = {cle: valeur for cle, valeur in (read_yaml(code) | change).items() if valeur is not None}
    with pytest.raises(DefinitionInvalide, match=re.escape(mots)):
        build_definition(lu, code)


def test_a_key_written_twice_is_refused(tmp_path):
    (tmp_path / "population.yaml").write_text("code: population\ncode: autre\n", encoding="utf-8")
    with pytest.raises(DefinitionInvalide, match=r"population\.yaml : .*clé répétée"):
        load_definitions(tmp_path)
