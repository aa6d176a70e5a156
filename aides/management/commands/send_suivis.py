"""`./maillage manage send_suivis`: do by hand what the slot of the follow-ups asks every five minutes."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from aides.models import MessageSuivi, StatutMessage
from aides.suivi.depot import purge_non_confirmes
from aides.suivi.envois import send_messages
from aides.suivi.messages import open_echeances
from portal.core.taches import Reporte

CAUSES_MAX = 1000


class Command(BaseCommand):
    help = "Envoie les messages de suivi qui attendent, rend dus ceux du jour, efface les demandes non confirmées."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            dus = open_echeances(au=timezone.localdate())
        effaces = purge_non_confirmes(le=timezone.now())
        attendus = MessageSuivi.objects.filter(statut=StatutMessage.A_ENVOYER)
        nombre = attendus.count()
        try:
            for cause in attendus.order_by("cause").values_list("cause", flat=True).distinct()[:CAUSES_MAX]:
                send_messages(cause, encore=lambda: True)
        except Reporte as report:
            self.stderr.write(f"{report.raison} : vérifiez EMAIL_URL, puis relancez. Rien n'est perdu.")
        restent = attendus.count()
        self.stdout.write(
            f"Messages du jour : {dus}. Traités : {nombre - restent}, en attente : {restent}. "
            f"Demandes non confirmées effacées : {effaces}."
        )
