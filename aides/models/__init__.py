from aides.models.eligibilite import Eligibilite, JeuEligibilite
from aides.models.parametres import ArchiveRegle, ParametreRegional, StatutParametre
from aides.models.recu import Recu
from aides.models.regles_locales import DispositifLocal, RedactionLocale
from aides.models.suivi import (
    CauseChangement,
    ChangementDroit,
    Destinataire,
    EtatSuivi,
    GenreMessage,
    MessageSuivi,
    StatutMessage,
    Suivi,
)

__all__ = [
    "ArchiveRegle",
    "CauseChangement",
    "ChangementDroit",
    "Destinataire",
    "DispositifLocal",
    "Eligibilite",
    "EtatSuivi",
    "GenreMessage",
    "JeuEligibilite",
    "MessageSuivi",
    "ParametreRegional",
    "Recu",
    "RedactionLocale",
    "StatutMessage",
    "StatutParametre",
    "Suivi",
]
