"""The words of the acts on schemes, with their labels."""

from django.db import models


class StatutRedaction(models.TextChoices):
    """The life of a rédaction of a local scheme."""

    BROUILLON = "brouillon", "Brouillon"
    PROPOSEE = "proposee", "Proposée"
    VALIDEE = "validee", "Validée"
    REFUSEE = "refusee", "Refusée"
    REMPLACEE = "remplacee", "Remplacée"
    RETIREE = "retiree", "Retirée"


TRANSITIONS_REDACTION = {
    "proposer": (StatutRedaction.BROUILLON, StatutRedaction.PROPOSEE),
    "valider": (StatutRedaction.PROPOSEE, StatutRedaction.VALIDEE),
    "refuser": (StatutRedaction.PROPOSEE, StatutRedaction.REFUSEE),
    "remplacer": (StatutRedaction.VALIDEE, StatutRedaction.REMPLACEE),
    "retirer": (StatutRedaction.VALIDEE, StatutRedaction.RETIREE),
}
