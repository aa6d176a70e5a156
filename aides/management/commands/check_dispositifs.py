"""Loads every scheme as strictly as the portal does, and reads one aloud. Exit 1 with the file and path of a fault."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aides.catalogue import DOSSIER
from aides.regles.chargement import load_dossier
from aides.regles.conditions import walk
from aides.regles.dispositifs import Dispositif
from aides.regles.ecriture import RegleInvalide
from aides.regles.lecture import describe_version


class Command(BaseCommand):
    help = "Vérifie les fichiers des dispositifs d'aide, et en lit un en toutes lettres avec --lire."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dossier", type=Path, default=DOSSIER, help="Le dossier des fichiers YAML.")
        parser.add_argument("--lire", metavar="CODE", help="Écrit les conditions de ce dispositif en phrases.")

    def handle(self, *, dossier: Path, lire: str | None, **options: Any) -> None:
        try:
            catalogue = load_dossier(dossier)
        except (RegleInvalide, OSError) as erreur:
            raise CommandError(f"Dispositifs refusés. {erreur}") from erreur
        if not catalogue.dispositifs:
            raise CommandError(f"Aucun fichier .yaml dans {dossier} : indiquez le dossier des dispositifs.")
        if lire:
            dispositif = catalogue.dispositif(lire)
            if dispositif is None:
                codes = ", ".join(dispositif.code for dispositif in catalogue.dispositifs)
                raise CommandError(f"Aucun dispositif « {lire} ». Codes connus : {codes}.")
            self.read(dispositif)
            return
        for dispositif in catalogue.dispositifs:
            noeuds = sum(1 for version in dispositif.versions for _ in walk(version.conditions))
            self.stdout.write(f"{dispositif.code} : {len(dispositif.versions)} version(s), {noeuds} nœuds")
        self.stdout.write(
            self.style.SUCCESS(f"{len(catalogue.dispositifs)} dispositifs vérifiés ({catalogue.empreinte})")
        )

    def read(self, dispositif: Dispositif) -> None:
        self.stdout.write(f"{dispositif.sigle}, {dispositif.nom}\n{dispositif.resume}")
        for version in dispositif.versions:
            self.stdout.write(f"\nVersion {version.code}")
            for ligne in describe_version(version):
                self.stdout.write(ligne)
