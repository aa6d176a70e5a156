"""What a rule reads: the facts of a person, the zone of her commune, and the days."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

Valeur = bool | int | str | date | Decimal


@dataclass(frozen=True, slots=True)
class ZoneLue:
    """A reading of the zoning. `niveau` is None whenever the level is not certain, and `motif` says why."""

    niveau: str | None
    libelle: str = ""
    motif: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """Facts and zones by day. A fact that is absent is unknown; a day that is absent has no reading.

    `commune_choisie` tells an unknown zone (nothing to ask) from a commune not chosen yet (to be asked).
    """

    faits: Mapping[str, Valeur]
    zones: Mapping[date, ZoneLue] = field(default_factory=dict)
    commune_choisie: bool = True


class Contexte(NamedTuple):
    """A situation read for one version: its reference day (None: unknown) and the zone of that day."""

    faits: Mapping[str, Valeur]
    au: date
    reference: date | None
    zone: ZoneLue | None
    manque_zone: tuple[str, ...] = ()
