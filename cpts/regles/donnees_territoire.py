"""The figures that somebody enters for a territory because no file gives them: what they mean and their unit."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Definition:
    code: str
    libelle: str
    unite: str
    definition: str


DEFINITIONS: Final = {
    une.code: une
    for une in (
        Definition(
            "sans_medecin_traitant_17",
            "17 ans ou plus sans médecin traitant",
            "%",
            "Part des assurés de 17 ans ou plus qui n’ont pas déclaré de médecin traitant.",
        ),
        Definition(
            "sans_medecin_traitant_70",
            "70 ans ou plus sans médecin traitant",
            "%",
            "Part des assurés de 70 ans ou plus qui n’ont pas déclaré de médecin traitant.",
        ),
        Definition(
            "sans_medecin_traitant_ald",
            "Affection de longue durée, sans médecin traitant",
            "%",
            "Part des assurés en affection de longue durée (ALD) qui n’ont pas déclaré de médecin traitant.",
        ),
        Definition(
            "passages_urgences",
            "Passages aux urgences",
            "pour 1 000 hab.",
            "Passages d’une année aux urgences, pour 1 000 habitants du territoire.",
        ),
    )
}
