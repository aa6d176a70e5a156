from prevention.models.action import ActionPrevention
from prevention.models.bulletin import Bulletin, ChoixBulletin
from prevention.models.campagne import Campagne, Cible, Objectif
from prevention.models.releve import FichierReleves, Releve

__all__ = [
    "ActionPrevention",
    "Bulletin",
    "Campagne",
    "ChoixBulletin",
    "Cible",
    "FichierReleves",
    "Objectif",
    "Releve",
]
