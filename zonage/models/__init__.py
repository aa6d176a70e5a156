from zonage.models.brouillons import ApercuArrete, FichierArrete, RejetArrete, list_niveaux, split_classe
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
    "ApercuArrete",
    "Apl",
    "AppartenanceListe",
    "Arrete",
    "Classement",
    "CleCommune",
    "Commune",
    "Composition",
    "Departement",
    "Epci",
    "FichierArrete",
    "ListeCommunes",
    "Mouvement",
    "Niveau",
    "ParametreApl",
    "PeriodeListe",
    "PopulationLegale",
    "Region",
    "RejetArrete",
    "Territoire",
    "ZoneCommune",
    "list_niveaux",
    "split_classe",
]
