from django.db import models


class Profession(models.TextChoices):
    """The six professions that have a zoning (CSP L. 1434-4 and the conventions)."""

    MEDECIN = "medecin", "Médecin"
    INFIRMIER = "infirmier", "Infirmier"
    MASSEUR_KINESITHERAPEUTE = "masseur_kinesitherapeute", "Masseur-kinésithérapeute"
    SAGE_FEMME = "sage_femme", "Sage-femme"
    ORTHOPHONISTE = "orthophoniste", "Orthophoniste"
    CHIRURGIEN_DENTISTE = "chirurgien_dentiste", "Chirurgien-dentiste"


class TypeCommune(models.TextChoices):
    COMMUNE = "COM", "Commune"
    ARRONDISSEMENT = "ARM", "Arrondissement municipal"


class GenreCle(models.TextChoices):
    """What a search key stands for."""

    NOM = "nom", "Nom actuel"
    ANCIEN_NOM = "ancien_nom", "Ancien nom"
    ANCIEN_CODE = "ancien_code", "Ancien code INSEE"
    CODE_POSTAL = "code_postal", "Code postal"


class TypeTerritoire(models.TextChoices):
    """What a niveau is given to. The reading prefers a QPV, then a commune, then a TVS or a bassin.

    A canton-ou-ville (Insee: a canton of whole communes, a city of several cantons being one) only names communes.
    """

    TVS = "tvs", "Territoire de vie-santé"
    BVCV = "bvcv", "Bassin de vie ou canton-ou-ville"
    BV2012 = "bv2012", "Bassin de vie 2012"
    BV2022 = "bv2022", "Bassin de vie 2022"
    CANTON = "canton", "Canton-ou-ville"
    COMMUNE = "commune", "Commune"
    QPV = "qpv", "Quartier prioritaire de la politique de la ville"


class StatutArrete(models.TextChoices):
    BROUILLON = "brouillon", "Brouillon"
    PROPOSE = "propose", "Proposé"
    PUBLIE = "publie", "Publié"
    ABROGE = "abroge", "Abrogé"


class Origine(models.TextChoices):
    OFFICIEL = "officiel", "Source officielle"
    DEMONSTRATION = "demonstration", "Offre modélisée, zonage de démonstration"


class StatutZone(models.TextChoices):
    """The three answers of a reading."""

    CONNU = "connu", "Classement connu"
    ADRESSE_REQUISE = "adresse_requise", "Indéterminé : adresse requise"
    INCONNU = "inconnu", "Indéterminé : aucun classement connu ce jour-là"


class StatutFichier(models.TextChoices):
    """What became of a file handed in for a draft. « En attente » while its reading is under way or asked for."""

    EN_ATTENTE = "en_attente", "Lecture en cours"
    LU = "lu", "Lu"
    REFUSE = "refuse", "Refusé"
    INTERROMPU = "interrompu", "Interrompu"


class NatureRejet(models.TextChoices):
    COMMUNE_INCONNUE = "commune_inconnue", "Commune inconnue"
    COMMUNE_FUSIONNEE = "commune_fusionnee", "Commune fusionnée"
    DOUBLON = "doublon", "Commune déjà lue"
    CLASSE_INCONNUE = "classe_inconnue", "Classe inconnue"
    ILLISIBLE = "illisible", "Ligne illisible"


class SortRejet(models.TextChoices):
    A_CORRIGER = "a_corriger", "À corriger"
    CORRIGEE = "corrigee", "Corrigée"
    ECARTEE = "ecartee", "Écartée"
