from aides.models.contrats import Avenant, Campagne, Contrat, Echeance, LigneCampagne, Nature, StatutEcheance
from aides.models.courriers import Courrier, ModeleCourrier, TypeCourrier
from aides.models.dossiers import ActeDossier, Anomalie, CompteurDossier, Demande, PieceDossier, Transition
from aides.models.eligibilite import Eligibilite, JeuEligibilite
from aides.models.enveloppes import Enveloppe
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
    "ActeDossier",
    "Anomalie",
    "ArchiveRegle",
    "Avenant",
    "Campagne",
    "CauseChangement",
    "ChangementDroit",
    "CompteurDossier",
    "Contrat",
    "Courrier",
    "Demande",
    "Destinataire",
    "DispositifLocal",
    "Echeance",
    "Eligibilite",
    "Enveloppe",
    "EtatSuivi",
    "GenreMessage",
    "JeuEligibilite",
    "LigneCampagne",
    "MessageSuivi",
    "ModeleCourrier",
    "Nature",
    "ParametreRegional",
    "PieceDossier",
    "Recu",
    "RedactionLocale",
    "StatutEcheance",
    "StatutMessage",
    "StatutParametre",
    "Suivi",
    "Transition",
    "TypeCourrier",
]
