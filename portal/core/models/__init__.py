from portal.core.models.conservation import (
    DureeConservation,
    Effacement,
    ExportDonnees,
    GelConservation,
    PassageConservation,
    Preavis,
    StatutEffacement,
)
from portal.core.models.documents import Document
from portal.core.models.filtres import FiltreEnregistre
from portal.core.models.journal import Scelle
from portal.core.models.travaux import SILENCE_MAX, Creneau, Envoi, Evenement, Execution, ImportRun, StatutImport

__all__ = [
    "SILENCE_MAX",
    "Creneau",
    "Document",
    "DureeConservation",
    "Effacement",
    "Envoi",
    "Evenement",
    "Execution",
    "ExportDonnees",
    "FiltreEnregistre",
    "GelConservation",
    "ImportRun",
    "PassageConservation",
    "Preavis",
    "Scelle",
    "StatutEffacement",
    "StatutImport",
]
