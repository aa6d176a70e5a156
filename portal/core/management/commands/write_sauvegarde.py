"""Save the base and the documents, with what proves them."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal.core.ceinture import as_systeme
from portal.core.exploitation_machine import remember_sauvegarde
from portal.core.sauvegarde import SauvegardeRefusee, write_sauvegarde


class Command(BaseCommand):
    help = "Sauvegarde la base et les documents dans un dossier neuf, avec leurs empreintes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dossier", type=Path, help="dossier neuf, ou vide")

    def handle(self, *, dossier: Path, **options: Any) -> None:
        debut, commencee_le = time.monotonic(), timezone.now()
        try:
            with as_systeme():
                manifeste = write_sauvegarde(dossier)
        except SauvegardeRefusee as refus:
            raise CommandError(str(refus)) from refus
        lignes = sum(nombre for nombre, _ in manifeste["tables"].values())
        remember_sauvegarde(commencee_le, lignes=lignes, documents=len(manifeste["documents"]))
        quoi = f"{len(manifeste['tables'])} tables, {lignes} lignes, {len(manifeste['documents'])} documents"
        duree = f"{time.monotonic() - debut:.1f} s"
        self.stdout.write(self.style.SUCCESS(f"{quoi}, {manifeste['base']['octets']} octets, sauvegardés en {duree}."))
