"""The administration of practitioners: public data to read, and the claims to decide."""

from cpts.admin.cpts import CptsAdmin
from cpts.admin.listes_cpts import ListeCptsAdmin
from cpts.admin.missions import ExerciceAciAdmin, MissionAdmin
from cpts.admin.parametres import ParametreAciAdmin
from cpts.admin.perimetres import PerimetreAdmin
from cpts.admin.praticiens import OffreCommuneAdmin, PraticienAdmin
from cpts.admin.rattachements import RattachementAdmin
from cpts.admin.structures import StructureAdmin
from cpts.admin.structures_finess import PropositionFinessAdmin

__all__ = [
    "CptsAdmin",
    "ExerciceAciAdmin",
    "ListeCptsAdmin",
    "MissionAdmin",
    "OffreCommuneAdmin",
    "ParametreAciAdmin",
    "PerimetreAdmin",
    "PraticienAdmin",
    "PropositionFinessAdmin",
    "RattachementAdmin",
    "StructureAdmin",
]
