"""The administration of practitioners: public data to read, and the claims to decide."""

from cpts.admin.praticiens import OffreCommuneAdmin, PraticienAdmin
from cpts.admin.rattachements import RattachementAdmin

__all__ = ["OffreCommuneAdmin", "PraticienAdmin", "RattachementAdmin"]
