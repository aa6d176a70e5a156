from portal.pilotage.models.constats import Constat
from portal.pilotage.models.mesures import (
    Appartenance,
    Mesure,
    Modification,
    Passage,
    PassageIndicateur,
    Territoire,
)
from portal.pilotage.models.objectifs import Objectif
from portal.pilotage.models.vues import Vue

__all__ = [
    "Appartenance",
    "Constat",
    "Mesure",
    "Modification",
    "Objectif",
    "Passage",
    "PassageIndicateur",
    "Territoire",
    "Vue",
]
