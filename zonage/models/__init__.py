from zonage.models.listes import AppartenanceListe, ListeCommunes, PeriodeListe
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
    "AppartenanceListe",
    "Arrete",
    "Classement",
    "CleCommune",
    "Commune",
    "Composition",
    "Departement",
    "Epci",
    "ListeCommunes",
    "Mouvement",
    "Niveau",
    "ParametreApl",
    "PeriodeListe",
    "PopulationLegale",
    "Region",
    "Territoire",
    "ZoneCommune",
]
