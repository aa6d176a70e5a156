"""`./maillage manage import_listes FICHIER`: an official list of communes (FRR, ZRR), over the days it attests."""

from argparse import ArgumentParser
from typing import Any

from portal.core.imports import Import, ImportCommand
from zonage.management.options import jour
from zonage.services.import_listes import load_listes
from zonage.sources.listes import FAMILLES


class Command(ImportCommand):
    source = "listes_communes"
    help = (
        "Importe une liste officielle de communes (colonnes « Code INSEE » et « Statut »). Sans elle, les dispositifs "
        "qui en dépendent répondent « à instruire »."
    )

    def add_import_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--liste", required=True, choices=sorted(FAMILLES), help="la famille de listes du fichier")
        parser.add_argument("--du", required=True, type=jour, help="premier jour attesté (AAAA-MM-JJ ou JJ/MM/AAAA)")
        parser.add_argument("--jusqu-au", type=jour, help="premier jour qui n'est plus attesté (défaut : en vigueur)")
        parser.add_argument("--source", dest="origine", default="", help="producteur et millésime, montrés au public")

    def load(self, lot: Import, options: dict[str, Any]) -> None:
        load_listes(
            lot,
            famille=options["liste"],
            du=options["du"],
            jusqu_au=options["jusqu_au"],
            source=options["origine"] or lot.chemin.name,
        )
