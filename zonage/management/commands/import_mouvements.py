"""`./maillage manage import_mouvements FICHIER`: INSEE's movements of communes (v_mvtcommune_AAAA.csv)."""

from typing import Any

from portal.core.imports import Import, ImportCommand
from zonage.services.import_mouvements import load_mouvements


class Command(ImportCommand):
    source = "insee_mouvements"
    help = "Importe les mouvements de communes de l'Insee (v_mvtcommune) et date les anciennes communes."

    def load(self, lot: Import, options: dict[str, Any]) -> None:
        load_mouvements(lot)
