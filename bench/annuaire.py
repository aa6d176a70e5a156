"""The import of the Annuaire santé: memory, time, and a second run that writes nothing. Everything is rolled back.

    .venv/bin/python bench/annuaire.py [--quick] [--lignes N]

The file is written here: drawn names, RPPS whose check digit is wrong on purpose (nobody's), communes of the base.
"""

import argparse
import os
import random
import resource
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

RACINE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RACINE))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.dev")

import django  # noqa: E402 (the folder of the project comes first)

django.setup()

from django.db import connection, transaction  # noqa: E402

from cpts.services.import_rpps import load_rpps  # noqa: E402
from cpts.sources.rpps import COLONNES, TYPE_RPPS, has_luhn  # noqa: E402
from portal.core.imports import format_rapport, run_import  # noqa: E402
from portal.core.models import ImportRun, StatutImport  # noqa: E402
from zonage.models import Commune  # noqa: E402

JOUR = date(2099, 1, 1)
PLEIN, BREF = 2_000_000, 200_000
MEMOIRE_MAX = 300  # Mo
DUREE_MAX = 600.0  # seconds, for two million lines
LARGEUR = 56
PROFESSIONS = ("10", "40", "50", "60", "60", "60", "70", "91", "21", "86")
NOMS = ("FICTIF", "D'ESSAI", "INVENTÉ", "SUPPOSÉ", "MODÈLE")
ADRESSE = "Cabinet d'essai, bâtiment fictif, 2e étage|||12||AV|Avenue|des Essais de Mesure||00000 VILLE FICTIVE"


def write_fichier(chemin: Path, lignes: int, communes: list[str]) -> None:
    """The width and the columns of the official file: some 260 bytes a line."""
    tirage = random.Random(20260101)
    autres = [f"Colonne non lue {rang}" for rang in range(LARGEUR - len(COLONNES))]
    with chemin.open("w", encoding="utf-8") as fichier:
        fichier.write("|".join((*COLONNES, *autres)) + "\n")
        for rang in range(lignes):
            personne = rang * 10 // 13
            rpps = f"9{personne:09d}"
            cle = next(chiffre for chiffre in "0123456789" if not has_luhn(rpps + chiffre))
            profession = PROFESSIONS[personne % len(PROFESSIONS)]
            nom = f"{NOMS[personne % 5]}{personne % 7919}"
            lieu = tirage.randrange(200_000)
            cellules = (
                TYPE_RPPS, rpps + cle, "DR", nom, "Exemple", profession, "Profession", "C", "S", "SM53",
                "Savoir-faire fictif",
                "LS"[lieu % 2], "", "", f"R{lieu:012d}", "RAISON SOCIALE FICTIVE", "", communes[lieu % len(communes)],
            )  # fmt: skip
            vides = [""] * (len(autres) - ADRESSE.count("|") - 1)
            fichier.write("|".join((*cellules, ADRESSE, *vides)) + "\n")


def run(chemin: Path) -> tuple[ImportRun, float]:
    debut = time.perf_counter()
    run = run_import("annuaire_sante", chemin, lambda lot: load_rpps(lot, jour=JOUR, accepte_baisse=True))
    return run, time.perf_counter() - debut


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true")
    options.add_argument("--lignes", type=int, default=0)
    choix = options.parse_args()
    lignes = choix.lignes or (BREF if choix.quick else PLEIN)
    communes = list(Commune.objects.order_by("code_insee").values_list("code_insee", flat=True))
    if not communes:
        print("Aucune commune : ./maillage manage load_referentiel")
        return 2
    avant = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    with tempfile.TemporaryDirectory() as dossier:
        chemin = Path(dossier) / "annuaire.txt"
        write_fichier(chemin, lignes, communes)
        octets = chemin.stat().st_size / 1e6
        with transaction.atomic():
            premier, duree = run(chemin)
            second, duree_2 = run(chemin)
            transaction.set_rollback(True)
    memoire = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if premier.statut != StatutImport.REUSSI:
        print(format_rapport(premier))
        return 1
    but = DUREE_MAX * lignes / PLEIN
    tenus = [
        show("rss_mo", memoire, MEMOIRE_MAX, f"start={avant}"),
        show("seconds", duree, max(but, 20.0), f"lines={lignes} file={octets:.0f}MB rows/s={lignes / duree:.0f}"),
        show("second_run_writes", second.lignes_ecrites, 0, f"seconds={duree_2:.1f}"),
    ]
    connection.close()
    return 0 if all(tenus) else 1


def show(nom: str, valeur: float, but: float, details: str) -> bool:
    verdict = "PASS" if valeur <= but else "FAIL"
    print(f"P40 annuaire_{nom} ours={valeur:.1f} goal<={but:.0f} {details} {verdict}")
    return valeur <= but


if __name__ == "__main__":
    sys.exit(main())
