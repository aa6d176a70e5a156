"""For who keeps the machine: take the second factor off somebody who lost everything. The journal remembers it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.accounts.facteurs import find_device, remove_factor
from portal.accounts.models import User


class Command(BaseCommand):
    help = "Retire le second facteur d'un compte, désigné par son numéro : ses sessions se ferment."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("compte", type=int, help="numéro du compte, lu dans l'administration")

    def handle(self, *, compte: int, **options: Any) -> None:
        user = User.objects.filter(pk=compte).first()
        if user is None:
            raise CommandError(f"Aucun compte ne porte le numéro {compte} : lisez-le dans l'administration.")
        if find_device(user) is None:
            raise CommandError(f"Le compte {compte} n'a pas de second facteur : il n'y a rien à retirer.")
        remove_factor(user, par=None)
        self.stdout.write(self.style.SUCCESS(f"Second facteur retiré du compte {compte} ; ses sessions sont fermées"))
