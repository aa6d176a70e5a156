"""`./maillage manage import_perimetres FICHIER --region 27`: read a list of CPTS; it is completed on the screen."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from cpts.services.import_perimetres import ListeDejaLue, ListeRefusee, list_a_completer, list_nommees, receive_liste
from cpts.sources.listing_cpts import TAILLE_MAX
from portal.core.fichiers import FichierRefuse, read_bytes

MONTREES = 30


class Command(BaseCommand):
    help = "Lit une liste de CPTS (une ligne par CPTS et commune) ; les lignes douteuses se complètent à l'écran."
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("fichier", type=Path, help="classeur .xlsx, CSV ou GeoJSON")
        parser.add_argument("--region", required=True, help="code de la région qui instruit ces CPTS, par exemple 27")
        parser.add_argument("--dry-run", action="store_true", help="lire et rapprocher, ne rien écrire")

    @transaction.atomic
    def handle(self, *args: Any, fichier: Path, region: str, dry_run: bool, **options: Any) -> None:
        try:
            liste = receive_liste(
                read_bytes(fichier, taille_max=TAILLE_MAX), nom=fichier.name, region=region, par=None
            )
        except FichierRefuse as refus:
            lieu = f"ligne {refus.ligne} : " if refus.ligne else ""
            raise CommandError(f"{lieu}{refus}\nRien n'est enregistré.") from refus
        except ListeDejaLue as deja:
            self.stdout.write(self.style.SUCCESS(str(deja)))
            return
        except ListeRefusee as refus:
            raise CommandError(str(refus)) from refus
        nommees, restantes = list_nommees(liste), list_a_completer(liste)
        inconnues = sum(nommee.cpts_id is None for nommee in nommees)
        repetees = f" (dont {liste.lignes_repetees} répétées)" if liste.lignes_repetees else ""
        self.stdout.write(f"{liste.lignes_lues} lignes lues{repetees}, {len(nommees)} CPTS dont {inconnues} à créer.")
        for ligne in restantes[:MONTREES]:
            self.stdout.write(
                f"  Ligne {ligne.ligne}, colonne {ligne.colonne} : « {ligne.lue} », "
                f"{ligne.get_nature_display().lower()}. {ligne.message}"
            )
        if (nombre := restantes.count()) > MONTREES:
            self.stdout.write(f"  … {nombre} lignes à compléter en tout.")
        suite = "rien n'est enregistré" if dry_run else "à compléter dans l'administration, « Listes de CPTS »"
        self.stdout.write(self.style.SUCCESS(f"Lignes à compléter : {nombre} ; {suite}."))
        transaction.set_rollback(dry_run)
