"""`./maillage manage refresh_zones`: rebuild the read table of the zones from the published classements."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from portal.core.outbox import emit
from zonage.enums import Profession
from zonage.services import ensure_niveaux, refresh_zones


class Command(BaseCommand):
    help = "Reconstruit la table de lecture des zones ; n'écrit que les différences (0 la seconde fois)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--profession", action="append", choices=Profession.values, help="peut être répétée")
        parser.add_argument("--region", action="append", help="code de région, peut être répété")

    def handle(self, *args: Any, **options: Any) -> None:
        ensure_niveaux()
        with transaction.atomic():
            lignes = refresh_zones(options["profession"], options["region"])
            if lignes:
                emit("zonage.territoire", "refresh_zones", cle="refresh_zones")
        self.stdout.write(self.style.SUCCESS(f"Lecture des zones : {lignes} lignes changées."))
