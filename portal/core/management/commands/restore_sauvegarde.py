"""Put a backup back in an empty base, and prove that it is what was saved."""

import time
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.core.ceinture import as_systeme
from portal.core.sauvegarde import SauvegardeRefusee, part, restore_sauvegarde


class Command(BaseCommand):
    help = "Restaure une sauvegarde dans une base vide, la vérifie, puis rejoue les effacements faits depuis."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dossier", type=Path, help="dossier écrit par write_sauvegarde")

    def handle(self, *, dossier: Path, **options: Any) -> None:
        debut = time.monotonic()
        try:
            with as_systeme():
                ecarts = restore_sauvegarde(dossier)
        except SauvegardeRefusee as refus:
            raise CommandError(f"{refus} Rien n'a été touché.") from refus
        if ecarts:
            raise CommandError("Restaurée, mais différente : " + " | ".join(ecarts[:20]))
        with part("journal vérifié"):
            call_command("verify_journal", stdout=self.stdout)
        with part("effacements rejoués"):
            call_command("replay_effacements", stdout=self.stdout)
        self.stdout.write(self.style.SUCCESS(f"Restauré et vérifié en {time.monotonic() - debut:.1f} s."))
