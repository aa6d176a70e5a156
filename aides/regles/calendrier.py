"""Durations in civil months, as a lawyer counts them."""

from calendar import monthrange
from datetime import date


def add_mois(jour: date, mois: int) -> date:
    """The same day of the month, `mois` later; the last of a month too short for it (31 January + 1: 28 February)."""
    annee, rang = divmod(jour.year * 12 + jour.month - 1 + mois, 12)
    if not date.min.year <= annee <= date.max.year:
        return date.max if mois > 0 else date.min
    return date(annee, rang + 1, min(jour.day, monthrange(annee, rang + 1)[1]))


def is_reached(depuis: date, mois: int, *, au: date) -> bool:
    """Whether `mois` months have run from `depuis` on the day `au`: the anniversary day itself counts as reached."""
    return au >= add_mois(depuis, mois)
