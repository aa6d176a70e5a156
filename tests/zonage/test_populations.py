"""The legal populations: one vintage after another, never a wrong one shown."""

import os
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from portal.core.models import ImportRun
from tests.zonage.factories import AncienneCommuneFactory, CommuneFactory
from zonage.models import Commune, PopulationLegale
from zonage.services.import_populations import read_millesime

ENTETE = "REG;Région;DEP;CODARR;CODCAN;CODCOM;COM;Commune;PMUN;PCAP;PTOT"


def ligne(code, municipale, a_part=0, totale=None):
    totale = municipale + a_part if totale is None else totale
    return f"27;Bourgogne-Franche-Comté;71;1;01;{code[2:]};{code};Essai;{municipale};{a_part};{totale}"


@pytest.fixture
def commune(db):
    return CommuneFactory(code_insee="71801", population=100, millesime_population=2023)


def _import(tmp_path, *lignes, nom="populations_legales_2024.csv", **options):
    chemin = tmp_path / nom
    chemin.write_text("\r\n".join([ENTETE, *lignes]) + "\r\n", encoding="utf-8-sig")
    call_command("import_populations", chemin, **options)


def _affichee(commune):
    commune.refresh_from_db()
    return commune.population, commune.millesime_population


def test_a_newer_vintage_is_shown_and_merged_codes_are_summed(commune, tmp_path):
    AncienneCommuneFactory(code_insee="71901", commune=commune)
    _import(tmp_path, ligne("71801", 120, 5), ligne("71901", 30))
    assert _affichee(commune) == (150, 2024)
    assert commune.populations.aggregate(somme=Sum("totale"))["somme"] == 155


def test_an_older_vintage_is_history_only(commune, tmp_path, capsys):
    _import(tmp_path, ligne("71801", 90), nom="populations_legales_2021.csv")
    assert _affichee(commune) == (100, 2023)
    assert commune.populations.get().millesime == 2021
    assert "millésime 2021 gardé en historique" in capsys.readouterr().out


def test_replaying_writes_nothing_and_a_corrected_file_replaces(commune, tmp_path):
    _import(tmp_path, ligne("71801", 120))
    _import(tmp_path, ligne("71801", 120))
    assert (ImportRun.objects.first().lignes_ecrites, ImportRun.objects.first().lignes_identiques) == (0, 1)
    _import(tmp_path, ligne("71801", 121))
    assert PopulationLegale.objects.get().municipale == 121


def test_rehearsing_writes_nothing(commune, tmp_path):
    _import(tmp_path, ligne("71801", 120), dry_run=True)
    assert _affichee(commune) == (100, 2023)
    assert not PopulationLegale.objects.exists()


@pytest.mark.parametrize(
    ("mauvaise", "attendu"),
    [
        (ligne("71999", 10), "Ligne 3, colonne COM : commune inconnue : 71999"),
        (ligne("71802", 10, 1, 12), "colonne PTOT : 12 n'est pas la somme de PMUN et PCAP (10 + 1)"),
        (ligne("71802", 10).replace(";10;", ";-10;", 1), "colonne PMUN : « -10 » n'est pas un nombre positif"),
        (ligne("71802", 10).replace(";10;", ";10.5;", 1), "« 10.5 » n'est pas un nombre d'habitants"),
        (ligne("71802", 10).replace(";10;", ";;", 1), "colonne PMUN : population absente"),
        (ligne("71801", 11), "contredit la ligne 2"),
        (ligne("71802", 10).replace(";10;", ";=1+1;", 1), "formule interdite"),
    ],
)
def test_a_bad_line_refuses_the_whole_file(commune, tmp_path, mauvaise, attendu):
    CommuneFactory(code_insee="71802")
    with pytest.raises(CommandError) as refus:
        _import(tmp_path, ligne("71801", 120), mauvaise)
    assert attendu in str(refus.value)
    assert not PopulationLegale.objects.exists()
    assert _affichee(commune) == (100, 2023)


def test_the_vintage_is_asked_when_the_name_does_not_give_it(commune, tmp_path):
    with pytest.raises(CommandError, match="--millesime"):
        _import(tmp_path, ligne("71801", 120), nom="populations.csv")
    _import(tmp_path, ligne("71801", 120), nom="populations.csv", millesime=2024)
    assert _affichee(commune) == (120, 2024)


@pytest.mark.parametrize(
    ("nom", "attendu"), [("populations_legales_2021.csv", 2021), ("pop.csv", None), ("2020_2021.csv", None)]
)
def test_the_vintage_in_a_file_name(nom, attendu):
    assert read_millesime(nom) == attendu


@pytest.mark.donnees
@pytest.mark.skipif(not os.environ.get("MAILLAGE_DONNEES"), reason="MAILLAGE_DONNEES n'est pas défini")
def test_the_official_file_is_wholly_loaded(france):
    (chemin,) = Path(os.environ["MAILLAGE_DONNEES"]).glob("insee/populations_legales_*.csv")
    call_command("import_populations", chemin)
    run = ImportRun.objects.first()
    assert (run.lignes_lues, run.lignes_ecrites) == (34_970, 34_970)
    assert Commune.objects.get(pk="71076").millesime_population == 2023
