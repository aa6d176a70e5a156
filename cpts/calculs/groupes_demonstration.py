"""Territories of the demonstration: disjoint groups of EPCI around the largest ones, until a share is covered.

Nothing here is real but the communes: which EPCI goes with which is decided by distance, always the same way.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import cos, hypot, radians

KM_PAR_DEGRE = 111.2


@dataclass(frozen=True, slots=True)
class Lieu:
    """A commune with its place, in degrees."""

    code: str
    nom: str
    departement: str
    epci: str
    population: int
    millesime: int | None
    longitude: float
    latitude: float
    voisines: tuple[str, ...]


@dataclass(slots=True)
class Groupe:
    """`epci` in the order in which they joined; the first is the one that it grew around."""

    epci: list[str] = field(default_factory=list)
    population: int = 0


@dataclass(frozen=True, slots=True)
class Bloc:
    """An EPCI as one point."""

    code: str
    population: int
    longitude: float
    latitude: float


def compute_km(a: Lieu | Bloc, b: Lieu | Bloc) -> float:
    """Near enough at the scale of a région."""
    largeur = cos(radians((a.latitude + b.latitude) / 2))
    return KM_PAR_DEGRE * hypot((a.longitude - b.longitude) * largeur, a.latitude - b.latitude)


def build_blocs(lieux: Iterable[Lieu]) -> list[Bloc]:
    """The most populated first; the place is the mean of the communes, weighted by who lives there."""
    par_epci: dict[str, list[Lieu]] = {}
    for lieu in lieux:
        par_epci.setdefault(lieu.epci, []).append(lieu)
    blocs = []
    for code, siens in par_epci.items():
        population = sum(lieu.population for lieu in siens)
        poids = population or 1
        longitude = sum(lieu.longitude * lieu.population for lieu in siens) / poids
        latitude = sum(lieu.latitude * lieu.population for lieu in siens) / poids
        blocs.append(Bloc(code, population, longitude, latitude))
    return sorted(blocs, key=lambda bloc: (-bloc.population, bloc.code))


def group_blocs(blocs: Sequence[Bloc], *, nombre: int, cible: int, ecart_km: float, portee_km: float) -> list[Groupe]:
    """`nombre` groups that hold about `cible` inhabitants: the least populated takes its nearest EPCI, in turn.

    `ecart_km`: between two EPCI that groups grow around. `portee_km`: how far one is taken from.
    """
    noyaux: list[Bloc] = []
    for bloc in blocs:
        if len(noyaux) < nombre and all(compute_km(bloc, autre) >= ecart_km for autre in noyaux):
            noyaux.append(bloc)
    groupes = {bloc.code: Groupe([bloc.code], bloc.population) for bloc in noyaux}
    libres = {bloc.code: bloc for bloc in blocs if bloc.code not in groupes}
    total, fermes = sum(groupe.population for groupe in groupes.values()), set[str]()
    while total < cible and len(fermes) < len(groupes):
        noyau = min((b for b in noyaux if b.code not in fermes), key=lambda b: (groupes[b.code].population, b.code))
        proches = [b for b in libres.values() if compute_km(b, noyau) <= portee_km]
        if not proches:
            fermes.add(noyau.code)
            continue
        pris = min(proches, key=lambda b: (compute_km(b, noyau), b.code))
        del libres[pris.code]
        groupes[noyau.code].epci.append(pris.code)
        groupes[noyau.code].population += pris.population
        total += pris.population
    return [groupes[bloc.code] for bloc in noyaux]


def choose_proches(lieux: Iterable[Lieu], centre: Lieu, nombre: int) -> list[Lieu]:
    return sorted(lieux, key=lambda lieu: (compute_km(lieu, centre), lieu.code))[:nombre]


def list_limitrophes(dedans: Mapping[str, Lieu], autres: Iterable[str]) -> list[str]:
    """The communes of `dedans` that touch one of `autres`, by code."""
    ailleurs = set(autres)
    return sorted(code for code, lieu in dedans.items() if not ailleurs.isdisjoint(lieu.voisines))
