"""Read a local scheme from a JSON file into a draft. Two persons still have to propose it and to validate it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from aides.regles.canonique import TAILLE_MAX, digest, dump_canonique, parse_json
from aides.regles.ecriture import RegleInvalide
from aides.services_locaux import ActeImpossible, create_redaction, read_redaction
from portal.accounts.models import User


class Command(BaseCommand):
    help = "Lit un dispositif local dans un fichier JSON et en fait un brouillon, que deux personnes publieront."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("fichier", type=Path, help="Fichier JSON écrit par « export_dispositif ».")
        parser.add_argument("--auteur", type=int, help="Numéro du compte qui rédige.")
        parser.add_argument("--dry-run", action="store_true", help="Vérifie sans rien écrire.")

    def handle(self, *, fichier: Path, auteur: int | None, dry_run: bool, **options: Any) -> None:
        try:
            brut = parse_json(self.read(fichier))
            dispositif = read_redaction(brut)
            if dry_run:
                self.stdout.write(f"{dispositif.code} : règle juste, empreinte {digest(dump_canonique(brut))}.")
                return
            compte = User.objects.filter(pk=auteur or 0, is_active=True).first()
            if compte is None:
                raise CommandError("Nommez par --auteur le numéro du compte qui rédige (liste des comptes).")
            redaction = create_redaction(brut, par=compte)
        except (RegleInvalide, ActeImpossible) as refus:
            raise CommandError(f"Rien n'est écrit. {refus}") from refus
        message = f"{dispositif.code} : brouillon {redaction.numero}, empreinte {redaction.empreinte}."
        self.stdout.write(self.style.SUCCESS(message))

    def read(self, fichier: Path) -> str:
        try:
            if fichier.stat().st_size > TAILLE_MAX:
                raise CommandError(f"Rien n'est écrit. Fichier trop grand ({TAILLE_MAX} octets au plus).")
            return fichier.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as erreur:
            raise CommandError("Rien n'est écrit. Le fichier n'est pas en UTF-8.") from erreur
        except OSError as erreur:
            raise CommandError(f"Rien n'est écrit. Fichier illisible : {fichier.name}.") from erreur
