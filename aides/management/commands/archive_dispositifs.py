"""`./maillage manage archive_dispositifs`: keep the text of every scheme read today."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aides.archives import RegleNonArchivee, archive_catalogue


class Command(BaseCommand):
    help = "Archive le texte de chaque dispositif du catalogue, par son empreinte ; sans effet la seconde fois."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            nouvelles = archive_catalogue()
        except RegleNonArchivee as erreur:
            raise CommandError(str(erreur)) from erreur
        self.stdout.write(self.style.SUCCESS(f"{nouvelles} règles archivées"))
