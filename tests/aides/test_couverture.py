"""The page of coverage counts what the trees hold, and nothing else."""

import csv
import io
from dataclasses import replace
from datetime import date

import pytest

from aides.catalogue import catalogue
from aides.couverture import count_totaux, couverture, cover_version
from aides.regles.chargement import load_texte
from aides.regles.conditions import AInstruire, Tous
from aides.views.couverture import COLONNES, build_cellules
from tests.aides.test_catalogue import alter, leaf

LE = date(2026, 6, 1)
PAGE = "/aides/couverture/"


def test_every_version_of_the_catalogue_has_its_line():
    lignes = couverture(au=LE)
    attendues = [(d.code, v.code) for d in catalogue().dispositifs for v in d.versions]
    assert [(ligne.dispositif.code, ligne.version.code) for ligne in lignes] == attendues
    totaux = count_totaux(lignes)
    assert totaux.versions == len(attendues)
    assert totaux.dispositifs == len(catalogue().dispositifs)
    assert 0 < totaux.part_conditions < 100
    assert 0 < totaux.part_montants < 100


def test_an_open_point_is_counted_with_its_reason():
    def change(brut):
        leaf(brut).update(verifie=False, raison="personne n'a lu le texte")

    avant, apres = (load_texte(texte) for texte in (alter(lambda brut: None), alter(change)))
    avant, apres = (cover_version(d, d.versions[0], au=LE) for d in (avant, apres))
    assert apres.conditions == avant.conditions
    assert len(apres.instruire) == len(avant.instruire) + 1
    assert "personne n'a lu le texte" in {point.raison for point in apres.instruire}
    assert apres.part < avant.part


def test_a_condition_named_twice_counts_once():
    dispositif = catalogue().dispositif("caim")
    version = dispositif.versions[0]
    double = replace(version, conditions=Tous((version.conditions, *version.conditions.branches)))
    assert cover_version(dispositif, double, au=LE).conditions == cover_version(dispositif, version, au=LE).conditions


def test_the_state_is_that_of_the_day_and_the_doubt_is_counted_in_days():
    dispositif = catalogue().dispositif("caim")
    etats = {au: cover_version(dispositif, dispositif.versions[1], au=au).etat for au in (
        date(2025, 3, 14), date(2025, 3, 15), date(2026, 1, 1))}  # fmt: skip
    assert list(etats.values()) == ["a_venir", "ouvert", "ferme"]
    assert cover_version(dispositif, dispositif.versions[0], au=LE).jours_doute == 346
    assert cover_version(dispositif, dispositif.versions[1], au=LE).jours_doute == 0


def test_the_collectivities_say_that_their_decision_is_not_known():
    ligne = next(ligne for ligne in couverture(au=LE) if ligne.dispositif.code == "collectivites")
    ouverts = [n for n in ligne.version.noeuds() if isinstance(n, AInstruire)]
    assert len(ligne.instruire) == len(ouverts) == 1
    assert ligne.preciser[0].raison


def test_the_page_shows_each_scheme_and_its_reasons(client, db):
    reponse = client.get(PAGE)
    texte = reponse.content.decode()
    assert reponse.status_code == 200
    for ligne in couverture(au=LE):
        assert f"/aides/dispositifs/{ligne.dispositif.code}/" in texte
    assert "le portail ne sait pas si une collectivité" in texte


@pytest.mark.parametrize(
    ("filtre", "dedans", "dehors"),
    [
        ({"profession": "orthophoniste"}, "capiop", "caim"),
        ({"nature": "historique"}, "zrr", "frr"),
        ({"etat": "ouvert"}, "caicd", "caim"),
        ({"profession": "medecin", "etat": "ferme"}, "caim", "capiop"),
    ],
)
def test_filters_keep_what_they_say_on_the_page_and_in_the_file(client, db, filtre, dedans, dehors):
    page = client.get(PAGE, filtre)
    codes = {ligne.dispositif.code for ligne, _, _ in page.context["lignes"]}
    assert dedans in codes
    assert dehors not in codes
    fichier = client.get(f"{PAGE}couverture.csv", filtre)
    lignes = list(csv.DictReader(io.StringIO(fichier.content.decode("utf-8-sig")), delimiter=";"))
    assert {ligne["Code"] for ligne in lignes} == codes


def test_an_unknown_filter_is_named_and_an_empty_one_is_said(client, db):
    refus = client.get(PAGE, {"etat": "<b>"})
    assert refus.status_code == 400
    assert "Choisissez une valeur de la liste" in refus.content.decode()
    assert client.get(f"{PAGE}couverture.csv", {"etat": "zzz"}).status_code == 400
    vide = client.get(PAGE, {"nature": "annonce", "profession": "orthophoniste"})
    assert "Aucune version ne répond" in vide.content.decode()


def test_the_file_has_a_cell_for_each_column_and_runs_no_formula():
    ligne = couverture(au=LE)[0]
    assert len(build_cellules(ligne)) == len(COLONNES)
    hostile = replace(ligne, dispositif=replace(ligne.dispositif, nom="=1+1"))
    assert "'=1+1" in build_cellules(hostile)


def test_the_page_costs_no_query_but_the_version_of_the_data(client, db, django_assert_max_num_queries):
    client.get(PAGE)
    with django_assert_max_num_queries(3):
        client.get(PAGE, {"etat": "ouvert"})
