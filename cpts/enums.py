from django.db import models


class StatutRattachement(models.TextChoices):
    """Somebody says « this RPPS is mine »: an agent looks at the proof."""

    DEMANDE = "demande", "Demandé"
    VALIDE = "valide", "Validé"
    REFUSE = "refuse", "Refusé"
    RETIRE = "retire", "Retiré"


class StatutCpts(models.TextChoices):
    """The life of a CPTS (domaine §4.1). « Avenant » and « renouvellement » are acts: the ACI stays signed."""

    EMERGENCE = "emergence", "En émergence"
    LETTRE_DEPOSEE = "lettre_deposee", "Lettre d'intention déposée"
    LETTRE_VALIDEE = "lettre_validee", "Lettre d'intention validée"
    PROJET_REDACTION = "projet_redaction", "Projet de santé en rédaction"
    PROJET_DEPOSE = "projet_depose", "Projet de santé déposé"
    PROJET_VALIDE = "projet_valide", "Projet de santé validé"
    ACI_SIGNE = "aci_signe", "ACI signé"
    RESILIE = "resilie", "ACI résilié"
    ABANDONNE = "abandonne", "Projet abandonné"


class StatutPerimetre(models.TextChoices):
    BROUILLON = "brouillon", "Brouillon"
    SOUMIS = "soumis", "Soumis à l'ARS"
    APPROUVE = "approuve", "Approuvé"
    REFUSE = "refuse", "Refusé"
    RETIRE = "retire", "Retiré"


class TypeMission(models.TextChoices):
    """Missions of the ACI since avenant 2 (JO 31/03/2022): four socle, two optional (domaine §4.1)."""

    ACCES_SOINS = "acces_soins", "Accès aux soins"
    PARCOURS = "parcours", "Parcours pluriprofessionnels"
    PREVENTION = "prevention", "Prévention"
    CRISE = "crise", "Réponse aux crises sanitaires graves"
    QUALITE = "qualite", "Qualité et pertinence des soins"
    ACCOMPAGNEMENT = "accompagnement", "Accompagnement des professionnels"


class StatutMission(models.TextChoices):
    A_DEMARRER = "a_demarrer", "À démarrer"
    DEMARREE = "demarree", "Démarrée"
    DEPLOYEE = "deployee", "Déployée"
    EVALUEE = "evaluee", "Évaluée"


class GenrePreuve(models.TextChoices):
    REUNION = "reunion", "Réunion"
    ACTION = "action", "Action"
    DOCUMENT = "document", "Document"


class Instance(models.TextChoices):
    """The body of the association where a member sits."""

    AUCUNE = "", "Aucune"
    BUREAU = "bureau", "Bureau"
    CONSEIL = "conseil", "Conseil d'administration"
    COPIL = "copil", "Comité de pilotage"


class VoletAci(models.TextChoices):
    FIXE = "fixe", "Volet fixe"
    VARIABLE = "variable", "Volet variable"


class TypeStructure(models.TextChoices):
    MSP = "msp", "Maison de santé pluriprofessionnelle (MSP)"
    CDS_POLYVALENT = "cds_polyvalent", "Centre de santé polyvalent"
    CDS_MEDICAL = "cds_medical", "Centre de santé médical"
    CDS_AUTRE = "cds_autre", "Centre de santé (infirmier, dentaire…)"
    ESP = "esp", "Équipe de soins primaires (ESP)"
    HOPITAL_PROXIMITE = "hopital_proximite", "Hôpital de proximité"
    DAC = "dac", "Dispositif d'appui à la coordination (DAC)"


class StatutStructure(models.TextChoices):
    """One list for all; the transition table says which belong to which type."""

    REPEREE = "reperee", "Repérée"
    PROJET_DEPOSE = "projet_depose", "Projet déposé"
    PROJET_VALIDE = "projet_valide", "Projet validé, non ouvert"
    OUVERTE = "ouverte", "Ouverte"
    ACI_SIGNE = "aci_signe", "Ouverte, ACI signé"
    CANDIDATE = "candidate", "Candidate au label"
    LABELLISEE = "labellisee", "Labellisée"
    RETIREE = "retiree", "Label retiré"
    FERMEE = "fermee", "Fermée"
    ABANDONNEE = "abandonnee", "Projet abandonné"


class GenreProposition(models.TextChoices):
    CREATION = "creation", "Création"
    CHANGEMENT = "changement", "Changement"
    FERMETURE = "fermeture", "Fermeture"


class StatutProposition(models.TextChoices):
    A_TRAITER = "a_traiter", "À traiter"
    ACCEPTEE = "acceptee", "Acceptée"
    ECARTEE = "ecartee", "Écartée"
