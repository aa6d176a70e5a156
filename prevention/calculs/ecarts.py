"""Figures that look odd beside last season's: a person confirms them, the portal only points."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

FACTEUR = 1.4826
"""Makes the median absolute deviation of a normal law its standard deviation."""
DEVIATIONS = 3.0
TERRITOIRES_MIN = 5
"""Under that, a median says nothing: no figure is called odd."""
DEVIATION_MIN = 0.5
"""Percentage points. When nearly all moved alike, a move of a point is no oddity."""


@dataclass(frozen=True, slots=True)
class Ecart:
    """A rate, last season's, and how many robust deviations its move is from the median move of its level."""

    cle: tuple[str, str]
    taux: float
    avant: float | None
    mediane: float
    deviations: float


def find_ecarts(taux: Mapping[tuple[str, str], float], avant: Mapping[tuple[str, str], float]) -> list[Ecart]:
    """Keys are (level, code). Compared with last season when there is one, else with the others of the same level."""
    ecarts: list[Ecart] = []
    for compare in (True, False):
        niveaux: dict[str, dict[tuple[str, str], float]] = defaultdict(dict)
        for cle, valeur in taux.items():
            if (cle in avant) is compare:
                niveaux[cle[0]][cle] = valeur - avant[cle] if compare else valeur
        for valeurs in niveaux.values():
            ecarts += _judge(valeurs, taux, avant)
    return sorted(ecarts, key=lambda ecart: (-ecart.deviations, ecart.cle))


def _judge(
    valeurs: Mapping[tuple[str, str], float],
    taux: Mapping[tuple[str, str], float],
    avant: Mapping[tuple[str, str], float],
) -> list[Ecart]:
    if len(valeurs) < TERRITOIRES_MIN:
        return []
    milieu = median(valeurs.values())
    deviation = max(FACTEUR * median(abs(valeur - milieu) for valeur in valeurs.values()), DEVIATION_MIN)
    return [
        Ecart(cle, taux[cle], avant.get(cle), milieu, abs(valeur - milieu) / deviation)
        for cle, valeur in valeurs.items()
        if abs(valeur - milieu) > DEVIATIONS * deviation
    ]
