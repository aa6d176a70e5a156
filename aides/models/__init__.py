from aides.models.contrats import (
    Agenda,
    Avenant,
    Campagne,
    Contrat,
    Echeance,
    LigneCampagne,
    Nature,
    Rappel,
    Seuil,
    StatutEcheance,
)
from aides.models.courriers import CompteurCourrier, Courrier, ModeleCourrier, TypeCourrier
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
    "Agenda",
    "Anomalie",
    "ArchiveRegle",
    "Avenant",
    "Campagne",
    "CauseChangement",
    "ChangementDroit",
    "CompteurCourrier",
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
    "Rappel",
    "Recu",
    "RedactionLocale",
    "Seuil",
    "StatutEcheance",
    "StatutMessage",
    "StatutParametre",
    "Suivi",
    "Transition",
    "TypeCourrier",
]
