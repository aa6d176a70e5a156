"""Statistical secret: what must not be shown so that nobody finds a small number, even by taking one sum from another.

A cell is a figure (people counted, people meant) of a territory. Small cells are hidden; then, total by total, enough
others that no hidden one can be worked out. A hidden cell is worked out exactly when its unit vector is a combination
of the sums (published cells being known): those are looked for by elimination, not by rule of thumb.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from prevention.calculs.taux import Effectif

SEUIL = 11
"""Ten people or fewer are not shown (the rule of the health insurance and of its regional data)."""
Cle = Hashable
Equation = dict[Cle, Fraction]


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
    while True:
        exposees = find_exposees(utiles, effectifs.keys() - cachees) | _find_restes(utiles, effectifs, cachees, seuil)
        ajouts = {_choose(cle, utiles, effectifs, cachees) for cle in exposees} - {None}
        if not ajouts:
            return petites, cachees - petites
        cachees |= ajouts


def find_exposees(sommes: Sequence[Somme], publiees: Iterable[Cle]) -> set[Cle]:
    """The cells, not published, that the sums give away: one equation holds them alone once the others are cleared."""
    connues = set(publiees)
    inconnues = [_write(somme, connues) for somme in sommes]
    return {next(iter(equation)) for equation in _reduce(inconnues) if len(equation) == 1}


def _write(somme: Somme, connues: set[Cle]) -> Equation:
    """The unknowns of one sum."""
    equation = {part: Fraction(1) for part in somme.parts - connues}
    if somme.total not in connues:
        equation[somme.total] = Fraction(-1)
    return equation


def _reduce(equations: Iterable[Equation]) -> list[Equation]:
    """Gauss and Jordan, sparse and exact. Unknowns that every equation holds alike are never told apart: kept once."""
    lignes = _merge([equation for equation in equations if equation])
    reduites: dict[Cle, Equation] = {}
    for ligne in lignes:
        reste = dict(ligne)
        for pivot in [cle for cle in ligne if cle in reduites]:
            _subtract(reste, reduites[pivot], reste.get(pivot, Fraction(0)))
        if not reste:
            continue
        pivot = min(reste, key=repr)
        facteur = reste[pivot]
        reste = {cle: valeur / facteur for cle, valeur in reste.items()}
        for autre in reduites.values():
            if pivot in autre:
                _subtract(autre, reste, autre[pivot])
        reduites[pivot] = reste
    return list(reduites.values())


def _merge(equations: list[Equation]) -> list[Equation]:
    """Two unknowns with the same place in every equation are only known together: both stand for the pair."""
    signatures: dict[Cle, list[tuple[int, Fraction]]] = defaultdict(list)
    for rang, equation in enumerate(equations):
        for cle, valeur in equation.items():
            signatures[cle].append((rang, valeur))
    groupes: dict[tuple[tuple[int, Fraction], ...], list[Cle]] = defaultdict(list)
    for cle, signature in signatures.items():
        groupes[tuple(signature)].append(cle)
    fusionnees: list[Equation] = [{} for _ in equations]
    for signature_lue, cles in groupes.items():
        # A pair becomes two unknowns of a name of its own, so that it is never alone in an equation.
        noms: list[Cle] = cles if len(cles) == 1 else [("groupe", min(map(repr, cles)), rang) for rang in (0, 1)]
        for rang, valeur in signature_lue:
            for nom in noms:
                fusionnees[rang][nom] = valeur
    return fusionnees


def _subtract(cible: Equation, source: Equation, facteur: Fraction) -> None:
    if not facteur:
        return
    for cle, valeur in source.items():
        nouvelle = cible.get(cle, Fraction(0)) - facteur * valeur
        if nouvelle:
            cible[cle] = nouvelle
        else:
            cible.pop(cle, None)


def _find_restes(
    sommes: Sequence[Somme], effectifs: Mapping[Cle, Effectif], cachees: set[Cle], seuil: int
) -> set[Cle]:
    """Hidden parts that are few even together: « the others » of a published total is itself a small number."""
    trouvees: set[Cle] = set()
    for somme in sommes:
        if somme.total in cachees:
            continue
        visibles = [effectifs[part] for part in somme.parts if part in effectifs and part not in cachees]
        masquees = [part for part in somme.parts if part in cachees]
        if masquees and is_petit(_subtract_effectifs(effectifs[somme.total], visibles), seuil):
            trouvees.add(min(masquees, key=repr))
    return trouvees


def _subtract_effectifs(total: Effectif, parts: Sequence[Effectif]) -> Effectif:
    visees = [part.visee for part in parts]
    visee = total.visee
    reste = None if visee is None or None in visees else visee - sum(lue for lue in visees if lue is not None)
    return Effectif(total.numerateur - sum(part.numerateur for part in parts), reste)


def _choose(cle: Cle, sommes: Sequence[Somme], effectifs: Mapping[Cle, Effectif], cachees: set[Cle]) -> Cle | None:
    """The smallest cell to hide with one that is exposed: among the parts of its sums, else a total."""
    siennes = [somme for somme in sommes if cle in somme.parts or cle == somme.total]
    parts = {part for somme in siennes for part in somme.parts if part in effectifs and part not in cachees}
    candidates = parts or {somme.total for somme in siennes if somme.total not in cachees}
    return min(candidates, key=lambda part: (effectifs[part].numerateur, repr(part)), default=None)
