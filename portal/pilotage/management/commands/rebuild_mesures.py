"""`./maillage manage rebuild_mesures --du … --au …`: past days again, from what the sources say now."""

from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from portal.pilotage.enums import Cause
from portal.pilotage.services.calcul import compute_jour
from portal.pilotage.sources.definitions import load_definitions

JOURS_MAX = 3660


class Command(BaseCommand):
    help = "Refait les mesures de jours passés, par différence. Rejouée, elle n'écrit rien."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--du", type=date.fromisoformat, help="premier jour, AAAA-MM-JJ (aujourd'hui par défaut)")
        parser.add_argument("--au", type=date.fromisoformat, help="dernier jour, compris (aujourd'hui par défaut)")
        parser.add_argument("--indicateur", action="append", metavar="CODE", help="celui-ci seulement ; répétable")

    def handle(self, *args: Any, **options: Any) -> None:
        aujourd_hui = timezone.localdate()
        du, au = options["du"] or aujourd_hui, options["au"] or aujourd_hui
        if not du <= au <= aujourd_hui or (au - du).days > JOURS_MAX:
            raise CommandError(f"Des jours passés, dans l'ordre, {JOURS_MAX} au plus.")
        codes = options["indicateur"]
        connus = {definition.indicateur.code for definition in load_definitions()}
        if inconnus := set(codes or ()) - connus:
            raise CommandError(f"Indicateur inconnu : {', '.join(sorted(inconnus))}.")
        jours = [du + timedelta(days=rang) for rang in range((au - du).days + 1)]
        ecrites = 0
        for jour in tqdm(jours, desc="Mesures", unit="jour", disable=None):
            passage = compute_jour(jour, cause=Cause.REPRISE, codes=codes, forcer=True)
            ecrites += passage.lignes if passage else 0
        self.stdout.write(self.style.SUCCESS(f"{len(jours)} jours refaits, {ecrites} mesures écrites."))
