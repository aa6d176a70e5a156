"""Statistical secret: what must not be shown so that nobody finds a small number, even by taking one sum from another.

A cell is a figure (people counted, people meant) of a territory. Small cells are hidden; then, total by total, enough
others that no hidden one can be worked out. A hidden cell is worked out exactly when its unit vector is a combination
of the sums (published cells being known): those are looked for by elimination, not by rule of thumb.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from prevention.calculs.taux import Effectif

SEUIL = 11
"""Ten people or fewer are not shown (the rule of the health insurance and of its regional data)."""
Cle = Any
Equation = dict[Cle, Fraction]
Groupes = dict[tuple[tuple[int, int], ...], list[Cle]]


@dataclass(frozen=True, slots=True)
class Somme:
    """A total and its parts, disjoint and whole. Parts without a figure are said too: they are unknown, not zero."""

    total: Cle
    parts: frozenset[Cle]


def is_petit(effectif: Effectif, seuil: int = SEUIL) -> bool:
    """Few people reached, or few not reached: either says something of somebody."""
    if effectif.numerateur < seuil:
        return True
    return effectif.visee is not None and effectif.visee - effectif.numerateur < seuil


def hide_cellules(
    effectifs: Mapping[Cle, Effectif], sommes: Sequence[Somme], seuil: int = SEUIL
) -> tuple[set[Cle], set[Cle]]:
    """The cells hidden for themselves, and those hidden to protect them."""
    petites = {cle for cle, effectif in effectifs.items() if is_petit(effectif, seuil)}
    cachees = set(petites)
    utiles = [somme for somme in sommes if somme.total in effectifs]
    groupes = _group(utiles)
    while True:
        _hide_restes(utiles, effectifs, cachees, seuil)
        exposees = _find_exposees(groupes, effectifs.keys() - cachees) & effectifs.keys()
        ajouts = {_choose(cle, utiles, effectifs, cachees) for cle in exposees} - {None}
        if not ajouts:
            return petites, cachees - petites
        cachees |= ajouts


def find_exposees(sommes: Sequence[Somme], publiees: Iterable[Cle]) -> set[Cle]:
    """The cells, not published, that the sums give away: one equation holds them alone once the others are cleared."""
    return _find_exposees(_group(sommes), set(publiees))


def _group(sommes: Sequence[Somme]) -> Groupes:
    """The cells by their place in the sums: (rank of the sum, +1 a part, −1 the total)."""
    places: dict[Cle, list[tuple[int, int]]] = defaultdict(list)
    for rang, somme in enumerate(sommes):
        for part in somme.parts:
            places[part].append((rang, 1))
        places[somme.total].append((rang, -1))
    groupes: Groupes = defaultdict(list)
    for cle, place in places.items():
        groupes[tuple(place)].append(cle)
    return groupes


def _find_exposees(groupes: Groupes, publiees: Collection[Cle]) -> set[Cle]:
    """Unknowns of the same place are only known together: two of them stand for all, and are never told apart."""
    equations: dict[int, Equation] = defaultdict(dict)
    for place, cles in groupes.items():
        inconnues = [cle for cle in cles if cle not in publiees]
        if not inconnues:
            continue
        noms: list[Cle] = inconnues if len(inconnues) == 1 else [("groupe", place, rang) for rang in (0, 1)]
        for rang, signe in place:
            for nom in noms:
                equations[rang][nom] = Fraction(signe)
    reduites = _reduce(equations[rang] for rang in sorted(equations))
    return {next(iter(equation)) for equation in reduites if len(equation) == 1}


def _reduce(equations: Iterable[Equation]) -> list[Equation]:
    """Gauss and Jordan, sparse and exact."""
    reduites: dict[Cle, Equation] = {}
    for equation in equations:
        reste = dict(equation)
        for pivot in [cle for cle in equation if cle in reduites]:
            _subtract(reste, reduites[pivot], reste.get(pivot, Fraction(0)))
        if not reste:
            continue
        pivot = next(iter(reste))
        facteur = reste[pivot]
        reste = {cle: valeur / facteur for cle, valeur in reste.items()}
        for autre in reduites.values():
            if pivot in autre:
                _subtract(autre, reste, autre[pivot])
        reduites[pivot] = reste
    return list(reduites.values())


def _subtract(cible: Equation, source: Equation, facteur: Fraction) -> None:
    if not facteur:
        return
    for cle, valeur in source.items():
        nouvelle = cible.get(cle, Fraction(0)) - facteur * valeur
        if nouvelle:
            cible[cle] = nouvelle
        else:
            cible.pop(cle, None)


def _hide_restes(sommes: Sequence[Somme], effectifs: Mapping[Cle, Effectif], cachees: set[Cle], seuil: int) -> None:
    """Parts that are not shown must not be few even together: « the others » of a published total is a number.

    The smallest of its parts is hidden with them, then the next; at last the total.
    """
    for somme in sommes:
        if somme.total in cachees or not any(part in cachees or part not in effectifs for part in somme.parts):
            continue
        visibles = [part for part in somme.parts if part in effectifs and part not in cachees]
        visibles.sort(key=lambda part: (effectifs[part].numerateur, repr(part)), reverse=True)
        while is_petit(_subtract_effectifs(effectifs[somme.total], [effectifs[part] for part in visibles]), seuil):
            if not visibles:
                cachees.add(somme.total)
                break
            cachees.add(visibles.pop())


def _subtract_effectifs(total: Effectif, parts: Sequence[Effectif]) -> Effectif:
    visees = [part.visee for part in parts]
    visee = total.visee
    reste = None if visee is None or None in visees else visee - sum(lue for lue in visees if lue is not None)
    return Effectif(total.numerateur - sum(part.numerateur for part in parts), reste)


def _choose(cle: Cle, sommes: Sequence[Somme], effectifs: Mapping[Cle, Effectif], cachees: set[Cle]) -> Cle | None:
    """The smallest cell to hide with one that is exposed: a part of its sums, else a total, else one step further."""
    atteintes = {cle}
    while True:
        siennes = [somme for somme in sommes if somme.total in atteintes or not atteintes.isdisjoint(somme.parts)]
        parts = {part for somme in siennes for part in somme.parts if part in effectifs and part not in cachees}
        candidates = parts or {somme.total for somme in siennes if somme.total not in cachees}
        if candidates:
            return min(candidates, key=lambda part: (effectifs[part].numerateur, repr(part)))
        suivantes = atteintes.union(*(somme.parts | {somme.total} for somme in siennes))
        if suivantes == atteintes:
            return None
        atteintes = suivantes
