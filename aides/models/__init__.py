from aides.models.eligibilite import Eligibilite, JeuEligibilite
from aides.models.parametres import ArchiveRegle, ParametreRegional, StatutParametre
from aides.models.recu import Recu
from aides.models.regles_locales import DispositifLocal, RedactionLocale

__all__ = [
    "ArchiveRegle",
    "DispositifLocal",
    "Eligibilite",
    "JeuEligibilite",
    "ParametreRegional",
    "Recu",
    "RedactionLocale",
    "StatutParametre",
]
