"""What the worker does during the journey of a bulletin."""

from portal.core.models import Envoi
from prevention.services.bulletins import TACHE, TACHE_COURRIEL
from tests.aides.suivis_essai import run_envoi


def work() -> None:
    """The bulletin asks for its mails, then each leaves."""
    while envoi := Envoi.objects.filter(tache__in=[TACHE, TACHE_COURRIEL], statut="a_envoyer").order_by("pk").first():
        run_envoi(envoi)
        envoi.refresh_from_db()
        assert envoi.statut == "fait", envoi.erreur
