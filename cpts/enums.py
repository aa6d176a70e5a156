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


class ActionCpts(models.TextChoices):
    """The acts of the life of a CPTS; the way they lead is in `cpts.regles.etapes`."""

    DEPOSER_LETTRE = "deposer_lettre", "Déposer la lettre d'intention"
    RENVOYER_LETTRE = "renvoyer_lettre", "Demander une autre lettre d'intention"
    VALIDER_LETTRE = "valider_lettre", "Valider la lettre d'intention"
    COMMENCER_PROJET = "commencer_projet", "Commencer la rédaction du projet de santé"
    DEPOSER_PROJET = "deposer_projet", "Déposer le projet de santé"
    RENVOYER_PROJET = "renvoyer_projet", "Demander un complément au projet de santé"
    VALIDER_PROJET = "valider_projet", "Valider le projet de santé"
    SIGNER_ACI = "signer_aci", "Enregistrer la signature de l'ACI"
    AVENANT = "avenant", "Enregistrer un avenant"
    RENOUVELER = "renouveler", "Renouveler l'ACI"
    RESILIER = "resilier", "Résilier l'ACI"
    ABANDONNER = "abandonner", "Abandonner le projet"
    REPRENDRE = "reprendre", "Reprendre le projet"


class ActeurCpts(models.TextChoices):
    COORDINATEUR = "coordinateur", "la coordination de la CPTS"
    INSTRUCTEUR = "instructeur", "un agent instructeur de l'ARS"
    VALIDEUR = "valideur", "un agent valideur de l'ARS"


class NaturePieceCpts(models.TextChoices):
    LETTRE = "lettre", "Lettre d'intention"
    COURRIER_CONJOINT = "courrier_conjoint", "Courrier conjoint ARS et Assurance maladie"
    PROJET = "projet", "Projet de santé"
    DECISION_PROJET = "decision_projet", "Courrier de l'ARS sur le projet de santé"
    ACI = "aci", "Contrat ACI signé"
    AVENANT = "avenant", "Avenant signé"
    RESILIATION = "resiliation", "Courrier de résiliation"
    STATUTS = "statuts", "Statuts de l'association"
    AUTRE = "autre", "Autre document"


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
    MAJORE = "majore", "Majoration (ACI signé avant le 31/12/2021)"


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


class NatureLecture(models.TextChoices):
    """How a commune that somebody wrote was found among those of today."""

    EXACTE = "exacte", "Trouvée"
    ANCIEN_NOM = "ancien_nom", "Ancien nom"
    ANCIEN_CODE = "ancien_code", "Ancien code"
    HOMONYME = "homonyme", "Plusieurs communes"
    INCONNUE = "inconnue", "Introuvable"


class SortLecture(models.TextChoices):
    """What became of a line of a list of CPTS."""

    A_COMPLETER = "a_completer", "À compléter"
    RETENUE = "retenue", "Retenue"
    ECARTEE = "ecartee", "Écartée"


class StatutListe(models.TextChoices):
    A_COMPLETER = "a_completer", "À compléter"
    TERMINEE = "terminee", "Brouillons créés"
    ABANDONNEE = "abandonnee", "Abandonnée"
