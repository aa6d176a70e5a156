"""The official files, read through the importers: the figures their producers publish."""

import io
import os
import shutil
from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.models import F, Sum

from portal.core.models import ImportRun, StatutImport
from zonage.donnees import FICHIERS
from zonage.enums import Origine, StatutZone
from zonage.lecture import zone
from zonage.models import Apl, Commune, ZoneCommune

pytestmark = [pytest.mark.donnees, pytest.mark.django_db, pytest.mark.xdist_group("donnees")]
BFC = "27"
AU = date(2025, 6, 1)
ZONAGES = {
    "cartosante/zonage_medecins_2025.csv": 34_875,
    "cartosante/zonage_infirmiers_2026.csv": 34_919,
}


@pytest.fixture
def dossier():
    chemin = Path(os.environ.get("MAILLAGE_DONNEES", ""))
    if not os.environ.get("MAILLAGE_DONNEES") or not chemin.is_dir():
        pytest.skip("MAILLAGE_DONNEES ne nomme pas de dossier")
    return chemin


@pytest.fixture
def charger(dossier, france, tmp_path):
    """Load some of the known files, with the dates the portal gives them."""

    def charger(*chemins):
        for chemin in chemins:
            copie = tmp_path / chemin
            copie.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(dossier / chemin, copie)
        call_command("import_donnees", str(tmp_path), stdout=io.StringIO(), stderr=io.StringIO())

    return charger


def test_the_doctors_zoning_of_the_region_has_the_published_shares(charger):
    charger("cartosante/zonage_medecins_2025.csv")
    communes = Commune.objects.filter(departement__region=BFC).with_niveau("medecin", au=AU)
    assert communes.count() == 3_685
    lignes = communes.values("niveau").annotate(habitants=Sum("population")).order_by("niveau")
    habitants = {ligne["niveau"]: ligne["habitants"] for ligne in lignes}
    total = sum(habitants.values())
    assert total == 2_802_670
    parts = {niveau: round(100 * nombre / total, 1) for niveau, nombre in habitants.items()}
    assert parts == {"zip": 34.8, "zac": 43.4, "hors_zonage": 21.9}


def test_the_region_reads_unknown_once_its_order_was_replaced(charger):
    charger("cartosante/zonage_medecins_2025.csv")
    lue = zone("71076", "medecin", au=date(2025, 11, 1))
    assert lue.statut == StatutZone.INCONNU
    assert lue.dernier_connu.au == date(2025, 10, 31)
    assert zone("71076", "medecin", au=date(2025, 10, 31)).niveau == lue.dernier_connu.niveau
    assert zone("01004", "medecin", au=date(2026, 11, 1)).statut == StatutZone.CONNU


@pytest.mark.parametrize(("chemin", "lignes"), ZONAGES.items())
def test_every_line_of_a_zoning_is_loaded_or_named_and_a_second_run_writes_nothing(charger, chemin, lignes):
    charger(chemin)
    charger(chemin)
    second, premier = ImportRun.objects.order_by("-pk")[:2]
    assert (premier.lignes_lues, premier.lignes_ecrites + premier.lignes_ignorees) == (lignes, lignes)
    assert (second.lignes_ecrites, second.lignes_identiques + second.lignes_ignorees) == (0, lignes)
    assert not ZoneCommune.objects.exclude(origine=Origine.OFFICIEL).exists()


def test_the_apl_of_france_is_the_published_mean_and_old_codes_find_their_commune(charger):
    charger("drees/apl_generalistes.xlsx")
    officiels = Apl.objects.filter(origine=Origine.OFFICIEL)
    for millesime, moyenne, communes in ((2022, 3.789, 34_964), (2023, 3.745, 34_954)):
        annee = officiels.filter(millesime=millesime)
        sommes = annee.aggregate(
            acces=Sum(F("apl") * F("population_standardisee")), population=Sum("population_standardisee")
        )
        assert annee.count() == communes
        assert round(sommes["acces"] / sommes["population"], 3) == moyenne
    fusionnees = officiels.filter(millesime=2023).exclude(code_publie=F("commune_id"))
    assert fusionnees.count() == 68
    run = ImportRun.objects.latest("pk")
    assert (run.lignes_lues, run.lignes_ecrites, run.lignes_ignorees) == (69_920, 69_918, 2)


def test_every_line_of_the_composition_is_loaded_or_named(charger):
    charger("appartenance/communes_bv_bvcv_2024.csv")
    run = ImportRun.objects.latest("pk")
    assert run.statut == StatutImport.REUSSI
    assert (run.lignes_lues, run.lignes_ecrites, run.lignes_ignorees) == (34_936, 34_935, 1)
    assert "licence ODbL" in str(run.rapport)


def test_every_known_file_is_in_the_folder(dossier):
    # The others carry the day of an extraction in their name.
    fixes = [fichier.chemin for fichier in FICHIERS if "*" not in fichier.chemin]
    assert [chemin for chemin in fixes if not (dossier / chemin).is_file()] == []
