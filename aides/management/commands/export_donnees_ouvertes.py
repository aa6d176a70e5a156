"""`./maillage manage export_donnees_ouvertes`: rules, zones and éligibilités, as files that describe themselves."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from aides.open_data import ARCHIVE, Fichier, publish_package, write_package


class Command(BaseCommand):
    help = "Écrit les données ouvertes (CSV, JSON, datapackage.json, archive zip) ; sans --vers, celles de /donnees/."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--vers", type=Path, help="dossier à créer, ou fichier .zip ; il n'apparaît qu'une fois entier"
        )

    def handle(self, *, vers: Path | None, **options: Any) -> None:
        fichiers = publish_package().fichiers if vers is None else self.write_to(vers)
        for fichier in fichiers:
            lignes = "" if fichier.lignes is None else f", {fichier.lignes} lignes"
            self.stdout.write(f"{fichier.nom} : {fichier.octets} octets{lignes}, SHA-256 {fichier.sha256}")
        self.stdout.write(self.style.SUCCESS(f"Données ouvertes écrites : {vers or 'page /donnees/'}"))

    def write_to(self, vers: Path) -> tuple[Fichier, ...]:
        archive = vers.suffix == ".zip"
        if not vers.parent.is_dir():
            raise CommandError(f"Le dossier « {vers.parent} » n'existe pas : créez-le d'abord.")
        if vers.exists() and not archive:
            raise CommandError(f"« {vers} » existe déjà : choisissez un autre nom, ou retirez-le d'abord.")
        provisoire = Path(tempfile.mkdtemp(prefix=f".{vers.name}-", dir=vers.parent))
        try:
            fichiers = write_package(provisoire)
            if archive:
                (provisoire / ARCHIVE).replace(vers)
            else:
                provisoire.chmod(0o755)
                provisoire.rename(vers)
        except OSError as erreur:
            raise CommandError(
                f"Écriture impossible dans « {vers.parent} » ({erreur.strerror}) : vérifiez la place et vos droits."
            ) from erreur
        finally:
            shutil.rmtree(provisoire, ignore_errors=True)
        return fichiers
