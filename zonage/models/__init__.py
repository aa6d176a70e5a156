from zonage.models.offre import Apl, ParametreApl
from zonage.models.territoire import (
    AncienneCommune,
    Commune,
    Composition,
    Departement,
    Epci,
    Mouvement,
    Region,
    Territoire,
)
from zonage.models.zonage import Arrete, Classement, Niveau, ZoneCommune

__all__ = [
    "AncienneCommune",
    "Apl",
    "Arrete",
    "Classement",
    "Commune",
    "Composition",
    "Departement",
    "Epci",
    "Mouvement",
    "Niveau",
    "ParametreApl",
    "Region",
    "Territoire",
    "ZoneCommune",
]
