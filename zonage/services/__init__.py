"""Acts on the zoning."""

from zonage.services.arretes import (
    PublicationImpossible,
    close_arrete,
    close_precedents,
    propose_arrete,
    publish_arrete,
    retract_arrete,
    return_arrete,
)
from zonage.services.lecture_table import refresh_zones
from zonage.services.niveaux import ensure_niveaux

__all__ = [
    "PublicationImpossible",
    "close_arrete",
    "close_precedents",
    "ensure_niveaux",
    "propose_arrete",
    "publish_arrete",
    "refresh_zones",
    "retract_arrete",
    "return_arrete",
]
