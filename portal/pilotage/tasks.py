"""The figures follow their sources: every night, and when something changed below. Called by the outbox."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from portal.core.taches import Course, Reporte, tache
from portal.pilotage.enums import Cause
from portal.pilotage.services.calcul import CalculEnCours, compute_jour, is_due, list_jours_manquants
from portal.pilotage.services.controles import record_constats

DUREE = 180
"""Seconds for the whole country, which takes a few of them."""
ATTENTE = timedelta(seconds=5)


@tache("pilotage.jour", atomique=False, duree=DUREE)
def compute_nuit(course: Course, jour: str) -> None:
    """The civil day that begins, and the days that a stopped portal missed: nothing for those already computed."""
    voulu = min(date.fromisoformat(jour), timezone.localdate())
    for manquant in list_jours_manquants(voulu):
        _compute(course, manquant, cause=Cause.NUIT, detail="jour manqué")
    _compute(course, voulu, cause=Cause.NUIT)


@tache("pilotage.changements", atomique=False, duree=DUREE)
def compute_changements(course: Course, *cles: str) -> None:
    """What changed since its last run, for today. `cles`: what the outbox says of the change; the sources know better.

    Nothing is written when nothing is due: two calls make one run.
    """
    if is_due(timezone.localdate()):
        _compute(course, timezone.localdate(), cause=Cause.CHANGEMENT, detail=" ".join(str(cle) for cle in cles))


def _compute(course: Course, jour: date, **options: Any) -> None:
    """One transaction, which holds the intent from its beginning: nobody else is sent to do it meanwhile."""
    try:
        compute_jour(jour, tient=course.hold, attend=False, **options)
    except CalculEnCours as erreur:
        raise Reporte(ATTENTE, "un autre calcul des mesures est en cours") from erreur


@tache("pilotage.controles", duree=DUREE)
def check_chiffres(*passage: int) -> None:
    """The contradictions of today's figures and of their sources: every night, and after each run. Done again, it
    writes the same.
    """
    record_constats(timezone.localdate())
