"""Sets of communes: what they are today, what they weigh, how they differ. Codes and numbers only, no database.

The unit is the commune of today, or the arrondissement of Paris, Lyon or Marseille: a city written by its own code is
its arrondissements, so that nobody is counted twice.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt
from typing import Final

SEUILS: Final = (40_000, 80_000, 175_000)
"""The bounds of the sizes of the ACI, in inhabitants (municipal population)."""
SAUTS_MAX = 20
RAYON_TERRE_KM = 6371.0


class Frontiere(StrEnum):
    """On which side a population that is exactly a bound falls. No text read says it: a parameter of the région."""

    INFERIEUR = "inferieur"
    """The smaller size stops before the bound: 80 000 inhabitants are size 3."""
    INFERIEUR_OU_EGAL = "inferieur_ou_egal"
    """The smaller size holds its bound: 80 000 inhabitants are size 2."""


@dataclass(frozen=True, slots=True)
class Comparaison:
    ajoutees: frozenset[str]
    retirees: frozenset[str]
    gardees: frozenset[str]


def find_taille(population: int, frontiere: Frontiere) -> int:
    """The size of the ACI, 1 to 4."""
    if frontiere is Frontiere.INFERIEUR_OU_EGAL:
        return 1 + sum(population > seuil for seuil in SEUILS)
    return 1 + sum(population >= seuil for seuil in SEUILS)


def is_sur_borne(population: int) -> bool:
    """Whether the side of the bound changes the size."""
    return population in SEUILS


def resolve_heritages(couples: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Former code → commune of today, mergers of mergers followed. A code that was shared designates no one."""
    suites: defaultdict[str, set[str]] = defaultdict(set)
    for ancien, nouveau in couples:
        if ancien != nouveau:
            suites[ancien].add(nouveau)
    directes = {ancien: next(iter(nouveaux)) for ancien, nouveaux in suites.items() if len(nouveaux) == 1}
    heritages = {}
    for ancien in directes:
        code, sauts = ancien, 0
        while code in directes and sauts < SAUTS_MAX:
            code, sauts = directes[code], sauts + 1
        if code not in directes:
            heritages[ancien] = code
    return heritages


def expand_unites(
    codes: Iterable[str], heritages: Mapping[str, str], arrondissements: Mapping[str, Collection[str]]
) -> frozenset[str]:
    """The units that a set of codes stands for today."""
    unites: set[str] = set()
    for code in codes:
        actuel = heritages.get(code, code)
        unites.update(arrondissements.get(actuel) or (actuel,))
    return frozenset(unites)


def list_fusions(codes: Iterable[str], heritages: Mapping[str, str]) -> dict[str, str]:
    """The former communes of a set, and who took each over: the set may have grown without anybody's act."""
    return {code: heritages[code] for code in sorted(codes) if code in heritages}


def compare(avant: Collection[str], apres: Collection[str]) -> Comparaison:
    ancien, nouveau = frozenset(avant), frozenset(apres)
    return Comparaison(nouveau - ancien, ancien - nouveau, ancien & nouveau)


def find_kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """As the crow flies, between two (longitude, latitude)."""
    (lon_a, lat_a), (lon_b, lat_b) = ((radians(x), radians(y)) for x, y in (a, b))
    corde = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin((lon_b - lon_a) / 2) ** 2
    return 2 * RAYON_TERRE_KM * asin(sqrt(corde))
