"""What happens below, and the part of the table that it concerns. Called by the outbox: keys, days and codes only."""

from django.utils import timezone

from aides.catalogue import catalogue
from aides.eligibilite.calcul import is_due, refresh_eligibilite
from aides.eligibilite.classes import PARTOUT, Portee, list_professions
from portal.core.taches import Course, tache

DUREE = 120
"""Seconds: the whole country takes one or two; the rest is waiting for the run under way."""


@tache("aides.eligibilite_zones", atomique=False, duree=DUREE)
def refresh_zones_eligibilite(course: Course, profession: str, region: str) -> None:
    """The zones of a profession changed in a région (empty: in all of them)."""
    portee = Portee((profession,), (region,) if region else None)
    refresh_eligibilite(
        portee, au=timezone.localdate(), ouvre=course.tranche, cause=f"zonage.zones {profession} {region}".strip()
    )


@tache("aides.eligibilite_territoire", atomique=False, duree=DUREE)
def refresh_territoire_eligibilite(course: Course, cle: str) -> None:
    """Communes, places or lists changed: everything is considered, only what differs is written."""
    refresh_eligibilite(PARTOUT, au=timezone.localdate(), ouvre=course.tranche, cause=f"zonage.territoire {cle}")


@tache("aides.eligibilite_regle", atomique=False, duree=DUREE)
def refresh_regle_eligibilite(course: Course, code: str) -> None:
    """A rule changed: its professions (empty: all of them), everywhere."""
    dispositif = catalogue().dispositif(code)
    professions = list_professions(dispositif.professions) if dispositif else None
    refresh_eligibilite(
        Portee(professions), au=timezone.localdate(), ouvre=course.tranche, cause=f"aides.regle {code}".strip()
    )


@tache("aides.eligibilite_parametre", atomique=False, duree=DUREE)
def refresh_parametre_eligibilite(course: Course, region: str) -> None:
    """A regional amount changed: that région, every profession."""
    refresh_eligibilite(
        Portee(None, (region,)), au=timezone.localdate(), ouvre=course.tranche, cause=f"aides.parametre {region}"
    )


@tache("aides.eligibilite_jour", atomique=False, duree=DUREE)
def refresh_jour_eligibilite(course: Course) -> None:
    """The day turned, or a release brought other rules: periods begin and end. No run when nothing of it moved."""
    au = timezone.localdate()
    if is_due(au):
        refresh_eligibilite(PARTOUT, au=au, ouvre=course.tranche, cause=f"jour {au:%Y-%m-%d}")
