"""`./maillage manage import_composition FICHIER --millesime 2024`: bassins de vie and BVCV, commune by commune."""

from argparse import ArgumentParser
from typing import Any

from portal.core.imports import Import, ImportCommand
from zonage.services.import_composition import load_composition


class Command(ImportCommand):
    source = "composition"
    help = "Importe la table d'appartenance des communes aux bassins de vie 2012 et 2022 et aux BVCV."

    def add_import_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--millesime", type=int, required=True, help="année du code officiel géographique du fichier"
        )

    def load(self, lot: Import, options: dict[str, Any]) -> None:
        load_composition(lot, millesime=options["millesime"])
