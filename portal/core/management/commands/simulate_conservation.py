"""What would be purged tonight, category by category and table by table: nothing is erased."""

from typing import Any

from django.core.management.base import BaseCommand

from portal.core.conservation import list_categories, read_etats, simulate


class Command(BaseCommand):
    help = "Simule la purge : objets par catégorie, lignes par table d'un premier lot. N'efface rien."

    def handle(self, *args: Any, **options: Any) -> None:
        purgeables = {categorie.code: categorie for categorie in list_categories()}
        for etat in read_etats():
            declaree = etat.categorie
            if declaree.fixe:
                self.stdout.write(f"{declaree.libelle} : {declaree.fixe} (tenu par le portail).")
            elif etat.duree is None:
                self.stdout.write(
                    f"{declaree.libelle} : durée à fixer par le responsable de traitement, rien n'est purgé."
                )
            else:
                self.stdout.write(f"{declaree.libelle} : {etat.a_purger} à purger, {etat.a_prevenir} à prévenir.")
                if etat.a_purger and declaree.code in purgeables:
                    _, comptes = simulate(purgeables[declaree.code])
                    for table, lignes in sorted(comptes.items()):
                        self.stdout.write(f"    premier lot, {table} : {lignes}")
