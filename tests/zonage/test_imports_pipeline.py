"""The one pipeline of imports: what it accepts, what it refuses, where and why; nothing half-written."""

import io
import os
import struct
import time
import zipfile
from datetime import date

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction

from portal.core.imports import ANOMALIES_MAX, Import, format_rapport, run_import
from portal.core.models import ImportRun, StatutImport
from tests.zonage.factories import CommuneFactory
from zonage.enums import StatutZone
from zonage.lecture import zone
from zonage.models import Apl, Arrete, Classement

pytestmark = pytest.mark.django_db

TITRE = "CartoSanté; ; \nRéférentiel géographique : France par commune; ; \n"
ENTETE = "Code;Libellé;Zonage médecins\n"
LIGNES = "71076;Chalon-sur-Saône;1_ZIP\n71100;Châtenoy-en-Bresse;2_ZAC\n01004;Ambérieu-en-Bugey;3_HZ\n"
VALABLE = TITRE + ENTETE + LIGNES


@pytest.fixture(autouse=True)
def communes():
    for code in ("71076", "71100", "01004"):
        CommuneFactory(code_insee=code)


@pytest.fixture
def ecrire(tmp_path):
    def ecrire(contenu, nom="zonage.csv"):
        chemin = tmp_path / nom
        chemin.write_bytes(contenu.encode() if isinstance(contenu, str) else contenu)
        return chemin

    return ecrire


def charge(chemin, **options):
    """Run the command; return its output."""
    sortie = io.StringIO()
    call_command("import_zonage", str(chemin), du=date(2025, 3, 20), stdout=sortie, **options)
    return sortie.getvalue()


def refuse(chemin):
    """The report of a refusal, after checking that nothing was written but the run."""
    with pytest.raises(CommandError) as erreur:
        charge(chemin)
    run = ImportRun.objects.get()
    assert (run.statut, run.lignes_ecrites) == (StatutImport.REFUSE, 0)
    assert Classement.objects.count() == Arrete.objects.count() == 0
    return str(erreur.value)


class TestAccepted:
    @pytest.mark.parametrize(
        ("octets", "note"),
        [
            (VALABLE.encode(), ""),
            (VALABLE.encode("utf-8-sig"), ""),
            (VALABLE.encode("utf-16"), "UTF-16"),
            (VALABLE.encode("cp1252"), "Windows-1252"),
            (VALABLE.replace("\n", "\r\n").encode(), ""),
            (VALABLE.replace(";", "\t").encode(), ""),
            (VALABLE.replace(";", ",").encode(), ""),
            (VALABLE.replace("Code;Libellé;Zonage médecins", "code ;LIBELLÉ;zonage\u00a0médecins").encode(), ""),
        ],
    )
    def test_the_encodings_ends_of_line_and_separators_met_in_france(self, ecrire, octets, note):
        sortie = charge(ecrire(octets))
        assert note in sortie
        assert Classement.objects.count() == 3
        assert Classement.objects.get(territoire__code="71076").territoire.libelle == "Chalon-sur-Saône"

    def test_columns_in_another_order_and_more_columns(self, ecrire):
        charge(ecrire("x;Zonage médecins;Code;Libellé\n1;1_ZIP;71076;Chalon\n"))
        assert zone("71076", "medecin", au=date(2025, 6, 1)).niveau == "zip"

    def test_a_lost_leading_zero_is_restored_and_said(self, ecrire):
        sortie = charge(ecrire(VALABLE.replace("01004", "1004")))
        assert "Ligne 6, colonne Code : zéro initial rétabli : 1004 lu 01004" in sortie

    def test_an_exact_duplicate_counts_once_and_is_named(self, ecrire):
        sortie = charge(ecrire(VALABLE + "71076;Chalon-sur-Saône;1_ZIP\n"))
        assert "Ligne 7, colonne Code : ligne écartée : 71076 répète la ligne 4" in sortie
        run = ImportRun.objects.get()
        assert (run.lignes_lues, run.lignes_ecrites, run.lignes_ignorees) == (4, 3, 1)

    def test_a_second_run_writes_nothing_and_a_rehearsal_neither(self, ecrire):
        chemin = ecrire(VALABLE)
        charge(chemin, dry_run=True)
        assert Classement.objects.count() == 0
        charge(chemin)
        avant = list(Classement.objects.order_by("pk").values_list("pk", "niveau", "periode"))
        charge(chemin)
        assert list(Classement.objects.order_by("pk").values_list("pk", "niveau", "periode")) == avant
        runs = list(ImportRun.objects.order_by("pk").values_list("statut", "lignes_ecrites", "lignes_identiques"))
        assert runs == [("repetition", 0, 0), ("reussi", 3, 0), ("reussi", 0, 3)]


class TestRefused:
    @pytest.mark.parametrize(
        ("contenu", "raison"),
        [
            ("", "Fichier vide"),
            (TITRE + ENTETE, "sans aucune ligne de données"),
            (VALABLE.replace("Code;", "Codes;"), "Colonne absente : Code"),
            (TITRE + "Code;Libellé;Zonage médecins;Code\n71076;Chalon;1_ZIP;71076\n", "Colonne en double : Code"),
            (VALABLE.replace("Zonage médecins", "Zonage dentistes"), "exactement une colonne"),
            (VALABLE.replace("71100", "99999"), "Ligne 5, colonne Code : commune inconnue : 99999"),
            (VALABLE.replace("71100", "7,11E+04"), "Ligne 5, colonne Code : code tronqué par le tableur"),
            (VALABLE.replace("71100", "chalon"), "Ligne 5, colonne Code : « chalon » n'est pas un code INSEE"),
            (VALABLE.replace("2_ZAC", "2_ZUP"), "Ligne 5, colonne Zonage médecins : valeur « 2_ZUP » inconnue"),
            (VALABLE.replace("2_ZAC", "=1+1"), "Ligne 5, colonne Zonage médecins : formule interdite"),
            (VALABLE.replace("Châtenoy-en-Bresse", "@SUM(A1)"), "Ligne 5, colonne Libellé : formule interdite"),
            (VALABLE + "71076;Chalon-sur-Saône;2_ZAC\n", "Ligne 7, colonne Code : 71076 contredit la ligne 4"),
            (VALABLE.replace(";2_ZAC", ""), "Ligne 5 : 2 cellules au lieu de 3"),
            (VALABLE.replace("2_ZAC", "2_ZAC;trop"), "Ligne 5 : 4 cellules au lieu de 3"),
            (VALABLE.replace("Châtenoy-en-Bresse", '"Châtenoy'), "Ligne 5 : guillemet ouvert et jamais refermé"),
            (VALABLE.replace("2_ZAC", "2_\x00ZAC"), "Ligne 5 : caractère nul"),
            (VALABLE.encode().replace(b"tenoy", b"ten\xffoy"), "Ligne 5, colonne 2 : caractère illisible"),
            (VALABLE.encode("utf-16")[:-1], "UTF-16 tronqué"),
            (b"%PDF-1.7\n" + VALABLE.encode(), "un PDF"),
            ("<html><body>Erreur 404</body></html>", "une page web"),
            (b"\x7fELF" + bytes(200), "un programme"),
        ],
    )
    def test_a_bad_file_is_refused_with_line_column_and_reason(self, ecrire, contenu, raison):
        message = refuse(ecrire(contenu))
        assert raison in message
        assert message.endswith("Rien n'est enregistré.")

    def test_a_fault_on_the_last_line_only_writes_nothing(self, ecrire):
        message = refuse(ecrire(TITRE + ENTETE + "71076;Chalon;1_ZIP\n" * 3_000 + "71100;Châtenoy;ZUP\n"))
        assert "Ligne 3004, colonne Zonage médecins : valeur « ZUP » inconnue" in message

    def test_one_gigabyte_is_refused_by_its_size_without_being_read(self, tmp_path):
        chemin = tmp_path / "grand.csv"
        with chemin.open("wb") as fichier:
            fichier.truncate(1024**3)
        debut = time.perf_counter()
        message = refuse(chemin)
        assert "1 024 Mo, pour 60 Mo au plus" in message
        assert time.perf_counter() - debut < 2

    def test_a_folder_a_pipe_or_nothing(self, tmp_path):
        assert "n'est pas un fichier" in refuse(tmp_path)
        ImportRun.objects.all().delete()
        os.mkfifo(tmp_path / "tube")
        assert "n'est pas un fichier" in refuse(tmp_path / "tube")
        ImportRun.objects.all().delete()
        assert "introuvable" in refuse(tmp_path / "absent.csv")

    def test_the_report_is_bounded_and_counts_everything(self, ecrire):
        refuse(ecrire(TITRE + ENTETE + "".join(f"71{i % 1000:03d};x;ZUP\n" for i in range(1_000))))
        run = ImportRun.objects.get()
        assert (len(run.rapport), run.anomalies) == (ANOMALIES_MAX, 1_000)
        assert "1000 anomalies en tout" in format_rapport(run)

    def test_a_fault_of_the_importer_is_recorded_and_not_hidden(self, ecrire):
        def oublie(lot: Import) -> None:
            CommuneFactory(code_insee="71999")
            lot.lues = 3

        with pytest.raises(RuntimeError, match="3 lines read, 0 accounted"):
            run_import("essai", ecrire(VALABLE), oublie)
        assert ImportRun.objects.get().statut == StatutImport.REFUSE
        assert not Classement.objects.exists()


def classeur(feuilles):
    livre = openpyxl.Workbook()
    livre.remove(livre.active)
    for nom, lignes in feuilles.items():
        feuille = livre.create_sheet(nom)
        for ligne in lignes:
            feuille.append(ligne)
    tampon = io.BytesIO()
    livre.save(tampon)
    return tampon.getvalue()


def remplace(octets, **entrees):
    """The archive with entries replaced or added (None: removed)."""
    sortie = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(octets)) as lue, zipfile.ZipFile(sortie, "w", zipfile.ZIP_DEFLATED) as ecrite:
        for nom in lue.namelist():
            if nom not in entrees:
                ecrite.writestr(nom, lue.read(nom))
        for nom, contenu in entrees.items():
            if contenu is not None:
                ecrite.writestr(nom, contenu)
    return sortie.getvalue()


COLONNES_APL = [
    "Code commune INSEE",
    "Commune",
    "APL aux médecins généralistes",
    "APL aux médecins généralistes de moins de 65 ans",
    "Population standardisée 2021 pour la médecine générale",
    "Population totale 2021",
]


def feuille_apl(lignes, millesime=2023):
    titre = f"Indicateur d'accessibilité potentielle localisée (APL) {millesime} aux médecins généralistes"
    return [[titre], [], COLONNES_APL, ["", "", "En nombre de consultations"], *lignes, ["Source : essai"]]


LIGNES_APL = [["71076", "Chalon", 3.1, "2,9", 46_000.5, 45_000], ["01004", "Ambérieu", 2.5, 2.5, 14_000, 14_288]]
SAIN = classeur({"APL 2022": feuille_apl(LIGNES_APL, 2022), "APL 2023": feuille_apl(LIGNES_APL)})
FEUILLE = "xl/worksheets/sheet1.xml"


def charge_apl(chemin):
    sortie = io.StringIO()
    call_command("import_apl", str(chemin), stdout=sortie)
    return sortie.getvalue()


class TestWorkbook:
    def test_every_vintage_is_read_and_every_line_accounted_for(self, ecrire):
        sortie = charge_apl(ecrire(SAIN, "apl.xlsx"))
        assert "lignes lues 8, écrites 4, déjà connues 0, écartées et nommées 4" in sortie
        assert "ligne des unités" in sortie
        assert "note de bas de tableau" in sortie
        ligne = Apl.objects.get(code_publie="71076", millesime=2023)
        assert (ligne.apl, ligne.apl_65, ligne.apl_62, ligne.population_totale) == (3.1, 2.9, None, 45_000)
        charge_apl(ecrire(SAIN, "apl.xlsx"))
        assert ImportRun.objects.first().lignes_ecrites == 0

    def test_a_code_read_as_a_number_gets_its_zero_back(self, ecrire):
        octets = classeur({"APL 2023": feuille_apl([[1004, "Ambérieu", 2.5, 2.5, 14_000, 14_288]])})
        assert "zéro initial rétabli" in charge_apl(ecrire(octets, "apl.xlsx"))
        assert Apl.objects.get().commune_id == "01004"

    @pytest.mark.parametrize(
        ("octets", "raison"),
        [
            (SAIN[: len(SAIN) // 2], "tronqué"),
            (SAIN[:-30], "tronqué"),
            (b"\xd0\xcf\x11\xe0" + bytes(600), "ancien (.xls) ou protégé par mot de passe"),
            (VALABLE.encode(), "n'est pas un classeur"),
            (remplace(SAIN, **{"xl/vbaProject.bin": b"x"}), "macros"),
            (remplace(SAIN, **{"xl/externalLinks/externalLink1.xml": "<a/>"}), "rompez les liaisons"),
            (remplace(SAIN, **{"xl/embeddings/dedans.zip": b"PK"}), "imbriqué"),
            (remplace(SAIN, **{"../../etc/cron.d/x": b"x"}), "chemin interdit"),
            (remplace(SAIN, **{"xl/workbook.xml": None}), "n'est pas un classeur"),
            (remplace(SAIN, **{"xl/media/zeros.bin": bytes(50_000_000)}), "taille décompressée anormale"),
            (remplace(SAIN, **{f"xl/vide{i}.xml": b"" for i in range(300)}), "trop d'entrées"),
            (
                remplace(SAIN, **{FEUILLE: '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'}),
                "déclaration XML interdite",
            ),
            (
                classeur({"APL 2023": feuille_apl([["71076", "Chalon", "=1+1", 2.5, 100, 100]])}),
                "Cellule C5 : formule interdite",
            ),
            (classeur({"Feuil1": [["rien"]]}), "Code commune INSEE"),
            (classeur({"APL 2023": [["essai"], ["Code commune INSEE", "Commune"]]}), "colonnes absentes"),
            (classeur({"APL 2023": feuille_apl([["71076", "Chalon", "beaucoup", 2, 3, 4]])}), "n'est pas un nombre"),
            (classeur({"APL 2023": feuille_apl([["71076", "Chalon", -1, 2, 3, 4]])}), "n'est pas un nombre positif"),
            (classeur({"APL 2023": feuille_apl([["71076", "Chalon", 1, 2, "1e400", 4]])}), "n'est pas un nombre"),
            (classeur({"APL 2023": feuille_apl([["99999", "Nulle part", 1, 2, 3, 4]])}), "commune inconnue : 99999"),
        ],
    )
    def test_a_bad_workbook_is_refused_and_writes_nothing(self, ecrire, octets, raison):
        debut = time.process_time()
        with pytest.raises(CommandError, match="Rien n'est enregistré") as erreur:
            charge_apl(ecrire(octets, "apl.xlsx"))
        assert raison in str(erreur.value)
        assert not Apl.objects.exists()
        assert ImportRun.objects.get().statut == StatutImport.REFUSE
        assert time.process_time() - debut < 2

    def test_an_archive_that_lies_about_its_sizes_is_refused(self, ecrire):
        octets = bytearray(remplace(SAIN, **{"xl/media/zeros.bin": bytes(50_000_000)}))
        rang = octets.rfind(b"xl/media/zeros.bin") - 46  # its entry in the central directory
        struct.pack_into("<I", octets, rang + 24, 1_000)
        with pytest.raises(CommandError, match="abîmé"):
            charge_apl(ecrire(bytes(octets), "apl.xlsx"))


def test_qpv_values_of_the_older_vocabulary_ask_for_an_address(ecrire):
    charge(ecrire(VALABLE.replace("2_ZAC", "3_QPV_ZIP").replace("3_HZ", "N/A - résultat non disponible")))
    assert zone("71100", "medecin", au=date(2025, 6, 1)).statut == StatutZone.ADRESSE_REQUISE
    assert zone("01004", "medecin", au=date(2025, 6, 1)).statut == StatutZone.INCONNU


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_source_never_mix(ecrire):
    autre = connections.create_connection("default")
    try:
        with autre.cursor() as cursor, transaction.atomic():
            cursor.execute("SELECT pg_advisory_lock(hashtext('import.cartosante_zonage'))")
            assert "déjà en cours" in refuse(ecrire(VALABLE))
            cursor.execute("SELECT pg_advisory_unlock_all()")
    finally:
        autre.close()
    charge(ecrire(VALABLE))
    assert Classement.objects.count() == 3


class Coupure(BaseException):
    """The process dies here."""


@pytest.mark.django_db(transaction=True)
def test_an_interruption_at_any_statement_leaves_no_row(ecrire):
    chemin = ecrire(VALABLE)
    coupures = 0
    for limite in range(2, 200, 5):
        reste = iter(range(limite))

        def couper(execute, sql, params, many, contexte, reste=reste):
            if next(reste, None) is None:
                raise Coupure
            return execute(sql, params, many, contexte)

        try:
            with connection.execute_wrapper(couper):
                charge(chemin)
        except Coupure:
            coupures += 1
            assert Classement.objects.count() == Arrete.objects.count() == 0 or ImportRun.objects.count() == 0
            if Classement.objects.exists():  # cut after the commit, before the run was noted
                assert Classement.objects.count() == 3
                break
        else:
            break
    assert coupures > 4
    assert Classement.objects.count() == 3
