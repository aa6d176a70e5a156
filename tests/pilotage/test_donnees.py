"""The open figures: their schema, who is in them, what a spreadsheet must not run, a file written once for a run."""

import csv
import io
import json
import os

import pytest
import time_machine

from cpts.enums import StatutStructure
from portal.pilotage.donnees_ouvertes import CHAMPS, NOMS, build_schema, folder
from portal.pilotage.models import Territoire
from portal.pilotage.sources.definitions import list_indicateurs
from tests.pilotage.scene import JOUR, make_msp, read, run
from zonage.models import Epci

REQUETES_MAX = 4


@pytest.fixture
def mesures(pays, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    run()
    with time_machine.travel(JOUR):
        yield pays


def fetch(client, forme: str = "csv", **parametres) -> bytes:
    return client.get(f"/chiffres/donnees/mesures.{forme}", {"maille": "departement"} | parametres).getvalue()


def list_lignes(client, **parametres) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(fetch(client, **parametres).decode())))


def test_open_data_follow_their_schema(client, mesures):
    lignes = list_lignes(client)
    assert tuple(lignes[0]) == NOMS == tuple(champ["name"] for champ in build_schema()["fields"])
    assert {ligne["territoire_code"] for ligne in lignes} == {"21", "69", "71"}
    cle = [tuple(ligne[nom] for nom in build_schema()["primaryKey"]) for ligne in lignes]
    assert len(cle) == len(set(cle))
    publics = {un.code for un in list_indicateurs().values() if "departement" in un.mailles_publiques}
    assert {ligne["indicateur"] for ligne in lignes} <= publics
    for champ in CHAMPS:
        if champ["type"] == "boolean":
            assert {ligne[champ["name"]] for ligne in lignes} <= {"true", "false"}
    zip_ = next(une for une in lignes if (une["indicateur"], une["territoire_code"]) == ("part_population_zip", "71"))
    assert float(zip_["valeur"]) == read("part_population_zip", "departement", "71")
    assert (zip_["jour"], zip_["depuis"]) == (str(JOUR), str(JOUR))


def test_both_forms_hold_the_same_figures(client, mesures):
    lues = json.loads(fetch(client, "json"))["mesures"]
    lignes = list_lignes(client)
    assert [une["indicateur"] for une in lues] == [ligne["indicateur"] for ligne in lignes]
    assert [une["valeur"] for une in lues] == [float(ligne["valeur"]) for ligne in lignes]
    assert [une["numerateur"] is None for une in lues] == [ligne["numerateur"] == "" for ligne in lignes]
    assert {type(une["demonstration"]) for une in lues} == {bool}


def test_the_file_of_today_is_written_once_for_a_run(client, mesures, django_assert_max_num_queries):
    premiere = fetch(client)
    ecrit = {chemin.name: chemin.stat().st_mtime_ns for chemin in folder().iterdir()}
    assert len(ecrit) == 1
    with django_assert_max_num_queries(REQUETES_MAX):
        assert fetch(client) == premiere
    assert {chemin.name: chemin.stat().st_mtime_ns for chemin in folder().iterdir()} == ecrit
    os.utime(next(folder().iterdir()), (0, 0))
    make_msp(mesures["21001"], StatutStructure.OUVERTE)
    run()
    assert fetch(client) != premiere
    assert len(list(folder().iterdir())) == 1  # the former one is gone


def test_who_holds_the_file_is_not_sent_it_again(client, mesures):
    adresse = "/chiffres/donnees/mesures.csv?maille=departement"
    marque = client.get(adresse)["ETag"]
    assert client.get(adresse, headers={"if-none-match": marque}).status_code == 304
    assert client.get(adresse, headers={"if-none-match": f"W/{marque}"}).status_code == 304
    assert client.get(adresse.replace("csv", "json"), headers={"if-none-match": marque}).status_code == 200
    make_msp(mesures["21001"], StatutStructure.OUVERTE)
    run()
    assert client.get(adresse, headers={"if-none-match": marque}).status_code == 200


def test_a_past_day_is_not_kept(client, mesures):
    assert list_lignes(client, au="2026-03-09") == []
    assert not folder().exists()


def test_no_name_becomes_a_formula(client, mesures):
    Epci.objects.filter(code="247100589").update(nom="=HYPERLINK(1);@x")
    Territoire.objects.filter(type="epci").update(nom="=HYPERLINK(1);@x")
    noms = {ligne["territoire"] for ligne in list_lignes(client, maille="epci")}
    assert noms == {"'=HYPERLINK(1);'@x"}


def test_a_wrong_question_is_refused(client, mesures):
    adresse = "/chiffres/donnees/mesures"
    assert client.get(f"{adresse}.csv?maille=canton").status_code == 400
    assert client.get(f"{adresse}.csv?maille=region&au=2031-01-01").status_code == 400
    assert client.get(f"{adresse}.xml").status_code == 404
    assert client.get("/chiffres/donnees/schema.json").json()["primaryKey"]
    assert "part_population_zip" in client.get("/chiffres/donnees/indicateurs.csv").content.decode()
