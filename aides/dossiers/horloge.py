"""The clock of a file: an internal target of the agency, since no text gives a delay (docs/adr/0132).

Days are civil days of Paris. The days spent « incomplète » are not counted.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from aides.models import Demande


def compute_a_traiter_le(deposee_le: datetime, suspendue_jours: int) -> date:
    objectif = timedelta(days=settings.MAILLAGE_OBJECTIF_INSTRUCTION_JOURS + suspendue_jours)
    return timezone.localdate(deposee_le) + objectif


def resume_horloge(demande: Demande, *, le: datetime) -> dict[str, Any]:
    """The fields that end a suspension: written by whatever act leaves « incomplète »."""
    if demande.incomplete_le is None or demande.deposee_le is None:
        return {}
    jours = max((timezone.localdate(le) - timezone.localdate(demande.incomplete_le)).days, 0)
    suspendue = demande.suspendue_jours + jours
    return {
        "incomplete_le": None,
        "suspendue_jours": suspendue,
        "a_traiter_le": compute_a_traiter_le(demande.deposee_le, suspendue),
    }


def count_jours(demande: Demande, *, au: date) -> int | None:
    """Days counted since the deposit, without the suspensions. None before the deposit."""
    if demande.deposee_le is None:
        return None
    en_cours = (au - timezone.localdate(demande.incomplete_le)).days if demande.incomplete_le else 0
    return max((au - timezone.localdate(demande.deposee_le)).days - demande.suspendue_jours - en_cours, 0)
