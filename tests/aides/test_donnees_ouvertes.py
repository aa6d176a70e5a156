"""The open data: files that say what they hold, checked against their own description."""

import csv
import hashlib
import io
import json
import os
import re
import zipfile
from datetime import date
from decimal import Decimal

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db.backends.postgresql.psycopg_any import DateRange

from aides import open_data, tasks
from aides.catalogue import catalogue
from aides.eligibilite.calcul import refresh_eligibilite
from aides.eligibilite.lecture import read_offre
from aides.models import JeuEligibilite
from aides.open_data_regles import list_elements
from aides.regles.conditions import walk
from aides.regles.evaluation import Issue
from portal.core.models import Envoi
from portal.core.outbox import post
from portal.core.taches import perform
from zonage.enums import Profession
from zonage.models import Arrete, Commune, Niveau, ZoneCommune

AU = date(2025, 6, 1)


@pytest.fixture
def medias(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def donnees(territoire_verifier, medias):
    zac = Niveau.objects.create(code="zac", libelle="Zone d'action complémentaire", famille="medecin", rang=2)
    ZoneCommune.objects.create(
        commune_id="71106",
        profession=Profession.MEDECIN,
        periode=DateRange(date(2024, 1, 1), None),
        statut="connu",
        niveau=zac,
        arrete=Arrete.objects.get(numero="ARSBFC/2024/12"),
        origine="officiel",
    )
    refresh_eligibilite(au=AU, cause="essai")


def export(dossier):
    call_command("export_donnees_ouvertes", vers=dossier, stdout=io.StringIO())
    return dossier


def read_package(dossier):
    return json.loads((dossier / "datapackage.json").read_text(encoding="utf-8"))


# A reader of Table Schema, written from its text: it knows nothing of how the files are made.

GENRES = {
    "string": lambda texte, champ: texte,
    "date": lambda texte, champ: date.fromisoformat(texte),
    "number": lambda texte, champ: Decimal(texte),
    "boolean": lambda texte, champ: {
        **dict.fromkeys(champ["trueValues"], True),
        **dict.fromkeys(champ["falseValues"], False),
    }[texte],
    "object": lambda texte, champ: check_object(json.loads(texte)),
}


def check_object(valeur):
    assert isinstance(valeur, dict)
    return valeur


def read_table(dossier, ressource):
    """Every row, typed. Raises AssertionError at the first that its description does not allow."""
    schema, dialecte = ressource["schema"], ressource["dialect"]
    champs = schema["fields"]
    with (dossier / ressource["path"]).open(encoding=ressource["encoding"], newline="") as fichier:
        lignes = csv.reader(fichier, delimiter=dialecte["delimiter"], quotechar=dialecte["quoteChar"], strict=True)
        assert next(lignes) == [champ["name"] for champ in champs]
        cles, lues = set(), []
        for cellules in lignes:
            assert len(cellules) == len(champs), cellules
            lue = {
                champ["name"]: read_cell(texte, champ, schema) for texte, champ in zip(cellules, champs, strict=True)
            }
            cle = tuple(lue[nom] for nom in schema["primaryKey"])
            assert cle not in cles, cle
            assert None not in cle
            cles.add(cle)
            lues.append(lue)
    return lues


def read_cell(texte, champ, schema):
    contraintes = champ.get("constraints", {})
    if texte in schema["missingValues"]:
        assert not contraintes.get("required"), champ["name"]
        return None
    valeur = GENRES[champ["type"]](texte, champ)
    assert valeur in contraintes.get("enum", [valeur]), (champ["name"], valeur)
    assert "pattern" not in contraintes or re.fullmatch(contraintes["pattern"], texte), (champ["name"], texte)
    assert "minimum" not in contraintes or valeur >= contraintes["minimum"], (champ["name"], valeur)
    return valeur


@pytest.fixture
def paquet(donnees, tmp_path):
    dossier = export(tmp_path / "paquet")
    return dossier, {une["name"]: une for une in read_package(dossier)["resources"]}


def test_every_table_is_what_its_schema_says(paquet):
    dossier, ressources = paquet
    for nom in ("zones", "eligibilites", "regles"):
        assert read_table(dossier, ressources[nom])


def test_the_validator_refuses_what_the_schema_refuses(paquet):
    dossier, ressources = paquet
    chemin = dossier / "zones.csv"
    lignes = chemin.read_text(encoding="utf-8").splitlines(keepends=True)
    faux = [lignes[1].replace("71076", "7107X"), lignes[1], lignes[1].replace("medecin", "pharmacien")]
    for ligne in [*faux, lignes[1].replace(",true", ",oui").replace(",false", ",oui"), "a,b\n"]:
        chemin.write_text("".join([*lignes, ligne]), encoding="utf-8")
        with pytest.raises((AssertionError, KeyError)):
            read_table(dossier, ressources["zones"])


def test_the_description_names_every_file_with_its_digest(paquet):
    dossier, ressources = paquet
    description = read_package(dossier)
    assert re.fullmatch(r"[-a-z0-9._/]+", description["name"])
    assert description["licenses"][0]["name"] == "etalab-2.0"
    assert {"title": "Fichier de test"} in description["sources"]
    assert description["maillage"] == {"jour_eligibilites": AU.isoformat(), "catalogue": catalogue().empreinte}
    assert {une["path"] for une in ressources.values()} | {"datapackage.json"} == set(open_data.FICHIERS)
    for une in ressources.values():
        corps = (dossier / une["path"]).read_bytes()
        assert une["bytes"] == len(corps)
        assert une["hash"] == f"sha256:{hashlib.sha256(corps).hexdigest()}"


def test_the_zones_are_those_of_the_read_table(paquet):
    dossier, ressources = paquet
    lues = {(une["commune"], une["profession"], une["debut"]): une for une in read_table(dossier, ressources["zones"])}
    assert len(lues) == ZoneCommune.objects.count()
    for zone in ZoneCommune.objects.all():
        lue = lues[zone.commune_id, zone.profession, zone.periode.lower]
        assert (lue["niveau"], lue["fin"], lue["origine"]) == (zone.niveau_id, zone.periode.upper, zone.origine)
        assert lue["demonstration"] is (zone.origine == "demonstration")
    assert any(une["demonstration"] for une in lues.values())


def test_the_eligibilites_are_those_of_the_table_without_the_refusals(paquet):
    dossier, ressources = paquet
    lues = {}
    for une in read_table(dossier, ressources["eligibilites"]):
        lues.setdefault((une["commune"], une["profession"]), {})[une["dispositif"]] = une
    refus = 0
    for commune in Commune.objects.all():
        for profession in Profession.values:
            siennes = lues.get((commune.pk, profession), {})
            attendues = {
                offre.dispositif: offre
                for offre in read_offre(commune.pk, profession).lignes
                if profession in catalogue().dispositif(offre.dispositif).professions
            }
            refus += sum(offre.issue is Issue.NON_ELIGIBLE for offre in attendues.values())
            assert {
                code: (une["version"], une["issue"], une["minimum"], une["maximum"], une["periodicite"], une["au"])
                for code, une in siennes.items()
            } == {
                code: (
                    offre.version,
                    offre.issue.value,
                    offre.minimum,
                    offre.maximum,
                    offre.periodicite.value if offre.periodicite else None,
                    AU,
                )
                for code, offre in attendues.items()
                if offre.issue is not Issue.NON_ELIGIBLE
            }
    assert refus
    assert lues["71333", "medecin"]
    assert all(une["demonstration"] for une in lues["71333", "medecin"].values())
    assert not any(une["demonstration"] for une in lues["71076", "medecin"].values())


def test_the_rules_are_all_there_with_their_references(paquet):
    dossier, ressources = paquet
    lues = read_table(dossier, ressources["regles"])
    assert len(lues) == sum(
        1 for d in catalogue().dispositifs for version in d.versions for _ in list_elements(version)
    )
    for dispositif in catalogue().dispositifs:
        for version in dispositif.versions:
            siennes = [une for une in lues if (une["dispositif"], une["version"]) == (dispositif.code, version.code)]
            conditions = [une for une in siennes if une["partie"] == "condition"]
            assert len(conditions) == sum(1 for _ in walk(version.conditions))
            assert sum(une["partie"] == "montant" for une in siennes) == len(version.bareme.composantes)
            assert all(une["reference"] for une in siennes if une["partie"] == "montant")
    arbre = orjson.loads((dossier / "regles.json").read_bytes())
    assert arbre["catalogue"] == catalogue().empreinte
    assert [une["code"] for une in arbre["dispositifs"]] == sorted(une.code for une in catalogue().dispositifs)
    assert sum(len(une["versions"]) for une in arbre["dispositifs"]) == sum(
        len(une.versions) for une in catalogue().dispositifs
    )


def test_the_same_data_give_the_same_bytes(paquet, tmp_path, time_machine):
    dossier, _ = paquet
    time_machine.move_to("2031-01-01 00:00Z")
    autre = export(tmp_path / "autre")
    noms = sorted(chemin.name for chemin in dossier.iterdir())
    assert noms == sorted([*open_data.FICHIERS, open_data.ARCHIVE])
    for nom in noms:
        assert (dossier / nom).read_bytes() == (autre / nom).read_bytes(), nom


def test_the_archive_holds_the_files(paquet):
    dossier, _ = paquet
    with zipfile.ZipFile(dossier / open_data.ARCHIVE) as archive:
        assert archive.testzip() is None
        for nom in open_data.FICHIERS:
            assert archive.read(nom) == (dossier / nom).read_bytes()


def test_a_text_is_never_a_formula(donnees, tmp_path):
    Arrete.objects.filter(numero="ARSBFC/2024/12").update(numero='=HYPERLINK("x")', source="@somme\n=1+1")
    dossier = export(tmp_path / "paquet")
    ressource = next(une for une in read_package(dossier)["resources"] if une["name"] == "zones")
    lues = [une for une in read_table(dossier, ressource) if une["commune"] == "71076"]
    assert (lues[0]["arrete"], lues[0]["source"]) == ('\'=HYPERLINK("x")', "'@somme\n=1+1")


# --- the command


def test_a_folder_appears_whole_or_not_at_all(donnees, tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(open_data, "write_archive", fail)
    with pytest.raises(CommandError, match="vérifiez la place"):
        call_command("export_donnees_ouvertes", vers=tmp_path / "paquet")
    assert [chemin.name for chemin in tmp_path.iterdir() if chemin.name != "media"] == []


def test_an_existing_folder_is_not_overwritten(donnees, tmp_path):
    with pytest.raises(CommandError, match="existe déjà"):
        call_command("export_donnees_ouvertes", vers=tmp_path)
    with pytest.raises(CommandError, match="créez-le"):
        call_command("export_donnees_ouvertes", vers=tmp_path / "absent" / "paquet")


def test_an_archive_alone_may_be_asked_for(donnees, tmp_path):
    call_command("export_donnees_ouvertes", vers=tmp_path / "tout.zip", stdout=io.StringIO())
    with zipfile.ZipFile(tmp_path / "tout.zip") as archive:
        assert sorted(archive.namelist()) == sorted(open_data.FICHIERS)


# --- the page and the job


def run_task():
    envoi = post("aides.donnees_ouvertes")
    Envoi.objects.filter(pk=envoi.pk).update(statut=Envoi.Statut.ENVOYE)
    envoi.refresh_from_db()
    return perform(tasks.publish_donnees_ouvertes.fonction, envoi.pk, envoi.jeton, atomique=False)


def test_nothing_produced_yet_is_said(client, db, medias):
    reponse = client.get("/donnees/")
    assert reponse.status_code == 200
    assert "Pas encore produites" in reponse.content.decode()
    assert "/zones.csv" not in reponse.content.decode()


def test_the_job_waits_for_the_first_eligibilites(territoire_verifier, medias):
    assert run_task()
    assert open_data.read_production() is None


def test_the_job_produces_then_rests_until_something_changes(client, donnees, medias):
    assert run_task()
    premiere = open_data.read_production()
    assert run_task()
    assert open_data.read_production() == premiere
    Commune.objects.filter(pk="71076").update(nom="Chalon")
    JeuEligibilite.objects.update(change_le="2026-01-01T00:00Z")
    assert run_task()
    seconde = open_data.read_production()
    assert seconde.lot != premiere.lot
    assert open_data.open_file(premiere.lot, "zones.csv")
    assert open_data.open_file(seconde.lot, "zones.csv")


def test_the_page_gives_each_file_with_its_size_and_digest(client, donnees, medias):
    production = open_data.publish_package()
    page = client.get("/donnees/").content.decode()
    assert "1er juin 2025" in page
    for fichier in production.fichiers:
        adresse = f"/donnees/{production.lot}/{fichier.nom}"
        assert adresse in page
        assert fichier.sha256 in page
        reponse = client.get(adresse)
        corps = b"".join(reponse.streaming_content)
        assert int(reponse["Content-Length"]) == len(corps)
        assert (len(corps), hashlib.sha256(corps).hexdigest()) == (fichier.octets, fichier.sha256)
        assert reponse["Content-Disposition"] == f'attachment; filename="{fichier.nom}"'
        assert client.get(adresse, headers={"if-none-match": reponse["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    ("lot", "nom"),
    [
        ("0" * 16, "zones.csv"),
        ("{lot}", "courant.json"),
        ("{lot}", "passwd"),
        ("..", "courant.json"),
        ("{lot}", "..%2Fcourant.json"),
    ],
)
def test_nothing_else_is_served(client, donnees, medias, lot, nom):
    production = open_data.publish_package()
    assert client.get(f"/donnees/{lot.format(lot=production.lot)}/{nom}").status_code == 404


def test_a_damaged_pointer_reads_as_nothing_produced(client, donnees, medias):
    open_data.publish_package()
    for texte in ("", "{", "[]", '{"lot": "x", "fichiers": [{}]}', '{"fichiers": []}'):
        (open_data.folder() / open_data.COURANT).write_text(texte, encoding="utf-8")
        assert "Pas encore produites" in client.get("/donnees/").content.decode()


def test_old_productions_go_and_what_a_killed_one_left_too(donnees, medias):
    lots = []
    for rang in range(4):
        Commune.objects.filter(pk="71076").update(nom=f"Chalon {rang}")
        lots.append(open_data.publish_package().lot)
    reste = open_data.folder() / ".en-cours-ancien"
    reste.mkdir()
    os.utime(reste, (0, 0))
    open_data.publish_package()
    presents = {chemin.name for chemin in open_data.folder().iterdir()}
    assert presents == {*lots[2:], open_data.COURANT}
