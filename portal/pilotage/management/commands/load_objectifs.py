"""`./maillage manage load_objectifs`: the targets that texts give. Done again, writes nothing."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.pilotage.services.objectifs import load_publies
from portal.pilotage.sources.objectifs import ObjectifInvalide


class Command(BaseCommand):
    help = "Charge les objectifs que des textes fixent. Rejouée, elle n'écrit rien ; ce qui est saisi depuis reste."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(self.style.SUCCESS(load_publies(lambda etape: None)))
        except ObjectifInvalide as erreur:
            raise CommandError(str(erreur)) from erreur
