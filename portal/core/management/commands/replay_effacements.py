"""After a restore, before the site opens: erase again whoever had been erased since the backup."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.core.ceinture import as_systeme
from portal.core.effacements import EffacementRefuse, list_a_rejouer, replay_effacement


class Command(BaseCommand):
    help = "Rejoue les effacements que la base restaurée ne connaît pas (dossier MAILLAGE_EFFACEMENTS)."

    def handle(self, *args: Any, **options: Any) -> None:
        refus, rejoues = [], 0
        with as_systeme():
            for user_id in list(list_a_rejouer()):
                try:
                    replay_effacement(user_id)
                    rejoues += 1
                except EffacementRefuse as erreur:
                    refus.append(str(erreur))
        self.stdout.write(f"Effacements rejoués : {rejoues}.")
        if refus:
            raise CommandError("À traiter à la main avant d'ouvrir le site : " + " | ".join(refus))
