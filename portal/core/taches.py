"""A task of the outbox: called with the row that asked for it, done once even when it is delivered twice."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from portal.core.models import Envoi


def tache(nom: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as the Celery task `nom`, called by the relay with the key of its Envoi.

    The function receives the arguments that were posted. What it writes and the end of the Envoi are one transaction:
    a second delivery finds it done and does nothing. Keep it under twenty seconds: cut longer work into several rows.
    """

    def decorate(fonction: Callable[..., Any]) -> Callable[..., Any]:
        @shared_task(name=nom)
        @wraps(fonction)
        def run(envoi_id: int) -> None:
            with transaction.atomic():
                envoi = Envoi.objects.select_for_update().get(pk=envoi_id)
                if envoi.statut in (Envoi.Statut.FAIT, Envoi.Statut.ANNULE):
                    return
                fonction(*envoi.arguments)
                Envoi.objects.filter(pk=envoi_id).update(statut=Envoi.Statut.FAIT, fait_le=timezone.now())

        run.fonction = fonction
        return run

    return decorate
