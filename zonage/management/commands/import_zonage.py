"""`./maillage manage import_zonage FICHIER --du JOUR`: a CartoSanté export of the zoning of doctors or nurses."""

from argparse import ArgumentParser
from typing import Any

from portal.core.imports import Import, ImportCommand
from zonage.management.options import cloture, jour
from zonage.services.import_zonage import PeriodeZonage, load_zonage


class Command(ImportCommand):
    source = "cartosante_zonage"
    help = "Importe un export CartoSanté « Zonage médecins » ou « Zonage infirmiers »."

    def add_import_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--du", type=jour, required=True, help="premier jour où ce zonage est attesté")
        parser.add_argument("--au", type=jour, help="premier jour où il ne l'est plus (défaut : sans fin connue)")
        parser.add_argument(
            "--cloture", type=cloture, action="append", default=[], metavar="REGION=DATE",
            help="région dont l'arrêté a été remplacé ce jour-là ; peut être répétée",
        )  # fmt: skip
        parser.add_argument("--source", default="CartoSanté", help="producteur et millésime, affichés avec le zonage")

    def load(self, lot: Import, options: dict[str, Any]) -> None:
        periode = PeriodeZonage(options["du"], options["au"], dict(options["cloture"]))
        lot.millesime = f"{options['du']:%Y-%m-%d}"
        load_zonage(lot, periode=periode, source=options["source"][:200])
