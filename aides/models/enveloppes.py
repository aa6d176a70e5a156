"""The money set aside."""

from typing import Any

from django.db import models
from django.db.models import F, Q

from portal.core.historique import historise
from zonage.models import Region

EUROS: dict[str, Any] = {"max_digits": 12, "decimal_places": 2}


@historise()
class Enveloppe(models.Model):
    """The money of a région for some schemes and a year. `engage` is held under `montant` by the database."""

    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", verbose_name="région")
    annee = models.PositiveSmallIntegerField("année")
    libelle = models.CharField("libellé", max_length=120)
    dispositifs = models.JSONField("dispositifs", default=list, help_text="Codes des dispositifs qu'elle paie.")
    montant = models.DecimalField("montant (€)", **EUROS)
    engage = models.DecimalField("engagé (€)", **EUROS, default=0)

    class Meta:
        verbose_name = "enveloppe"
        ordering = ["-annee", "region", "libelle"]
        constraints = [
            models.UniqueConstraint(fields=["region", "annee", "libelle"], name="enveloppe_unique"),
            models.CheckConstraint(
                name="enveloppe_pas_depassee",
                condition=Q(engage__gte=0) & Q(engage__lte=F("montant")),
                violation_error_message="Enveloppe épuisée : le montant engagé dépasserait le montant ouvert.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.libelle} {self.annee}"
