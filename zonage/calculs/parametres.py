"""The dated parameters of the APL to doctors, as DREES publishes them in the « Paramètres » sheet of its workbook."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Palier:
    """Below `minutes` of travel, supply counts for `poids`."""

    minutes: float
    poids: float


@dataclass(frozen=True, slots=True)
class ParametresApl:
    """What turns activity, population and travel time into an APL, for one vintage.

    `activite_min`: at or under it a doctor counts nothing; then `plancher` at least, `plafond` at most (acts a year).
    `poids_age`: (label of the age band, weight), in the order of the workbook; empty when it was not read.
    """

    millesime: int
    paliers: tuple[Palier, ...]
    activite_min: float
    plancher: float
    plafond: float
    poids_age: tuple[tuple[str, float], ...] = ()
    source: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "millesime": self.millesime,
            "paliers": [[palier.minutes, palier.poids] for palier in self.paliers],
            "activite_min": self.activite_min,
            "plancher": self.plancher,
            "plafond": self.plafond,
            "poids_age": [[libelle, poids] for libelle, poids in self.poids_age],
            "source": self.source,
        }


# Distance and activity, vintages 2022 and 2023 (same values). The workbook writes « entre 10 et 15 »: the side of each
# bound is not said; here 10 belongs to the second step, 15 to the third, and 20 is the last minute that counts.
MEDECINS_2023 = ParametresApl(
    millesime=2023,
    paliers=(Palier(10, 1.0), Palier(15, 2 / 3), Palier(20, 1 / 3)),
    activite_min=250,
    plancher=3600,
    plafond=6000,
    source="DREES, APL aux médecins généralistes 2023, feuille « Paramètres »",
)
