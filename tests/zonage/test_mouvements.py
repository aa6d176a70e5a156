"""The movements of communes: what the importer keeps, follows, refuses."""

import os
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from portal.core.models import ImportRun
from tests.zonage.factories import AncienneCommuneFactory, CommuneFactory
from zonage.models import AncienneCommune, Commune, Mouvement
from zonage.recherche import resolve_commune

ENTETE = (
    "MOD,DATE_EFF,TYPECOM_AV,COM_AV,TNCC_AV,NCC_AV,NCCENR_AV,LIBELLE_AV,"
    "TYPECOM_AP,COM_AP,TNCC_AP,NCC_AP,NCCENR_AP,LIBELLE_AP"
)


def ligne(modalite, jour, avant, apres):
    """avant, apres: « COM 71901 Vieux » ; the columns that are not read are filled too."""

    def cote(texte):
        type_, code, nom = texte.split(" ", 2) if texte else ("", "", "")
        return f"{type_},{code},0,{nom.upper()},{nom},{nom}"

    return f"{modalite},{jour},{cote(avant)},{cote(apres)}"


@pytest.fixture
def fichier(tmp_path):
    def ecrire(*lignes, entete=ENTETE):
        chemin = tmp_path / "v_mvtcommune_2026.csv"
        chemin.write_text("\n".join([entete, *lignes]) + "\n", encoding="utf-8")
        return chemin

    return ecrire


@pytest.fixture
def bourg(db):
    return CommuneFactory(code_insee="71801", nom="Bourg-Neuf")


def _anciennes():
    return set(AncienneCommune.objects.values_list("code_insee", "nom", "commune_id", "depuis"))


def test_a_chain_of_mergers_leads_to_today(bourg, fichier):
    """71901 joined 71902 in 1973; 71902 joined Bourg-Neuf in 2019, which changed its name that day."""
    chemin = fichier(
        ligne("33", "1973-01-01", "COM 71901 Petit", "COM 71902 Moyen"),
        ligne("33", "1973-01-01", "COM 71901 Petit", "COMA 71901 Petit"),
        ligne("33", "1973-01-01", "COM 71902 Moyen", "COM 71902 Moyen"),
        ligne("32", "2019-01-01", "COM 71902 Moyen", "COM 71801 Bourg-Neuf"),
        ligne("32", "2019-01-01", "COM 71801 Bourg", "COM 71801 Bourg-Neuf"),
        ligne("32", "2019-01-01", "COM 71801 Bourg", "COMD 71801 Bourg"),
    )
    call_command("import_mouvements", chemin)
    assert _anciennes() == {
        ("71901", "Petit", "71801", date(1973, 1, 1)),
        ("71902", "Moyen", "71801", date(2019, 1, 1)),
        ("71801", "Bourg", "71801", date(2019, 1, 1)),
    }
    assert Mouvement.objects.count() == 6
    assert resolve_commune("71901").commune == bourg


def test_a_reestablished_commune_is_itself(bourg, fichier):
    retablie = CommuneFactory(code_insee="71901", nom="Retour")
    call_command(
        "import_mouvements",
        fichier(
            ligne("33", "1973-01-01", "COM 71901 Retour", "COM 71801 Bourg-Neuf"),
            ligne("33", "1973-01-01", "COM 71801 Bourg-Neuf", "COM 71801 Bourg-Neuf"),
            ligne("21", "2005-01-01", "COM 71801 Bourg-Neuf", "COM 71801 Bourg-Neuf"),
            ligne("21", "2005-01-01", "COM 71801 Bourg-Neuf", "COM 71901 Retour"),
        ),
    )
    assert not _anciennes()
    assert resolve_commune("71901").commune == retablie


def test_merged_again_after_being_reestablished_counts_from_the_last_day(bourg, fichier):
    call_command(
        "import_mouvements",
        fichier(
            ligne("33", "1973-01-01", "COM 71901 Petit", "COM 71801 Bourg-Neuf"),
            ligne("21", "2005-01-01", "COM 71801 Bourg-Neuf", "COM 71901 Petit"),
            ligne("21", "2005-01-01", "COM 71801 Bourg-Neuf", "COM 71801 Bourg-Neuf"),
            ligne("32", "2024-01-01", "COM 71901 Petit", "COM 71801 Bourg-Neuf"),
        ),
    )
    assert resolve_commune("71901").depuis == date(2024, 1, 1)


def test_a_change_of_code_and_a_change_of_name(bourg, fichier):
    call_command(
        "import_mouvements",
        fichier(
            ligne("41", "2016-12-31", "COM 71903 Frontiere", "COM 71801 Frontiere"),
            ligne("10", "2020-06-01", "COM 71801 Frontiere", "COM 71801 Bourg-Neuf"),
        ),
    )
    assert _anciennes() == {
        ("71903", "Frontiere", "71801", date(2016, 12, 31)),
        ("71801", "Frontiere", "71801", date(2020, 6, 1)),
    }


def test_a_shared_code_is_named_and_resolves_to_nothing(bourg, fichier, capsys):
    CommuneFactory(code_insee="71802", nom="Autre")
    call_command(
        "import_mouvements",
        fichier(
            ligne("30", "1968-03-02", "COM 71904 Partagee", "COM 71801 Bourg-Neuf"),
            ligne("30", "1968-03-02", "COM 71904 Partagee", "COM 71802 Autre"),
        ),
    )
    assert "71904 (Partagee) a été partagé entre 71801, 71802" in capsys.readouterr().out
    with pytest.raises(LookupError):
        resolve_commune("71904")


def test_the_newer_reference_wins_and_the_report_says_so(bourg, fichier, capsys):
    autre = CommuneFactory(code_insee="71802", nom="Autre")
    AncienneCommuneFactory(code_insee="71905", nom="", commune=autre)
    call_command("import_mouvements", fichier(ligne("32", "2019-01-01", "COM 71905 Vieux", "COM 71801 Bourg-Neuf")))
    assert "71905 (Vieux) mène à 71801" in capsys.readouterr().out
    assert _anciennes() == {("71905", "Vieux", "71802", date(2019, 1, 1))}


def test_replaying_and_rehearsing_write_nothing(bourg, fichier):
    chemin = fichier(ligne("32", "2019-01-01", "COM 71901 Petit", "COM 71801 Bourg-Neuf"))
    call_command("import_mouvements", chemin, dry_run=True)
    assert (Mouvement.objects.count(), _anciennes()) == (0, set())
    call_command("import_mouvements", chemin)
    apres = _anciennes()
    call_command("import_mouvements", chemin)
    derniere = ImportRun.objects.first()
    assert (derniere.lignes_ecrites, derniere.lignes_identiques) == (0, 1)
    assert _anciennes() == apres


@pytest.mark.parametrize(
    ("mauvaise", "attendu"),
    [
        (ligne("32", "01/01/2019", "COM 71901 P", "COM 71801 B"), "Ligne 3, colonne DATE_EFF : « 01/01/2019 »"),
        (ligne("99", "2019-01-01", "COM 71901 P", "COM 71801 B"), "Ligne 3, colonne MOD : type d'événement inconnu"),
        (ligne("32", "2019-01-01", "XXX 71901 P", "COM 71801 B"), "colonne TYPECOM_AV : type de commune inconnu"),
        (ligne("32", "2019-01-01", "COM 7190 P", "COM 7X801 B"), "colonne COM_AP : « 7X801 » n'est pas un code INSEE"),
        (ligne("32", "2019-01-01", "COM 71901 P", ""), "colonne TYPECOM_AP : type de commune inconnu"),
        ("32,2019-01-01,COM", "ligne tronquée"),
        (ligne("32", "2019-01-01", "COM 71902 Moyen", "COM 71801 Autre-Nom"), "contredit la ligne 2"),
    ],
)
def test_a_bad_line_refuses_the_whole_file(bourg, fichier, mauvaise, attendu):
    chemin = fichier(ligne("32", "2019-01-01", "COM 71902 Moyen", "COM 71801 Bourg-Neuf"), mauvaise)
    with pytest.raises(CommandError) as refus:
        call_command("import_mouvements", chemin)
    assert attendu in str(refus.value)
    assert not Mouvement.objects.exists()
    assert not _anciennes()


def test_a_missing_column_is_named(bourg, fichier):
    chemin = fichier("32,2019-01-01", entete="MOD,DATE_EFF")
    with pytest.raises(CommandError, match="COM_AV"):
        call_command("import_mouvements", chemin)


@pytest.mark.django_db
def test_without_the_reference_it_says_what_to_load_first(fichier):
    chemin = fichier(ligne("32", "2019-01-01", "COM 71901 Petit", "COM 71801 Bourg-Neuf"))
    with pytest.raises(CommandError, match="load_referentiel"):
        call_command("import_mouvements", chemin)
    assert not Commune.objects.exists()


@pytest.mark.donnees
@pytest.mark.skipif(not os.environ.get("MAILLAGE_DONNEES"), reason="MAILLAGE_DONNEES n'est pas défini")
def test_the_official_file_dates_the_former_communes(france):
    (chemin,) = Path(os.environ["MAILLAGE_DONNEES"]).glob("insee/v_mvtcommune_*.csv")
    call_command("import_mouvements", chemin)
    run = ImportRun.objects.first()
    assert run.lignes_lues == run.lignes_ecrites + run.lignes_ignorees == 13_284
    assert not AncienneCommune.objects.filter(nom="").exists()
    assert AncienneCommune.objects.filter(depuis=None).count() < 150
    vignes = resolve_commune("71429")
    assert (vignes.commune.pk, vignes.ancien_nom, vignes.depuis) == (
        "71076",
        "Saint-Jean-des-Vignes",
        date(1954, 1, 16),
    )
    assert resolve_commune("85165").ancien_code is None
    textes = " ".join(anomalie["message"] for anomalie in run.rapport)
    assert all(code in textes for code in ("55273", "60455"))
