"""What a former code became: the movements of communes followed to today, without the database.

Only whole communes and arrondissements count: a commune déléguée or associée is not a commune any more.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

COMMUNES = frozenset({"COM", "ARM"})
SAUTS_MAX = 20


class Mouvement(Protocol):
    @property
    def date_effet(self) -> date: ...
    @property
    def type_avant(self) -> str: ...
    @property
    def code_avant(self) -> str: ...
    @property
    def nom_avant(self) -> str: ...
    @property
    def type_apres(self) -> str: ...
    @property
    def code_apres(self) -> str: ...
    @property
    def nom_apres(self) -> str: ...


@dataclass(frozen=True, slots=True, order=True)
class Filiation:
    """A former name or code, today's commune, and the first day it was no more."""

    code: str
    nom: str
    commune: str
    depuis: date


@dataclass(frozen=True, slots=True)
class Filiations:
    """`ambigus`: codes shared between several communes of today. `sans_suite`: codes that lead to none.

    `contredits`: code → the communes the movements lead to, when the newer source gave another, which was kept.
    """

    certaines: tuple[Filiation, ...]
    ambigus: Mapping[str, tuple[str, ...]]
    contredits: Mapping[str, tuple[str, ...]]
    sans_suite: tuple[str, ...]


def trace_filiations(
    mouvements: Iterable[Mouvement], actuelles: Collection[str], heritiers: Mapping[str, str]
) -> Filiations:
    """Follow every code. `heritiers`: former code → commune by a newer source, which wins when the two disagree."""
    trace = _Trace(mouvements, actuelles, heritiers)
    certaines: set[Filiation] = set()
    ambigus: dict[str, tuple[str, ...]] = {}
    contredits: dict[str, tuple[str, ...]] = {}
    sans_suite = []
    for code in sorted(trace.fins):
        jour, nom, _ = trace.fins[code]
        cibles = trace.follow(code)
        heritier = heritiers.get(code)
        if heritier is not None:
            certaines.add(Filiation(code, nom, heritier, jour))
            if heritier not in cibles:
                contredits[code] = tuple(sorted(cibles))
        elif len(cibles) == 1:
            certaines.add(Filiation(code, nom, next(iter(cibles)), jour))
        elif cibles:
            ambigus[code] = tuple(sorted(cibles))
        else:
            sans_suite.append(code)
    for jour, code, nom in trace.renommages:
        hotes = {heritiers[code]} if code in heritiers and code not in trace.actuelles else trace.follow(code)
        if len(hotes) == 1:
            certaines.add(Filiation(code, nom, next(iter(hotes)), jour))
    return Filiations(tuple(sorted(certaines)), ambigus, contredits, tuple(sans_suite))


class _Trace:
    """`fins`: code → (first day it was no more, last name, the codes that took it over), for codes not of today."""

    def __init__(
        self, mouvements: Iterable[Mouvement], actuelles: Collection[str], heritiers: Mapping[str, str]
    ) -> None:
        self.actuelles = frozenset(actuelles)
        self.heritiers = heritiers
        self.suites: dict[str, dict[date, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.noms: dict[tuple[str, date], str] = {}
        self.renommages: set[tuple[date, str, str]] = set()
        for m in mouvements:
            if m.type_avant not in COMMUNES or m.type_apres not in COMMUNES:
                continue
            self.suites[m.code_avant][m.date_effet].add(m.code_apres)
            self.noms[m.code_avant, m.date_effet] = m.nom_avant
            if m.code_avant == m.code_apres and m.nom_avant != m.nom_apres:
                self.renommages.add((m.date_effet, m.code_avant, m.nom_avant))
        self.fins = {
            code: fin for code in self.suites if code not in self.actuelles and (fin := self._fin(code)) is not None
        }

    def _fin(self, code: str) -> tuple[date, str, set[str]] | None:
        """The last day on which the code went to others and no longer to itself."""
        jours = [jour for jour, cibles in self.suites[code].items() if code not in cibles]
        if not jours:
            return None
        jour = max(jours)
        return jour, self.noms[code, jour], self.suites[code][jour]

    def follow(self, code: str, sauts: int = SAUTS_MAX) -> set[str]:
        """Today's communes that a former code leads to."""
        if code in self.actuelles:
            return {code}
        if code in self.fins and sauts:
            return {cible for suivant in self.fins[code][2] for cible in self.follow(suivant, sauts - 1)}
        heritier = self.heritiers.get(code)
        return {heritier} if heritier in self.actuelles and heritier is not None else set()
