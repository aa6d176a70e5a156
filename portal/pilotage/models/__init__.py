from portal.pilotage.models.constats import Constat
from portal.pilotage.models.mesures import (
    Appartenance,
    Mesure,
    Modification,
    Passage,
    PassageIndicateur,
    Territoire,
)

__all__ = ["Appartenance", "Constat", "Mesure", "Modification", "Passage", "PassageIndicateur", "Territoire"]
