"""The administration of practitioners: public data to read, and the claims to decide."""

from cpts.admin.praticiens import OffreCommuneAdmin, PraticienAdmin
from cpts.admin.rattachements import RattachementAdmin
from cpts.admin.structures import StructureAdmin
from cpts.admin.structures_finess import PropositionFinessAdmin

__all__ = ["OffreCommuneAdmin", "PraticienAdmin", "PropositionFinessAdmin", "RattachementAdmin", "StructureAdmin"]
