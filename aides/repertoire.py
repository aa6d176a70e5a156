"""Every commune of today in the memory of the process, by columns: what a reading of all France needs of each one.

Read again when the version of the published data moves. About 15 MB a process, for 35,000 communes.
"""

from array import array
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any, TypeVar

from django.db import connection

T = TypeVar("T")
INCONNUE = float("nan")
"""The coordinate of a commune that no source places: it is at no distance of anything."""

COMMUNES = """
SELECT c.code_insee, c.nom, c.cle_tri, c.departement_id, d.region_id, coalesce(c.epci_id, ''), c.parent_id,
       coalesce(c.population, 0), coalesce(c.mairie_longitude, c.longitude), coalesce(c.mairie_latitude, c.latitude)
  FROM zonage_commune c JOIN zonage_departement d ON d.code = c.departement_id
 ORDER BY c.cle_tri, c.code_insee
"""


class Memoire:
    """What was computed for one version of the data: everything is dropped as soon as another version is asked for.

    The oldest entry leaves when there are too many. Two threads may compute the same value; one of the two is kept.
    """

    def __init__(self, taille: int) -> None:
        self.taille = taille
        self.version: Hashable = None
        self.gardes: dict[Hashable, Any] = {}
        self.verrou = Lock()

    def get(self, version: Hashable, cle: Hashable, build: Callable[[], T]) -> T:
        with self.verrou:
            if self.version == version and cle in self.gardes:
                garde: T = self.gardes[cle]
                return garde
        valeur = build()
        with self.verrou:
            if self.version != version:
                self.version, self.gardes = version, {}
            self.gardes[cle] = valeur
            while len(self.gardes) > self.taille:
                del self.gardes[next(iter(self.gardes))]
        return valeur

    def forget(self) -> None:
        """For tests, which roll back what they publish."""
        with self.verrou:
            self.version, self.gardes = None, {}


@dataclass(frozen=True, eq=False)
class Repertoire:
    """Columns of the same length, in the order of names. `compte` is 0 for Paris, Lyon, Marseille: their parts count.

    `longitudes` and `latitudes`: the town hall, else the centre; not a number when no source says.
    """

    codes: tuple[str, ...]
    noms: tuple[str, ...]
    departements: tuple[str, ...]
    regions: tuple[str, ...]
    epcis: tuple[str, ...]
    parents: tuple[str | None, ...]
    populations: "array[int]"
    longitudes: "array[float]"
    latitudes: "array[float]"
    compte: bytes

    def __len__(self) -> int:
        return len(self.codes)

    @cached_property
    def rangs(self) -> dict[str, int]:
        """The place of each code."""
        return {code: rang for rang, code in enumerate(self.codes)}

    @cached_property
    def par_departement(self) -> "dict[str, array[int]]":
        """The places of the communes that count, by département, in the order of names."""
        places: dict[str, array[int]] = {}
        for rang, code in enumerate(self.departements):
            if self.compte[rang]:
                places.setdefault(code, array("L")).append(rang)
        return places

    def list_lieux(self, rang: int) -> tuple[str, ...]:
        """Every perimeter that holds this commune, as the rules name them."""
        lieux = (
            f"region:{self.regions[rang]}",
            f"departement:{self.departements[rang]}",
            f"commune:{self.codes[rang]}",
        )
        return (*lieux, f"epci:{self.epcis[rang]}") if self.epcis[rang] else lieux


_memoire = Memoire(taille=1)
forget_repertoire = _memoire.forget


def repertoire(version: Hashable) -> Repertoire:
    """The communes, for a version of the data (`portal.core.cache.data_version`)."""
    return _memoire.get(version, "communes", _load)


def _load() -> Repertoire:
    with connection.cursor() as cursor:
        cursor.execute(COMMUNES)
        lignes = cursor.fetchall()
    meres = {ligne[6] for ligne in lignes if ligne[6]}
    # A few hundred départements, régions and EPCI are shared by all their communes rather than repeated.
    uniques: dict[str, str] = {}
    return Repertoire(
        codes=tuple(ligne[0] for ligne in lignes),
        noms=tuple(ligne[1] for ligne in lignes),
        departements=tuple(uniques.setdefault(ligne[3], ligne[3]) for ligne in lignes),
        regions=tuple(uniques.setdefault(ligne[4], ligne[4]) for ligne in lignes),
        epcis=tuple(uniques.setdefault(ligne[5], ligne[5]) for ligne in lignes),
        parents=tuple(ligne[6] and uniques.setdefault(ligne[6], ligne[6]) for ligne in lignes),
        populations=array("L", (ligne[7] for ligne in lignes)),
        longitudes=array("d", (INCONNUE if ligne[8] is None else ligne[8] for ligne in lignes)),
        latitudes=array("d", (INCONNUE if ligne[9] is None else ligne[9] for ligne in lignes)),
        compte=bytes(ligne[0] not in meres for ligne in lignes),
    )
