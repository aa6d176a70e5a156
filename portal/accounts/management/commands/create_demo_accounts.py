"""The two accounts of the demonstration, for trying only: passwords drawn on this machine, shown at start."""

import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Permission
from django.core.management.base import BaseCommand
from django.db import transaction

from portal.accounts.models import User

ADMINISTRATION = "administration@demonstration.invalid"
LECTURE = "lecture@demonstration.invalid"
ADRESSES = (ADMINISTRATION, LECTURE)
ENTETE = "Comptes de démonstration (pour essayer seulement, page de connexion : /admin/) :"


def read_passwords(fichier: Path) -> dict[str, str]:
    """The passwords drawn by a former start; empty when the file is missing or was changed by hand."""
    if not fichier.exists():
        return {}
    couples = (ligne.split() for ligne in fichier.read_text().splitlines())
    lus = {mots[0]: mots[1] for mots in couples if len(mots) == 2 and mots[0] in ADRESSES}
    return lus if len(lus) == len(ADRESSES) else {}


class Command(BaseCommand):
    help = "Crée (ou retire) les deux comptes de démonstration et garde leurs mots de passe dans un fichier privé."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("fichier", type=Path, help="fichier privé où les mots de passe sont gardés")
        parser.add_argument("--retirer", action="store_true", help="désactive les comptes et supprime le fichier")

    @transaction.atomic
    def handle(self, *, fichier: Path, retirer: bool, **options: Any) -> None:
        if retirer:
            retires = User.objects.filter(email__in=ADRESSES).update(is_active=False)
            fichier.unlink(missing_ok=True)
            self.stdout.write(f"{retires} comptes de démonstration désactivés")
            return
        if User.objects.exclude(email__in=ADRESSES).exists() and not User.objects.filter(email__in=ADRESSES).exists():
            self.stdout.write("Cette base a déjà ses comptes : aucun compte de démonstration n'y est créé")
            return
        mots_de_passe = read_passwords(fichier) or {adresse: secrets.token_urlsafe(12) for adresse in ADRESSES}
        for adresse, mot_de_passe in mots_de_passe.items():
            user, _cree = User.objects.get_or_create(email=adresse, defaults={"last_name": "Démonstration"})
            user.is_active = user.is_staff = True
            user.is_superuser = adresse == ADMINISTRATION
            user.set_password(mot_de_passe)
            user.save()
            if adresse == LECTURE:
                user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
        fichier.unlink(missing_ok=True)
        fichier.touch(mode=0o600)
        lignes = [f"  {adresse}  {mot_de_passe}" for adresse, mot_de_passe in mots_de_passe.items()]
        fichier.write_text("\n".join([ENTETE, *lignes]) + "\n")
        self.stdout.write(self.style.SUCCESS(f"{len(mots_de_passe)} comptes de démonstration prêts"))
