"""`./maillage manage load_referentiel`: the territory of the whole country, from the files shipped with the portal."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from zonage.services.territoire import ReferentielRefuse, load_referentiel
from zonage.sources.referentiel import ReferentielIllisible, read_referentiel

ETAPES = 6


class Command(BaseCommand):
    help = "Charge les communes, EPCI, départements et régions livrés avec le portail. Peut être rejouée sans risque."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with tqdm(total=ETAPES + 1, desc="Référentiel", unit="étape", disable=None) as barre:
                referentiel = read_referentiel()
                barre.update()

                def avance(etape: str) -> None:
                    barre.set_postfix_str(etape, refresh=False)
                    barre.update()

                ecrites = load_referentiel(referentiel, avance=avance)
        except (ReferentielIllisible, ReferentielRefuse) as erreur:
            raise CommandError(str(erreur)) from erreur
        total = sum(ecrites.values())
        detail = ", ".join(f"{nom} {n}" for nom, n in ecrites.items() if n) or "rien n'a changé"
        millesime = referentiel.manifeste["millesime_cog"]
        self.stdout.write(self.style.SUCCESS(f"Référentiel COG {millesime} : {total} lignes écrites ({detail})."))
