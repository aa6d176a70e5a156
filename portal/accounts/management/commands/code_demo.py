"""The second factor of a demonstration account, as its application would show it. For trying: never in production."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.accounts.demonstration import COMPTES, read_code


class Command(BaseCommand):
    help = "Donne le code à usage unique du moment d'un compte de démonstration."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("adresse", help="adresse d'un compte de démonstration")

    def handle(self, *, adresse: str, **options: Any) -> None:
        if not settings.MAILLAGE_CODES_DEMO:
            raise CommandError("Cette commande n'existe que pour essayer le portail (réglages portal.settings.dev).")
        lu = read_code(adresse.strip().lower())
        if lu is None:
            avec = ", ".join(compte.adresse for compte in COMPTES if compte.a_code)
            raise CommandError(
                f"Aucun code pour cette adresse. Comptes de démonstration ouverts qui en ont un : {avec}."
            )
        self.stdout.write(f"{lu.code} (valable {lu.secondes} s)")
