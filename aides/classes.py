"""Communes by class: for a profession and some days, 35,000 communes share a few situations.

Two communes of one class have the same zone on each day, are in the same places among those that a scheme names, in
the same lists, and in régions that set the same amounts: every rule answers the same for both. Evaluating a class is
evaluating all its communes. The only thing that a class does not say is the last classement known of a commune whose
zone is not known any more: it is a sentence of the proof, which no rule reads.
"""

from array import array
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db import connection

from aides.catalogue import catalogue
from aides.locaux import forget_parametres, read_lieux, read_locaux
from aides.regles.dispositifs import Catalogue
from aides.regles.situation import SANS_LOCAUX, Locaux, Situation, Valeur, ZoneLue
from aides.repertoire import Memoire, Repertoire, forget_repertoire, repertoire
from aides.situations import read_zone
from portal.core.cache import data_version
from zonage.enums import Origine, Profession, StatutZone
from zonage.lecture import Zone
from zonage.listes import forget_listes
from zonage.models import Niveau

PARTITIONS_EN_MEMOIRE = 48
"""Some 100 kB each."""
AUCUN_LIEU: frozenset[str] = frozenset()

ZONES = """
SELECT statut, coalesce(niveau_id, ''), origine, string_agg(commune_id, ',')
  FROM zonage_zonecommune WHERE profession = %s AND periode @> %s::date
 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Classe:
    """What every commune of a class has in common. `zones` and `locaux`: one entry a day, in the order of the days."""

    zones: tuple[tuple[date, ZoneLue], ...]
    lieux: frozenset[str] = frozenset()
    locaux: tuple[tuple[date, Locaux], ...] = ()

    def situation(self, faits: Mapping[str, Valeur]) -> Situation:
        return Situation(faits, dict(self.zones), True, self.lieux, dict(self.locaux))


@dataclass(frozen=True, eq=False)
class Partition:
    """`rangs[i]` is the class of the i-th commune of the répertoire. `demonstration[i]`: its zone comes from there."""

    profession: str
    jours: tuple[date, ...]
    classes: tuple[Classe, ...]
    rangs: "array[int]"
    demonstration: bytes
    communes: Repertoire

    @cached_property
    def effectifs(self) -> tuple[int, ...]:
        """How many communes each class holds, those that count twice (Paris, Lyon, Marseille) left out."""
        nombres = [0] * len(self.classes)
        for classe, compte in zip(self.rangs, self.communes.compte, strict=True):
            nombres[classe] += compte
        return tuple(nombres)

    def classe_de(self, commune: str) -> Classe:
        """The class of a commune of today. Raises KeyError."""
        return self.classes[self.rangs[self.communes.rangs[commune]]]


_memoire = Memoire(PARTITIONS_EN_MEMOIRE)


def list_classes(profession: str, jours: Iterable[date]) -> Partition:
    """Every commune of France by class, for a profession on some days (`aides.situations.list_jours` of the facts).

    A profession without zoning has one class of zones: no reading at all. Kept while the published data and the
    schemes are the same: a warm call makes no query.
    """
    ordonnes = tuple(sorted(set(jours)))
    schemes, version = catalogue(), data_version()
    lecture: Hashable = (version, schemes.empreinte)
    _memoire.get(lecture, "locaux", _forget_locaux)
    return _memoire.get(
        lecture, (profession, ordonnes), lambda: _build(profession, ordonnes, schemes, repertoire(version))
    )


def forget_classes() -> None:
    """Read every commune again at the next call."""
    _memoire.forget()
    forget_repertoire()


def _forget_locaux() -> None:
    """What was read just before the version moved may be older than it: a partition lasts as long as its version."""
    forget_listes()
    forget_parametres()


def _build(profession: str, jours: tuple[date, ...], schemes: Catalogue, communes: Repertoire) -> Partition:
    lus = jours if profession in Profession.values else ()
    libelles = dict(Niveau.objects.order_by("code").values_list("code", "libelle")[:500]) if lus else {}
    demonstration = bytearray(len(communes))
    colonnes = [_read_zones(profession, jour, communes, libelles, demonstration) for jour in lus]
    colonnes.append(_read_lieux(schemes, communes))
    colonnes += [_read_locaux(schemes, communes, jour) for jour in jours]
    numeros: dict[tuple[Any, ...], int] = {}
    rangs = array("H", (numeros.setdefault(ligne, len(numeros)) for ligne in zip(*colonnes, strict=True)))
    classes = tuple(_build_classe(lus, jours, ligne) for ligne in numeros)
    return Partition(profession, jours, classes, rangs, bytes(demonstration), communes)


def _build_classe(lus: tuple[date, ...], jours: tuple[date, ...], ligne: tuple[Any, ...]) -> Classe:
    """As `aides.situations.read_situation` builds it: a day on which nothing local is known has no entry."""
    zones, lieux, locaux = ligne[: len(lus)], ligne[len(lus)], ligne[len(lus) + 1 :]
    connus = tuple((jour, lu) for jour, lu in zip(jours, locaux, strict=True) if lu is not SANS_LOCAUX)
    return Classe(tuple(zip(lus, zones, strict=True)), lieux, connus)


def _read_zones(
    profession: str, jour: date, communes: Repertoire, libelles: Mapping[str, str], demonstration: bytearray
) -> list[Any]:
    """The reading of each commune that day: one query, some twenty rows."""
    inconnue = _read_one(profession, jour, StatutZone.INCONNU, "", libelles)
    lues: list[Any] = [inconnue] * len(communes)
    with connection.cursor() as cursor:
        cursor.execute(ZONES, [profession, jour])
        groupes = cursor.fetchall()
    rangs = communes.rangs
    for statut, niveau, origine, codes in groupes:
        lue = _read_one(profession, jour, StatutZone(statut), niveau, libelles)
        for code in codes.split(","):
            rang = rangs.get(code)
            if rang is not None:
                lues[rang] = lue
                demonstration[rang] |= origine == Origine.DEMONSTRATION
    return lues


def _read_one(profession: str, jour: date, statut: StatutZone, niveau: str, libelles: Mapping[str, str]) -> ZoneLue:
    """Through the reading of the check itself, so that a niveau is certain here when it is there."""
    return read_zone(Zone("", profession, jour, statut, niveau or None, libelles.get(niveau)))


def _read_lieux(schemes: Catalogue, communes: Repertoire) -> list[Any]:
    """The places that some scheme names and that hold for each commune."""
    if not schemes.lieux:
        return [AUCUN_LIEU] * len(communes)
    return [read_lieux(code, schemes) for code in communes.codes]


def _read_locaux(schemes: Catalogue, communes: Repertoire, jour: date) -> list[Any]:
    """The lists and the regional amounts that some scheme names, that day."""
    if not (schemes.listes or schemes.parametres):
        return [SANS_LOCAUX] * len(communes)
    return [read_locaux(code, jour, schemes) for code in communes.codes]
