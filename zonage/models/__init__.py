from zonage.models.offre import Apl, ParametreApl
from zonage.models.territoire import (
    AncienneCommune,
    CleCommune,
    Commune,
    Composition,
    Departement,
    Epci,
    Mouvement,
    PopulationLegale,
    Region,
    Territoire,
)
from zonage.models.zonage import Arrete, Classement, Niveau, ZoneCommune

__all__ = [
    "AncienneCommune",
    "Apl",
    "Arrete",
    "Classement",
    "CleCommune",
    "Commune",
    "Composition",
    "Departement",
    "Epci",
    "Mouvement",
    "Niveau",
    "ParametreApl",
    "PopulationLegale",
    "Region",
    "Territoire",
    "ZoneCommune",
]
