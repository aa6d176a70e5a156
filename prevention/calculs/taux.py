"""The rates of prevention (no database). Every formula says where it comes from.

Participation and coverage are two figures: participation counts those who answered the invitation of the organised
programme; coverage adds those who were screened on their own (Santé publique France). A rate never passes 100: a
numerator above its population is a fault of the data, refused, never cut down.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

TRANCHES_BILAN = ((18, 25), (45, 50), (60, 65), (70, 75))
"""« Mon bilan prévention »: one per band of age, both ends included (arrêté of the conventional price, mid-2024)."""


class TauxImpossible(ValueError):
    """More people counted than people meant, or nobody meant. The sentence is in French."""


@dataclass(frozen=True, slots=True)
class Effectif:
    """People counted, people meant, people taken out of them for a medical reason."""

    numerateur: int
    denominateur: int | None
    exclusions: int = 0

    @property
    def visee(self) -> int | None:
        """Who could be reached: the population less its exclusions."""
        return None if self.denominateur is None else self.denominateur - self.exclusions


def check_effectif(effectif: Effectif) -> None:
    if min(effectif.numerateur, effectif.exclusions, effectif.denominateur or 0) < 0:
        raise TauxImpossible("Un nombre de personnes n'est jamais négatif.")
    if effectif.visee is not None and effectif.visee < effectif.numerateur:
        raise TauxImpossible(
            f"{effectif.numerateur} personnes comptées pour {effectif.visee} personnes visées : vérifiez ces nombres."
        )


def compute_taux(effectif: Effectif) -> Fraction | None:
    """Percent, exact. None: the population is not known, or nobody is left in it.

    Dépistage colorectal (arrêté of the programme, figures of Santé publique France): screened ÷ (target population −
    medical exclusions). The others have no exclusions: the same division.
    """
    check_effectif(effectif)
    if not effectif.visee:
        return None
    return Fraction(100 * effectif.numerateur, effectif.visee)


def compute_deux_ans(depistees: tuple[int, int], populations: tuple[int, int], exclusions: int = 0) -> Effectif:
    """A biennial screening: those of both years over the mean population of both years (Santé publique France).

    The mean is kept whole, rounded up, so that the numerator never passes it by a half.
    """
    moyenne = -(-sum(populations) // 2)
    effectif = Effectif(sum(depistees), moyenne, exclusions)
    check_effectif(effectif)
    return effectif


def compute_couverture(organise: int, individuel: int, population: int) -> Effectif:
    """Coverage: screened by the programme or on one's own, each person once."""
    effectif = Effectif(organise + individuel, population)
    check_effectif(effectif)
    return effectif


def find_tranche(age: int) -> tuple[int, int] | None:
    """The band of « Mon bilan prévention » that an age is in; None: none, no bilan is due."""
    return next((tranche for tranche in TRANCHES_BILAN if tranche[0] <= age <= tranche[1]), None)


def count_eligibles(population_par_age: dict[int, int]) -> int:
    """Those who may have a « bilan prévention », from a population by age."""
    return sum(nombre for age, nombre in population_par_age.items() if find_tranche(age))


def add_effectifs(effectifs: Iterable[Effectif]) -> Effectif:
    """The sum of disjoint territories. A population unknown in one of them is unknown for all."""
    numerateur, exclusions = 0, 0
    denominateur: int | None = 0
    for effectif in effectifs:
        numerateur += effectif.numerateur
        exclusions += effectif.exclusions
        denominateur = (
            None if denominateur is None or effectif.denominateur is None else denominateur + effectif.denominateur
        )
    return Effectif(numerateur, denominateur, exclusions)
