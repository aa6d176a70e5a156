"""Ways to name many communes at once: an EPCI, another territory of the reference data, a radius."""

from collections.abc import Collection
from dataclasses import dataclass
from math import cos, radians
from typing import Final

from django.db.models import Count, F, Max
from django.db.models.functions import Coalesce

from cpts.calculs.perimetres import find_kilometres
from zonage.enums import TypeTerritoire
from zonage.models import Commune, Composition, Epci, Territoire

RAYON_MAX_KM: Final = 60
GROUPES_MAX: Final = 400
KM_PAR_DEGRE: Final = 111.0
TYPES: Final = (
    TypeTerritoire.CANTON,
    TypeTerritoire.BV2022,
    TypeTerritoire.BV2012,
    TypeTerritoire.TVS,
    TypeTerritoire.BVCV,
)
"""Territories made of whole communes, once their file is loaded (`import_composition`)."""


@dataclass(frozen=True, slots=True)
class Groupe:
    """`cle`: « epci:240710290 », « tvs:… »; `communes`: how many it has."""

    cle: str
    nom: str
    communes: int


@dataclass(frozen=True, slots=True)
class Famille:
    libelle: str
    groupes: tuple[Groupe, ...]


def list_familles(departements: Collection[str]) -> list[Famille]:
    """What one may add whole: the groups that have a commune in these départements. An empty family is left out."""
    proches = Commune.objects.filter(departement__in=departements, parent__isnull=True)
    epci = (
        Epci.objects.filter(code__in=proches.values("epci"))
        .annotate(nombre=Count("communes"))
        .order_by("nom", "code")[:GROUPES_MAX]
    )
    familles = [Famille("EPCI", tuple(Groupe(f"epci:{un.code}", un.nom, un.nombre) for un in epci))]
    for type_territoire in TYPES:
        millesime = _find_millesime(type_territoire)
        if millesime is None:
            continue
        lignes = Composition.objects.filter(type=type_territoire, millesime=millesime)
        trouves = (
            Territoire.objects.filter(pk__in=lignes.filter(commune__in=proches).values("territoire"))
            .order_by("libelle", "code")
            .values_list("pk", "code", "libelle")[:GROUPES_MAX]
        )
        nombres = dict(
            lignes.filter(territoire__in=[cle for cle, _, _ in trouves])
            .values_list("territoire")
            .annotate(nombre=Count("commune", distinct=True))
        )
        groupes = tuple(
            Groupe(f"{type_territoire}:{code}", libelle, nombres.get(cle, 0)) for cle, code, libelle in trouves
        )
        familles.append(Famille(str(type_territoire.label), groupes))
    return [famille for famille in familles if famille.groupes]


def list_communes_groupe(cle: str) -> list[str]:
    """The codes of a group; empty when there is no such group."""
    genre, _, code = cle.partition(":")
    if genre == "epci":
        return list(Commune.objects.filter(epci=code, parent__isnull=True).values_list("pk", flat=True).order_by("pk"))
    if genre not in TYPES:
        return []
    millesime = _find_millesime(genre)
    if millesime is None:
        return []
    lignes = Composition.objects.filter(type=genre, territoire__code=code, millesime=millesime)
    return list(lignes.values_list("commune_id", flat=True).order_by("commune_id").distinct())


def list_communes_rayon(code: str, kilometres: float) -> list[str]:
    """The communes whose mairie is within so many kilometres of that of one of them, as the crow flies, itself too.

    Raises LookupError when that commune has no known place.
    """
    centre = Commune.objects.filter(pk=code).values_list(*_PLACE).first()
    ici = _find_place(centre) if centre else None
    if ici is None:
        raise LookupError(code)
    rayon = min(max(kilometres, 0.0), float(RAYON_MAX_KM))
    marge_latitude = rayon / KM_PAR_DEGRE + 0.01
    marge_longitude = rayon / (KM_PAR_DEGRE * max(cos(radians(ici[1])), 0.1)) + 0.01
    proches = (
        Commune.objects.filter(arrondissements__isnull=True)
        .alias(lon=Coalesce("mairie_longitude", "longitude"), lat=Coalesce("mairie_latitude", "latitude"))
        .filter(
            lat__range=(ici[1] - marge_latitude, ici[1] + marge_latitude),
            lon__range=(ici[0] - marge_longitude, ici[0] + marge_longitude),
        )
        .order_by("pk")
    )
    lues = [(lu[0], _find_place(lu[1:])) for lu in proches.values_list("pk", *_PLACE)]
    return [lu for lu, place in lues if lu == code or (place is not None and find_kilometres(ici, place) <= rayon)]


_PLACE = ("mairie_longitude", "mairie_latitude", "longitude", "latitude")


def _find_place(coordonnees: tuple[float | None, ...]) -> tuple[float, float] | None:
    """The mairie, else the centre."""
    for longitude, latitude in (coordonnees[:2], coordonnees[2:]):
        if longitude is not None and latitude is not None:
            return longitude, latitude
    return None


def _find_millesime(type_territoire: str) -> int | None:
    """The newest composition loaded of this type."""
    lues = Composition.objects.filter(type=type_territoire, territoire__type=F("type"))
    return lues.aggregate(dernier=Max("millesime"))["dernier"]
