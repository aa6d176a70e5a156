"""« Où agir »: where an hour of work may reach the most people. One formula, said on the page.

People who could still be reached = people meant − people reached. The gap to the objective (or to the rate of the
whole) says how far behind the territory is. Score = reachable people × max(0, reference − rate) ÷ 100: the people that
it would take to bring the territory to the reference, weighted by nothing else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from prevention.calculs.taux import Effectif, compute_taux


@dataclass(frozen=True, slots=True)
class Priorite:
    """`joignables`: people meant and not reached. `manquent`: people to reach to be at the reference. Percent."""

    code: str
    taux: Fraction
    joignables: int
    manquent: int
    score: Fraction


def rank_priorites(effectifs: Iterable[tuple[str, Effectif]], reference: Fraction) -> list[Priorite]:
    """Highest score first; equal scores by people reachable, then by code. Those at the reference come last, at 0."""
    priorites = []
    for code, effectif in effectifs:
        taux = compute_taux(effectif)
        if taux is None or effectif.visee is None:
            continue
        joignables = effectif.visee - effectif.numerateur
        retard = max(Fraction(0), reference - taux)
        manquent = -(-(retard * effectif.visee) // 100)
        priorites.append(Priorite(code, taux, joignables, int(manquent), joignables * retard / 100))
    return sorted(priorites, key=lambda lue: (-lue.score, -lue.joignables, lue.code))
