"""Which unknown leaves can still change the verdict.

A leaf may be unknown and yet useless: beside a point that nobody can settle, « tous » can only fall to False, so that
a branch which could only become True is not worth a question. Verdicts are ordered False < unknown < True: « tous » is
a minimum, « un_de » a maximum. A leaf is useful when two values it may take are told apart all the way to the root.
"""

from collections.abc import Callable, Iterator

from aides.regles.conditions import Non, Preuve, Tous, Verdict

Rang = int
Paires = frozenset[tuple[Rang, Rang]]
RANGS: dict[Verdict, Rang] = {False: 0, None: 1, True: 2}
TOUS_LES_RANGS = frozenset(RANGS.values())
TOUTES: Paires = frozenset((bas, haut) for bas in TOUS_LES_RANGS for haut in TOUS_LES_RANGS if bas < haut)


def find_useful(racine: Preuve, is_askable: Callable[[Preuve], bool]) -> Iterator[Preuve]:
    """The unknown leaves that an answer can settle with an effect on the root, in the order of the text."""
    yield from _walk(racine, TOUTES, is_askable)


def _walk(preuve: Preuve, distinguees: Paires, is_askable: Callable[[Preuve], bool]) -> Iterator[Preuve]:
    """`distinguees`: the pairs of values of this node that the root tells apart."""
    if preuve.verdict is not None or not distinguees:
        return
    if not preuve.branches:
        if is_askable(preuve):
            yield preuve
        return
    for rang, branche in enumerate(preuve.branches):
        if isinstance(preuve.condition, Non):
            yield from _walk(branche, frozenset((2 - haut, 2 - bas) for bas, haut in distinguees), is_askable)
            continue
        combine = min if isinstance(preuve.condition, Tous) else max
        autres = [_reach(autre, is_askable) for place, autre in enumerate(preuve.branches) if place != rang]
        voisins = _combine(combine, autres, neutre=2 if combine is min else 0)
        vues = frozenset(
            (bas, haut)
            for bas, haut in TOUTES
            if any((combine(bas, voisin), combine(haut, voisin)) in distinguees for voisin in voisins)
        )
        yield from _walk(branche, vues, is_askable)


def _reach(preuve: Preuve, is_askable: Callable[[Preuve], bool]) -> frozenset[Rang]:
    """The verdicts that this node may still take, whatever is answered."""
    if preuve.verdict is not None:
        return frozenset({RANGS[preuve.verdict]})
    if not preuve.branches:
        return TOUS_LES_RANGS if is_askable(preuve) else frozenset({RANGS[None]})
    valeurs = [_reach(branche, is_askable) for branche in preuve.branches]
    if isinstance(preuve.condition, Non):
        return frozenset(2 - rang for rang in valeurs[0])
    combine = min if isinstance(preuve.condition, Tous) else max
    return _combine(combine, valeurs, neutre=2 if combine is min else 0)


def _combine(
    combine: Callable[[Rang, Rang], Rang], valeurs: list[frozenset[Rang]], *, neutre: Rang
) -> frozenset[Rang]:
    resultat = frozenset({neutre})
    for suivantes in valeurs:
        resultat = frozenset(combine(gauche, droite) for gauche in resultat for droite in suivantes)
    return resultat
