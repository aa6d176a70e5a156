from django.db import models


class Maille(models.TextChoices):
    """The territories of a measure, from the largest to the smallest."""

    FRANCE = "france", "France"
    REGION = "region", "Région"
    DEPARTEMENT = "departement", "Département"
    EPCI = "epci", "EPCI"
    CPTS = "cpts", "CPTS"
    TVS = "tvs", "Territoire de vie-santé"


class GenreObjet(models.TextChoices):
    """What the query of an indicator counts by, before the engine rolls it up."""

    COMMUNE = "commune", "Commune"
    DEPARTEMENT = "departement", "Département"
    CPTS = "cpts", "CPTS"
    TERRITOIRE = "territoire", "Territoire"


class Forme(models.TextChoices):
    """How a value is read from what was summed."""

    NOMBRE = "nombre", "Nombre"
    PART = "part", "Part (%)"
    MOYENNE = "moyenne", "Moyenne"
    MEDIANE = "mediane", "Médiane"
    VALEUR = "valeur", "Valeur publiée"


class Sens(models.TextChoices):
    PLUS = "plus", "Plus haut est mieux"
    MOINS = "moins", "Plus bas est mieux"
    NEUTRE = "neutre", "Ni l'un ni l'autre"


class Theme(models.TextChoices):
    TERRITOIRE = "territoire", "Population et territoire"
    ZONAGE = "zonage", "Accès aux soins et zonage"
    CPTS = "cpts", "CPTS"
    STRUCTURES = "structures", "Structures de soins coordonnés"
    AIDES = "aides", "Aides et contrats"
    PREVENTION = "prevention", "Prévention"
    PUBLIES = "publies", "Chiffres publiés par l'agence"


class Cause(models.TextChoices):
    """Why a day was computed."""

    NUIT = "nuit", "Calcul de la nuit"
    CHANGEMENT = "changement", "Une source a changé"
    REPRISE = "reprise", "Jour refait"


class Ensemble(models.TextChoices):
    """The small multiples of a page of curves."""

    AUTOUR = "autour", "Ce territoire, ceux qui le contiennent et ses voisins"
    DEPARTEMENTS = "departements", "Les départements de sa région"
    EPCI = "epci", "Les EPCI de son département"
    CPTS = "cpts", "Les CPTS de sa région"
    THEME = "theme", "Ce territoire seul, tous les indicateurs du thème"


class Duree(models.TextChoices):
    AN = "an", "Douze mois"
    CINQ_ANS = "cinq_ans", "Cinq ans"
