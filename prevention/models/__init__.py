from prevention.models.action import ActionPrevention
from prevention.models.campagne import Campagne, Cible, Objectif
from prevention.models.releve import FichierReleves, Releve

__all__ = ["ActionPrevention", "Campagne", "Cible", "FichierReleves", "Objectif", "Releve"]
