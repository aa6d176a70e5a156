"""`./maillage manage import_populations FICHIER`: the legal populations of communes published by INSEE."""

from argparse import ArgumentParser
from typing import Any

from portal.core.imports import Import, ImportCommand
from zonage.services.import_populations import load_populations


class Command(ImportCommand):
    source = "insee_populations"
    help = "Importe les populations légales de l'Insee (colonnes COM, PMUN, PCAP, PTOT)."

    def add_import_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--millesime", type=int, help="année du recensement (défaut : lue dans le nom du fichier)")

    def load(self, lot: Import, options: dict[str, Any]) -> None:
        load_populations(lot, millesime=options["millesime"])
