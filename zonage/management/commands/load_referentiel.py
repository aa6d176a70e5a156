"""`./maillage manage load_referentiel`: the territory of the whole country, from the files shipped with the portal."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from tqdm import tqdm

from portal.core.outbox import emit
from zonage.services.territoire import ReferentielRefuse, is_loaded, load_referentiel, record_referentiel
from zonage.sources.referentiel import ReferentielIllisible, read_manifeste, read_referentiel

ETAPES = 6


class Command(BaseCommand):
    help = "Charge les communes, EPCI, départements et régions livrés avec le portail. Peut être rejouée sans risque."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--complet", action="store_true", help="tout comparer, même si ce fichier est déjà chargé")

    def handle(self, *args: Any, complet: bool, **options: Any) -> None:
        try:
            manifeste = read_manifeste()
            nom = f"Référentiel COG {manifeste.get('millesime_cog')}"
            if not complet and is_loaded(manifeste):
                self.stdout.write(f"{nom} : déjà chargé.")
                return
            ecrites = self.load()
        except (ReferentielIllisible, ReferentielRefuse) as erreur:
            raise CommandError(str(erreur)) from erreur
        detail = ", ".join(f"{table} {n}" for table, n in ecrites.items() if n) or "rien n'a changé"
        self.stdout.write(self.style.SUCCESS(f"{nom} : {sum(ecrites.values())} lignes écrites ({detail})."))

    def load(self) -> dict[str, int]:
        with tqdm(total=ETAPES + 1, desc="Référentiel", unit="étape", disable=None) as barre:
            referentiel = read_referentiel()
            barre.update()

            def avance(etape: str) -> None:
                barre.set_postfix_str(etape, refresh=False)
                barre.update()

            with transaction.atomic():
                ecrites = load_referentiel(referentiel, avance=avance)
                if any(ecrites.values()):
                    emit("zonage.territoire", "referentiel", cle="referentiel")
        record_referentiel(referentiel, ecrites)
        return ecrites
