from django.db import models


class StatutRattachement(models.TextChoices):
    """Somebody says « this RPPS is mine »: an agent looks at the proof."""

    DEMANDE = "demande", "Demandé"
    VALIDE = "valide", "Validé"
    REFUSE = "refuse", "Refusé"
    RETIRE = "retire", "Retiré"
