"""`./maillage manage verify_recus`: read the whole chain of receipts again, and say where it is broken."""

import time
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aides.services_recus import EtatChaine, verify_chaine


def read_tete(texte: str) -> tuple[int, str]:
    """« 1200:ab12… », as this command prints it."""
    rang, _, empreinte = texte.partition(":")
    if not rang.isdigit() or len(empreinte) != 64:
        raise ArgumentTypeError("écrivez le rang, deux-points, puis les 64 caractères de l'empreinte")
    return int(rang), empreinte


class Command(BaseCommand):
    help = (
        "Vérifie la chaîne des reçus, du premier au dernier. Notez la tête affichée ailleurs que sur cette machine : "
        "donnée plus tard avec --tete, elle montre si la fin de la chaîne a été coupée ou refaite."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rejouer", action="store_true", help="rejoue aussi chaque réponse (plus long)")
        parser.add_argument("--tete", type=read_tete, metavar="RANG:EMPREINTE", help="une tête notée auparavant")

    def handle(self, *, rejouer: bool, tete: tuple[int, str] | None, **options: Any) -> None:
        debut = time.perf_counter()
        etat = verify_chaine(rejouer=rejouer, attendue=tete)
        if etat.fautes:
            lignes = "\n".join(f"  reçu n° {faute.rang} : {faute.motif}" for faute in etat.fautes)
            raise CommandError(f"La chaîne des reçus n'est pas intacte :\n{lignes}")
        self.stdout.write(self.style.SUCCESS(describe(etat, time.perf_counter() - debut)))


def describe(etat: EtatChaine, duree: float) -> str:
    rejoues = f", {etat.rejoues} rejoués à l'identique" if etat.rejoues else ""
    rang, empreinte = etat.tete
    return f"{etat.recus} reçus vérifiés{rejoues}, en {duree:.1f} s. Tête : {rang}:{empreinte}"
