"""The accounts of the demonstration, for trying only: passwords drawn on this machine, shown at start."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.urls import reverse

from portal.accounts.demonstration import (
    ADRESSES,
    COMPTES,
    create_comptes,
    draw_passwords,
    may_create,
    retire_comptes,
)

CODE = "(*) code à usage unique après le mot de passe : ./maillage manage code_demo ADRESSE"


def read_passwords(fichier: Path) -> dict[str, str]:
    """The passwords drawn by a former start; empty when the file is missing or was changed by hand."""
    if not fichier.exists():
        return {}
    lignes = (ligne.split() for ligne in fichier.read_text().splitlines())
    lus = {mots[0]: mots[1] for mots in lignes if len(mots) >= 2 and mots[0] in ADRESSES}
    return lus if len(lus) == len(ADRESSES) else {}


def write_passwords(fichier: Path, mots_de_passe: dict[str, str]) -> None:
    largeur = max(map(len, ADRESSES))
    lignes = [f"Comptes de démonstration (pour essayer seulement, page de connexion : {reverse('connexion')}) :"]
    for compte in COMPTES:
        marque = " (*)" if compte.a_code else ""
        lignes.append(f"  {compte.adresse:<{largeur}}  {mots_de_passe[compte.adresse]}  {compte.libelle}{marque}")
    fichier.unlink(missing_ok=True)
    fichier.touch(mode=0o600)
    fichier.write_text("\n".join([*lignes, CODE]) + "\n")


class Command(BaseCommand):
    help = "Crée (ou retire) les comptes de démonstration et garde leurs mots de passe dans un fichier privé."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("fichier", type=Path, help="fichier privé où les mots de passe sont gardés")
        parser.add_argument("--retirer", action="store_true", help="désactive les comptes et supprime le fichier")

    @transaction.atomic
    def handle(self, *, fichier: Path, retirer: bool, **options: Any) -> None:
        if retirer:
            retires = retire_comptes()
            fichier.unlink(missing_ok=True)
            self.stdout.write(f"{retires} comptes de démonstration désactivés")
            return
        if not may_create():
            self.stdout.write("Cette base a déjà ses comptes : aucun compte de démonstration n'y est créé")
            return
        mots_de_passe = read_passwords(fichier) or draw_passwords()
        create_comptes(mots_de_passe)
        write_passwords(fichier, mots_de_passe)
        self.stdout.write(self.style.SUCCESS(f"{len(mots_de_passe)} comptes de démonstration prêts"))
