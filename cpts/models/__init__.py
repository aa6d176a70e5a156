from cpts.models.cpts import ActeCpts, CommunePerimetre, Cpts, DeCpts, Perimetre, PieceCpts
from cpts.models.donnees import DonneeTerritoire
from cpts.models.listes import CptsListe, LigneListe, ListeCpts
from cpts.models.missions import (
    ExerciceAci,
    IndicateurMission,
    LigneAci,
    Membre,
    Mission,
    ParametreAci,
    Presence,
    Preuve,
    Reunion,
)
from cpts.models.praticien import LieuExercice, OffreCommune, Praticien, Rattachement
from cpts.models.structure import (
    ActeStructure,
    DeStructure,
    Equipier,
    PieceStructure,
    PropositionFiness,
    Structure,
)
from cpts.models.territoires import TerritoireEnregistre

__all__ = [
    "ActeCpts",
    "ActeStructure",
    "CommunePerimetre",
    "Cpts",
    "CptsListe",
    "DeCpts",
    "DeStructure",
    "DonneeTerritoire",
    "Equipier",
    "ExerciceAci",
    "IndicateurMission",
    "LieuExercice",
    "LigneAci",
    "LigneListe",
    "ListeCpts",
    "Membre",
    "Mission",
    "OffreCommune",
    "ParametreAci",
    "Perimetre",
    "PieceCpts",
    "PieceStructure",
    "Praticien",
    "Presence",
    "Preuve",
    "PropositionFiness",
    "Rattachement",
    "Reunion",
    "Structure",
    "TerritoireEnregistre",
]
