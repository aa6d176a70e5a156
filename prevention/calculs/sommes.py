"""Checks of a file against itself: parts that are all there add up to their total."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prevention.calculs.secret import Cle, Somme
from prevention.calculs.taux import Effectif, add_effectifs

CHAMPS = ("numerateur", "denominateur", "exclusions")


@dataclass(frozen=True, slots=True)
class SommeFausse:
    """`champ` of the total is `total`, its parts make `parts`."""

    total: Cle
    champ: str
    attendu: int
    trouve: int


def find_fausses(effectifs: Mapping[Cle, Effectif], sommes: Sequence[Somme]) -> list[SommeFausse]:
    """Only sums whose total and parts all have a figure are judged."""
    fausses: list[SommeFausse] = []
    for somme in sommes:
        if somme.total not in effectifs or not somme.parts or not somme.parts <= effectifs.keys():
            continue
        total, parts = effectifs[somme.total], add_effectifs(effectifs[part] for part in sorted(somme.parts, key=repr))
        for champ in CHAMPS:
            dit, fait = getattr(total, champ), getattr(parts, champ)
            if dit is not None and fait is not None and dit != fait:
                fausses.append(SommeFausse(somme.total, champ, dit, fait))
    return fausses
