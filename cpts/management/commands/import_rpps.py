"""`./maillage manage import_rpps FICHIER [--jour AAAA-MM-JJ]`: the Annuaire santé, extraction in libre accès."""

import re
from argparse import ArgumentParser
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from cpts.services.import_rpps import SOURCE, load_rpps
from portal.core.imports import Import, ImportCommand

DATE_DU_NOM = re.compile(r"(?<!\d)(20\d{2})(\d{2})(\d{2})(?:\d{4,6})?(?!\d)")


def read_jour(texte: str) -> date:
    try:
        return datetime.strptime(texte, "%Y-%m-%d").date()  # noqa: DTZ007 (a civil day)
    except ValueError:
        raise CommandError(
            f"--jour : « {texte[:20]} » n'est pas un jour (AAAA-MM-JJ, par exemple 2026-11-17)."
        ) from None


def find_jour(fichier: Path) -> date | None:
    """The day written in the name of the file, as the ANS names it (…_202611170807.txt)."""
    trouve = DATE_DU_NOM.search(fichier.stem)
    try:
        return date(*map(int, trouve.groups())) if trouve else None
    except ValueError:
        return None


class Command(ImportCommand):
    source = SOURCE
    help = "Importe les praticiens et leurs lieux d'exercice (Annuaire santé, PS_LibreAcces_Personne_activite)."

    def add_import_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--jour", default="", help="jour de l'extraction ; lu dans le nom du fichier sinon")
        parser.add_argument(
            "--accepter-baisse", action="store_true", help="charger même si plus d'un praticien sur dix a disparu"
        )

    def handle(self, *args: Any, fichier: Path, dry_run: bool, **options: Any) -> None:
        jour = read_jour(options["jour"]) if options["jour"] else find_jour(fichier)
        if jour is None:
            raise CommandError("Le nom du fichier ne dit pas son jour : ajoutez --jour AAAA-MM-JJ.")
        if jour > timezone.localdate():
            raise CommandError(f"Le jour de l'extraction ({jour:%d/%m/%Y}) est à venir : vérifiez --jour.")
        super().handle(*args, fichier=fichier, dry_run=dry_run, **options | {"jour": jour})

    def load(self, lot: Import, options: dict[str, Any]) -> None:
        load_rpps(lot, jour=options["jour"], accepte_baisse=options["accepter_baisse"])
