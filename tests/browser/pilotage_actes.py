"""What the night and the worker do of the figures, in a process apart for the browser."""

from django.db import transaction
from django.utils import timezone

from portal.core.models import Envoi
from portal.core.outbox import post
from portal.pilotage.enums import Cause
from portal.pilotage.services.calcul import compute_jour
from tests.aides.suivis_essai import run_envoi

TACHE = "pilotage.changements"


def measure(*codes: str) -> None:
    """The figures of today that are due, among these when some are named."""
    compute_jour(timezone.localdate(), cause=Cause.NUIT, codes=codes or None)


def follow() -> None:
    """The job that looks for what changed, as the relay gives it to a worker."""
    if not Envoi.objects.filter(tache=TACHE, statut="a_envoyer").exists():
        with transaction.atomic():
            post(TACHE)
    for envoi in Envoi.objects.filter(tache=TACHE, statut="a_envoyer").order_by("pk")[:100]:
        run_envoi(envoi)
        envoi.refresh_from_db()
        assert envoi.statut == "fait", envoi.erreur
