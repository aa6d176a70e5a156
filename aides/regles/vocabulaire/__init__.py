"""The facts themselves, as data. The order is the order in which they are asked, everything else being equal."""

from collections.abc import Mapping

from aides.regles.vocabulaire.autres import AUTRES
from aides.regles.vocabulaire.medecins import MEDECINS
from aides.regles.vocabulaire.socle import PROFESSIONS, SOCLE

__all__ = ["PROFESSIONS", "VOCABULAIRE"]

VOCABULAIRE: Mapping[str, Mapping[str, object]] = {**SOCLE, **MEDECINS, **AUTRES}
