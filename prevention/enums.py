from django.db import models


class Theme(models.TextChoices):
    """What a campaign or an action is about."""

    VACCINATION = "vaccination", "Vaccination"
    DEPISTAGE_SEIN = "depistage_sein", "Dépistage organisé du cancer du sein"
    DEPISTAGE_COLORECTAL = "depistage_colorectal", "Dépistage organisé du cancer colorectal"
    DEPISTAGE_COL = "depistage_col", "Dépistage organisé du cancer du col de l'utérus"
    SANTE_MENTALE = "sante_mentale", "Santé mentale"
    ADDICTIONS = "addictions", "Addictions"
    JEUNES = "jeunes", "Santé des jeunes"
    RISQUES_PROFESSIONNELS = "risques_pro", "Risques professionnels"
    NUTRITION = "nutrition", "Nutrition et activité physique"
    BILAN_PREVENTION = "bilan_prevention", "Mon bilan prévention"
    LOCAL = "local", "Thème local"


class StatutCampagne(models.TextChoices):
    """A closed season never opens again: what is wrong in it is corrected, with a reason."""

    BROUILLON = "brouillon", "Brouillon"
    OUVERTE = "ouverte", "Saison ouverte"
    CLOSE = "close", "Saison close"


class StatutAction(models.TextChoices):
    BROUILLON = "brouillon", "Brouillon"
    ANNONCEE = "annoncee", "Annoncée"
    TENUE = "tenue", "Tenue"
    ANNULEE = "annulee", "Annulée"


TRANSITIONS_ACTION = {
    StatutAction.BROUILLON: (StatutAction.ANNONCEE, StatutAction.TENUE),
    StatutAction.ANNONCEE: (StatutAction.BROUILLON, StatutAction.TENUE, StatutAction.ANNULEE),
    StatutAction.TENUE: (StatutAction.ANNONCEE,),
    StatutAction.ANNULEE: (StatutAction.ANNONCEE,),
}
"""The changes that a person may ask for; the database holds the same list (migration 0002)."""


class Formule(models.TextChoices):
    """What the rate of a target says (domaine §5). Two words, two figures: participation is not coverage."""

    VACCINATION = "vaccination", "Couverture vaccinale"
    PARTICIPATION = "participation", "Participation au dépistage organisé"
    COUVERTURE = "couverture", "Couverture de dépistage (organisé et individuel)"
    BILAN = "bilan", "Recours au bilan de prévention"


class Sexe(models.TextChoices):
    TOUS = "", "Femmes et hommes"
    FEMMES = "f", "Femmes"
    HOMMES = "h", "Hommes"


class NiveauTerritoire(models.TextChoices):
    COMMUNE = "commune", "Commune"
    EPCI = "epci", "EPCI"
    CPTS = "cpts", "CPTS"
    DEPARTEMENT = "departement", "Département"
    REGION = "region", "Région"
    FRANCE = "france", "France"


CODE_FRANCE = "france"


class StatutReleve(models.TextChoices):
    PROVISOIRE = "provisoire", "Provisoire"
    CONSOLIDE = "consolide", "Consolidé"


class Secret(models.TextChoices):
    """Why a figure is not shown to all: too few people, or it would give away one that has too few."""

    AUCUN = "", "Diffusable"
    PRIMAIRE = "primaire", "Effectif trop petit"
    SECONDAIRE = "secondaire", "Protège un effectif trop petit"


class StatutFichierReleves(models.TextChoices):
    A_CONFIRMER = "a_confirmer", "Écarts à confirmer"
    IMPORTE = "importe", "Importé"
    REFUSE = "refuse", "Refusé"
    ABANDONNE = "abandonne", "Abandonné"


class StatutBulletin(models.TextChoices):
    BROUILLON = "brouillon", "Brouillon"
    PUBLIE = "publie", "Publié"
