"""`./maillage manage import_finess FICHIER [--complet]`: FINESS, extraction of the établissements."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from cpts.services.import_finess import SOURCE, attach_run, load_finess
from portal.core.imports import ImportCommand, format_rapport, run_import
from portal.core.models import StatutImport


class Command(ImportCommand):
    source = SOURCE
    help = "Lit FINESS (etalab-cs1100507) et propose aux agents les créations, changements et fermetures."

    def add_import_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--complet", action="store_true", help="le fichier a tous les sites : proposer de fermer les absents"
        )
        parser.add_argument(
            "--accepter-baisse", action="store_true", help="même si plus d'une structure sur dix a disparu"
        )

    def handle(self, *args: Any, fichier: Path, dry_run: bool, **options: Any) -> None:
        run = run_import(
            SOURCE,
            fichier,
            lambda lot: load_finess(lot, complet=options["complet"], accepte_baisse=options["accepter_baisse"]),
            dry_run=dry_run,
        )
        rapport = format_rapport(run)
        if run.statut == StatutImport.REFUSE:
            raise CommandError(f"{rapport}\nRien n'est enregistré.")
        if run.statut == StatutImport.REUSSI:
            attach_run(run)
        self.stdout.write(self.style.SUCCESS(rapport))
