"""Compute every seal of the journal again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.core.journal import verify_journal


class Command(BaseCommand):
    help = "Vérifie que chaque événement du journal est tel qu'il a été scellé."

    def handle(self, **options: Any) -> None:
        lue = verify_journal()
        for anomalie in lue.anomalies:
            self.stderr.write(f"{anomalie}")
        if lue.anomalies:
            raise CommandError("Le journal a été altéré. Conservez cette base et comparez-la à une sauvegarde.")
        self.stdout.write(
            self.style.SUCCESS(f"{lue.evenements} événements vérifiés, rang {lue.rang}, empreinte {lue.empreinte}")
        )
