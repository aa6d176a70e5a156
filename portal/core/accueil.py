"""What waits for an agent, app by app: the sections of the home of the administration (`MAILLAGE_TACHES_AGENTS`).

Each app gives a function (request) -> list[Section]. A count stops at a bound; a list is cut; nothing is computed that
the person may not open.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.module_loading import import_string

COMPTE_MAX = 99
LISTE_MAX = 8
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Ligne:
    """One thing to do or to know. `le`: its due day; `retard`: it is past."""

    libelle: str
    lien: str = ""
    detail: str = ""
    le: date | None = None
    retard: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """`rang` orders the page. `alerte`: shown first, in a box. `nombre` None: nothing is counted."""

    titre: str
    rang: int
    lignes: Sequence[Ligne] = field(default_factory=tuple)
    nombre: "Nombre | None" = None
    lien: str = ""
    lien_libelle: str = "Tout voir"
    vide: str = ""
    alerte: bool = False


@dataclass(frozen=True, slots=True)
class Nombre:
    """A count that stops: « 99+ »."""

    valeur: int
    exact: bool

    def __str__(self) -> str:
        return f"{self.valeur}" if self.exact else f"{self.valeur}+"


def read_tasks(lignes: QuerySet[M]) -> tuple[list[M], Nombre | None]:
    """The first ones and how many there are, in one query; `lignes` is ordered. None: nothing is counted."""
    lues = list(lignes[: COMPTE_MAX + 1])
    return lues[:LISTE_MAX], Nombre(min(len(lues), COMPTE_MAX), len(lues) <= COMPTE_MAX) if lues else None


def count_up_to(lignes: QuerySet[Any], maximum: int = COMPTE_MAX) -> Nombre:
    lu = lignes.order_by()[: maximum + 1].count()
    return Nombre(min(lu, maximum), lu <= maximum)


def list_sections(request: HttpRequest) -> list[Section]:
    """Those that have something to say, or that say that there is nothing, in their order."""
    sections: list[Section] = []
    for chemin in settings.MAILLAGE_TACHES_AGENTS:
        sections += import_string(chemin)(request)
    return sorted(
        (s for s in sections if s.lignes or s.vide or (s.nombre and s.nombre.valeur)), key=lambda s: (s.rang, s.titre)
    )
