from django.db import models


class Role(models.TextChoices):
    """What a mandat lets somebody do. A practitioner has no mandat: the right comes from what is theirs."""

    COORDINATEUR_CPTS = "coordinateur_cpts", "Coordinateur ou coordinatrice de CPTS"
    INSTRUCTEUR = "instructeur", "Instructeur"
    VALIDEUR = "valideur", "Valideur"
    AGENT_CPAM = "agent_cpam", "Agent de la CPAM"
    LECTEUR = "lecteur", "Lecteur"
    ADMINISTRATEUR = "administrateur", "Administrateur fonctionnel"
    AUDITEUR = "auditeur", "Auditeur"


ROLES_ARS = frozenset({Role.INSTRUCTEUR, Role.VALIDEUR, Role.LECTEUR, Role.ADMINISTRATEUR, Role.AUDITEUR})
"""Roles that read the files of their perimeter whoever pays; an agent of the CPAM reads those that it pays."""
ROLES_AGENT = ROLES_ARS | {Role.AGENT_CPAM}
"""Who works in the administration, and needs a second factor."""


class TypeOrganisation(models.TextChoices):
    ARS = "ars", "ARS (région)"
    DELEGATION = "delegation", "Délégation départementale de l'ARS"
    CPAM = "cpam", "Caisse primaire d'assurance maladie"
    CPTS = "cpts", "CPTS"
    STRUCTURE = "structure", "Structure"
    URPS = "urps", "URPS"
    COLLECTIVITE = "collectivite", "Collectivité"


class TypePerimetre(models.TextChoices):
    NATIONAL = "national", "France entière"
    REGION = "region", "Région"
    DEPARTEMENT = "departement", "Département"
    CPTS = "cpts", "CPTS"


class Fournisseur(models.TextChoices):
    """Who vouches for an identity."""

    PSC = "psc", "Pro Santé Connect"
    PROCONNECT = "proconnect", "ProConnect"
