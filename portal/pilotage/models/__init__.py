from portal.pilotage.models.mesures import (
    Appartenance,
    Mesure,
    Modification,
    Passage,
    PassageIndicateur,
    Territoire,
)

__all__ = ["Appartenance", "Mesure", "Modification", "Passage", "PassageIndicateur", "Territoire"]
