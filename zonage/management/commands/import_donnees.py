"""`./maillage manage import_donnees DOSSIER`: the official files known in a folder, in order, dated."""

from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError

from zonage.donnees import EXTENSIONS, FICHIERS, FichierConnu

FICHIERS_MAX = 200


class Command(BaseCommand):
    help = "Charge les fichiers officiels connus d'un dossier, dans l'ordre, avec leurs dates."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dossier", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="lire et vérifier, ne rien écrire")

    def handle(self, *args: Any, dossier: Path, dry_run: bool, **options: Any) -> None:
        if not dossier.is_dir():
            raise CommandError("Ce dossier n'existe pas : donnez celui qui contient les fichiers officiels.")
        presents = []
        for fichier in FICHIERS:
            trouves = self._find(dossier, fichier)
            presents += trouves
            if not trouves:
                self.stdout.write(f"{fichier.chemin} : absent, sauté")
        for nom in self._find_inconnus(dossier):
            self.stdout.write(f"{nom} : aucun importateur ne lit ce fichier, laissé de côté")
        if not presents:
            raise CommandError("Aucun fichier connu dans ce dossier : voyez docs/imports.md pour les noms attendus.")
        refus = [fichier.chemin for fichier in presents if not self._run(dossier, fichier, dry_run)]
        if refus:
            raise CommandError(f"Fichiers refusés, rien n'en est enregistré : {', '.join(refus)}")

    def _find(self, dossier: Path, fichier: FichierConnu) -> list[FichierConnu]:
        """Those of this name in the folder; a star stands for the day of an extraction, the oldest comes first."""
        chemins = sorted(p.relative_to(dossier).as_posix() for p in dossier.glob(fichier.chemin) if p.is_file())
        return [replace(fichier, chemin=chemin) for chemin in chemins[:FICHIERS_MAX]]

    def _run(self, dossier: Path, fichier: FichierConnu, dry_run: bool) -> bool:
        if fichier.commande not in get_commands():
            self.stderr.write(f"{fichier.chemin} : la commande {fichier.commande} n'existe pas encore, sauté")
            return True
        if fichier.raison:
            self.stdout.write(f"{fichier.chemin} : {fichier.raison}")
        arguments = [str(dossier / fichier.chemin), *fichier.arguments, *(["--dry-run"] if dry_run else [])]
        try:
            call_command(fichier.commande, *arguments, stdout=self.stdout, stderr=self.stderr, skip_checks=True)
        except CommandError as erreur:
            self.stderr.write(str(erreur))
            return False
        return True

    def _find_inconnus(self, dossier: Path) -> list[str]:
        connus = {fichier.chemin for fichier in FICHIERS}
        trouves = (p for p in sorted(dossier.glob("*/*")) if p.suffix.lower() in EXTENSIONS and p.is_file())
        noms = (p.relative_to(dossier).as_posix() for p in trouves)
        return [nom for nom in noms if nom not in connus][:FICHIERS_MAX]
