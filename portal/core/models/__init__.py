from portal.core.models.documents import Document
from portal.core.models.filtres import FiltreEnregistre
from portal.core.models.journal import Scelle
from portal.core.models.travaux import SILENCE_MAX, Creneau, Envoi, Evenement, Execution, ImportRun, StatutImport

__all__ = [
    "SILENCE_MAX",
    "Creneau",
    "Document",
    "Envoi",
    "Evenement",
    "Execution",
    "FiltreEnregistre",
    "ImportRun",
    "Scelle",
    "StatutImport",
]
