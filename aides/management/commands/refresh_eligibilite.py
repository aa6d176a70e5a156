"""`./maillage manage refresh_eligibilite`: what each commune offers to each profession, for the day."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from aides.eligibilite.calcul import refresh_eligibilite
from aides.eligibilite.classes import Portee
from zonage.enums import Profession


class Command(BaseCommand):
    help = "Calcule ce que chaque commune offre à chaque profession ; n'écrit que les différences (0 la seconde fois)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--profession", action="append", choices=Profession.values, help="peut être répétée")
        parser.add_argument("--region", action="append", help="code de région, peut être répété")
        parser.add_argument("--entier", action="store_true", help="reconstruire toute la table, puis l'échanger")

    def handle(self, *args: Any, **options: Any) -> None:
        portee = Portee(*(tuple(options[nom]) if options[nom] else None for nom in ("profession", "region")))
        execution = refresh_eligibilite(
            portee, au=timezone.localdate(), cause="commande refresh_eligibilite", entier=options["entier"]
        )
        self.stdout.write(
            self.style.SUCCESS(
                f"{execution.libelle} : {execution.lignes_lues} lignes lues, {execution.lignes_ecrites} écrites, "
                f"en {execution.duree.total_seconds():.1f} s."
            )
        )
