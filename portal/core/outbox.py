"""The outbox: the intent to work is a row, written in the transaction of the act (docs/adr/0080).

The queue holds nothing: the relay (`manage.py relais`) is the only caller of `send_task`, and sends again what was not
done. Arguments are keys, days and codes: never a name, never an address.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from portal.core.models import Envoi

Argument = int | str


def post(tache: str, *arguments: Argument, cle: str = "", dans: timedelta = timedelta(0)) -> Envoi:
    """Ask for a task, inside the transaction of the act. Raises RuntimeError outside one.

    `cle`: while an intent of the same task and key has not begun, a second one is the same; empty: never merged.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("post() is part of an act: call it inside its transaction")
    debut = timezone.now() + dans
    if cle:
        envoi, _ = Envoi.objects.get_or_create(
            tache=tache,
            cle=cle,
            statut=Envoi.Statut.A_ENVOYER,
            defaults={"arguments": list(arguments), "prochain_essai_le": debut},
        )
        return envoi
    return Envoi.objects.create(tache=tache, arguments=list(arguments), prochain_essai_le=debut)


def emit(sujet: str, *arguments: Argument, cle: str = "") -> Sequence[Envoi]:
    """Something happened below: one intent for each task that `MAILLAGE_ABONNEMENTS` subscribes to it."""
    return [post(tache, *arguments, cle=cle) for tache in settings.MAILLAGE_ABONNEMENTS.get(sujet, ())]
