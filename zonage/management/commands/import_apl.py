"""`./maillage manage import_apl FICHIER`: DREES's workbook of the APL, every vintage it holds."""

from typing import Any

from portal.core.imports import Import, ImportCommand
from zonage.services.import_apl import load_apl


class Command(ImportCommand):
    source = "drees_apl"
    help = "Importe le classeur DREES de l'accessibilité potentielle localisée (toutes ses années)."

    def load(self, lot: Import, options: dict[str, Any]) -> None:
        load_apl(lot)
