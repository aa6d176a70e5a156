"""The heaviest set of candidates that never conflict: exact, by components, then branch and bound over cliques.

A candidate is a bit; `conflits[i]` has the bits of those that cannot go with candidate i. The weights must tell two
different sets apart (see `pack_poids`), so that the answer does not depend on the order of the search.
"""

from collections.abc import Iterator, Sequence

EUROS, NOMBRE, JOURS = 10**15, 10**4, 10**9
"""Bounds of the sums packed in one weight: cents, candidates, days of delay."""


def pack_poids(valeurs: Sequence[tuple[int, int, int]]) -> list[int]:
    """One integer each from (certain cents, possible cents, days of delay): sums compare like the tuples of sums.

    First what is certain, then what is possible, then the number of contracts, then the earliest days, and at last
    the rank of the candidates: of two sets equal in everything, the one that holds the first rank wins.
    """
    taille = len(valeurs)
    poids = []
    for rang, (minimum, maximum, attente) in enumerate(valeurs):
        tete = ((minimum * EUROS + maximum) * NOMBRE + 1) * JOURS - attente
        poids.append((tete << taille) + (1 << (taille - 1 - rang)))
    return poids


def solve(poids: Sequence[int], conflits: Sequence[int], parmi: int) -> int:
    """The bits of the best set among those of `parmi`."""
    meilleur = 0
    for composante in _split(conflits, _drop_dominated(poids, conflits, parmi)):
        meilleur |= _solve_composante(poids, conflits, composante)
    return meilleur


def solve_with(poids: Sequence[int], conflits: Sequence[int], parmi: int, rang: int) -> int:
    """The same, among the sets that hold this candidate."""
    return solve(poids, conflits, parmi & ~conflits[rang] & ~(1 << rang)) | 1 << rang


def iter_bits(bits: int) -> Iterator[int]:
    while bits:
        bas = bits & -bits
        yield bas.bit_length() - 1
        bits ^= bas


def _drop_dominated(poids: Sequence[int], conflits: Sequence[int], parmi: int) -> int:
    """Without the candidates that another, heavier, replaces in every set: it conflicts with nothing more."""
    for rang in iter_bits(parmi):
        voisins = (conflits[rang] | 1 << rang) & parmi
        for autre in iter_bits(conflits[rang] & parmi):
            if poids[autre] > poids[rang] and not (conflits[autre] & parmi | 1 << autre) & ~voisins:
                parmi &= ~(1 << rang)
                break
    return parmi


def _split(conflits: Sequence[int], parmi: int) -> Iterator[int]:
    """The groups that do not touch each other: each is solved alone."""
    while parmi:
        groupe = front = parmi & -parmi
        while front:
            voisins = 0
            for rang in iter_bits(front):
                voisins |= conflits[rang]
            front = voisins & parmi & ~groupe
            groupe |= front
        yield groupe
        parmi &= ~groupe


def _solve_composante(poids: Sequence[int], conflits: Sequence[int], groupe: int) -> int:
    """Depth first over cliques, of which a set holds one member at most; the bound is the best of each one left."""
    cliques = _cover(poids, conflits, groupe)
    meilleur, total_meilleur = 0, -1
    pile = [(0, groupe, 0, 0)]
    while pile:
        rang, libres, choisis, total = pile.pop()
        if not libres or rang == len(cliques):
            if total > total_meilleur:
                meilleur, total_meilleur = choisis, total
            continue
        borne = total
        for clique in cliques[rang:]:
            borne += next((poids[membre] for membre in clique if libres >> membre & 1), 0)
        if borne <= total_meilleur:
            continue
        reste = libres
        for membre in cliques[rang]:
            reste &= ~(1 << membre)
        pile.append((rang + 1, reste, choisis, total))
        # The heaviest member is tried first: it is pushed last.
        for membre in reversed(cliques[rang]):
            if libres >> membre & 1:
                pile.append((rang + 1, reste & ~conflits[membre], choisis | 1 << membre, total + poids[membre]))
    return meilleur


def _cover(poids: Sequence[int], conflits: Sequence[int], groupe: int) -> list[list[int]]:
    """Every candidate of the group in one clique, the heaviest first in each: greedy, as it only serves the bound."""
    cliques: list[list[int]] = []
    communs: list[int] = []
    for membre in sorted(iter_bits(groupe), key=lambda rang: -poids[rang]):
        for place, commun in enumerate(communs):
            if commun >> membre & 1:
                cliques[place].append(membre)
                communs[place] &= conflits[membre]
                break
        else:
            cliques.append([membre])
            communs.append(conflits[membre])
    return cliques
