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


class Solveur:
    """The same graph asked several times: what one search found serves the next.

    `noeuds`: how many choices may still be tried. At zero the search stops refining and `exact` becomes False: a page
    is answered in a bounded time, and says that it could not compare everything.
    """

    def __init__(self, poids: Sequence[int], conflits: Sequence[int], noeuds: int = 1_000_000) -> None:
        self.poids, self.conflits, self.noeuds = poids, conflits, noeuds
        self.exact = True
        self.connus: dict[int, tuple[int, int]] = {}

    def solve(self, parmi: int) -> int:
        """The bits of the best set among those of `parmi`."""
        return self._search(_drop_dominated(self.poids, self.conflits, parmi), -1)[1]

    def solve_with_any(self, parmi: int, rangs: Sequence[int]) -> tuple[int, int, int]:
        """The best set that holds one of these candidates: its weight, the candidate, the bits."""
        essais = []
        for rang in rangs:
            reste = parmi & ~self.conflits[rang] & ~(1 << rang)
            essais.append((self.poids[rang] + self._bound(self._cover(reste)), rang, reste))
        meilleur = (-1, -1, 0)
        for borne, rang, reste in sorted(essais, reverse=True):
            if borne <= meilleur[0]:
                break
            reduit = _drop_dominated(self.poids, self.conflits, reste)
            total, choisis = self._search(reduit, meilleur[0] - self.poids[rang])
            if total + self.poids[rang] > meilleur[0]:
                meilleur = (total + self.poids[rang], rang, choisis | 1 << rang)
        return meilleur

    def _search(self, libres: int, plancher: int) -> tuple[int, int]:
        """The best set and its weight; anything lighter when nothing is heavier than `plancher`."""
        if not libres:
            return 0, 0
        if libres in self.connus:
            return self.connus[libres]
        groupes = list(_split(self.conflits, libres))
        if len(groupes) > 1:
            trouves = [self._search(groupe, -1) for groupe in groupes]
            total, choisis = sum(t for t, _ in trouves), 0
            for _, bits in trouves:
                choisis |= bits
        else:
            cliques = self._cover(libres)
            if self._bound(cliques) <= plancher:
                return -1, 0
            total, choisis = self._branch(libres, cliques, plancher)
            if total <= plancher:
                return -1, 0
        self.connus[libres] = total, choisis
        return total, choisis

    def _branch(self, libres: int, cliques: list[list[int]], plancher: int) -> tuple[int, int]:
        """One member of a clique, or none: the one whose members conflict most, so that what is left falls apart."""
        clique = max(cliques, key=lambda c: max((self.conflits[m] & libres).bit_count() for m in c))
        meilleur, choisis = plancher, -1
        reste = libres
        for membre in clique:
            reste &= ~(1 << membre)
        for membre in clique:
            if self.noeuds <= 0:
                break
            self.noeuds -= 1
            suite = reste & ~self.conflits[membre]
            total, bits = self._search(suite, meilleur - self.poids[membre])
            if total >= 0 and total + self.poids[membre] > meilleur:
                meilleur, choisis = total + self.poids[membre], bits | 1 << membre
        if self.noeuds <= 0:
            self.exact = False
            if choisis < 0:
                choisis = self._pick_greedy(libres)
                meilleur = sum(self.poids[rang] for rang in iter_bits(choisis))
            return meilleur, choisis
        total, bits = self._search(reste, meilleur)
        return (total, bits) if total > meilleur else (meilleur, max(choisis, 0))

    def _pick_greedy(self, libres: int) -> int:
        choisis = 0
        while libres:
            rang = max(iter_bits(libres), key=self.poids.__getitem__)
            choisis |= 1 << rang
            libres &= ~self.conflits[rang] & ~(1 << rang)
        return choisis

    def _bound(self, cliques: list[list[int]]) -> int:
        return sum(self.poids[clique[0]] for clique in cliques)

    def _cover(self, groupe: int) -> list[list[int]]:
        """Every candidate in one clique, the heaviest first: a set takes one member of each at most."""
        cliques: list[list[int]] = []
        communs: list[int] = []
        for membre in sorted(iter_bits(groupe), key=lambda rang: -self.poids[rang]):
            for place, commun in enumerate(communs):
                if commun >> membre & 1:
                    cliques[place].append(membre)
                    communs[place] &= self.conflits[membre]
                    break
            else:
                cliques.append([membre])
                communs.append(self.conflits[membre])
        return cliques


def solve(poids: Sequence[int], conflits: Sequence[int], parmi: int) -> int:
    """The bits of the best set among those of `parmi`."""
    return Solveur(poids, conflits).solve(parmi)


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
