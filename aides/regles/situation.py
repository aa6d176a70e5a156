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
class Locaux:
    """What holds in a commune on a day beside the zoning.

    `listes`: whether the commune is in each known list (« frr »…); a list that is absent is unknown.
    `parametres`: the values that its région has set (« majoration_caim »…), in euros; absent: not set.
    """

    listes: tuple[tuple[str, bool], ...] = ()
    parametres: tuple[tuple[str, Decimal], ...] = ()

    def liste(self, code: str) -> bool | None:
        return next((dedans for connue, dedans in self.listes if connue == code), None)

    def parametre(self, code: str) -> Decimal | None:
        return next((valeur for connu, valeur in self.parametres if connu == code), None)


SANS_LOCAUX = Locaux()


@dataclass(frozen=True, slots=True)
class Situation:
    """Facts, zones and local data by day. A fact that is absent is unknown; a day that is absent has no reading.

    `commune_choisie` tells an unknown zone (nothing to ask) from a commune not chosen yet (to be asked).
    `lieux`: the perimeters of local schemes (« departement:71 », « epci:247100589 ») in which the commune is; only
    those that some scheme of the catalogue names, so that most communes of France still share one evaluation.
    """

    faits: Mapping[str, Valeur]
    zones: Mapping[date, ZoneLue] = field(default_factory=dict)
    commune_choisie: bool = True
    lieux: frozenset[str] = frozenset()
    locaux: Mapping[date, Locaux] = field(default_factory=dict)


class Contexte(NamedTuple):
    """A situation read for one version: its reference day (None: unknown), the zone and local data of that day.

    `manque_lieu`: what would tell where (« commune »); empty once the commune is chosen.
    """

    faits: Mapping[str, Valeur]
    au: date
    reference: date | None
    zone: ZoneLue | None
    manque_zone: tuple[str, ...] = ()
    lieux: frozenset[str] = frozenset()
    locaux: Locaux = SANS_LOCAUX
    manque_jour: tuple[str, ...] = ()
    manque_lieu: tuple[str, ...] = ()
