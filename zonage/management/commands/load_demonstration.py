"""`./maillage manage load_demonstration`: a modelled supply and its zoning, to answer without official files."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string
from tqdm import tqdm

from zonage.services.demonstration import load_demonstration

ETAPES = 5


class Command(BaseCommand):
    help = "Calcule et charge le zonage de démonstration (offre modélisée). Peut être rejouée sans risque."

    def handle(self, *args: Any, **options: Any) -> None:
        with tqdm(
            total=ETAPES + len(settings.MAILLAGE_JEUX_DEMONSTRATION), desc="Démonstration", unit="étape", disable=None
        ) as barre:

            def avance(etape: str) -> None:
                barre.set_postfix_str(etape, refresh=False)
                barre.update()

            bilan = load_demonstration(avance)
            if not bilan.communes:
                raise CommandError("Aucune commune en base : lancez d'abord load_referentiel.")
            suite = [import_string(jeu)(avance) for jeu in settings.MAILLAGE_JEUX_DEMONSTRATION]
        ecrites = bilan.niveaux + bilan.classements + bilan.apl + bilan.zones
        detail = f"classements {bilan.classements}, APL {bilan.apl}, lecture {bilan.zones}"
        reste = f"{bilan.sans_coordonnees} communes sans coordonnées, sans classe"
        message = f"Démonstration : {bilan.communes} communes, {ecrites} lignes écrites ({detail}) ; {reste}."
        self.stdout.write(self.style.SUCCESS(message))
        for phrase in suite:
            self.stdout.write(self.style.SUCCESS(phrase))
