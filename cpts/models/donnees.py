"""Figures of a territory that no file gives: entered, with their source and their day."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.core.historique import historise


@historise()
class DonneeTerritoire(models.Model):
    """A sourced figure (« part sans médecin traitant, 17 ans ou plus ») of a territory on a day.

    `territoire_type`: cpts, commune, epci, departement, region, france. `valeur` in `unite`; numerator and
    denominator when they are known. `demonstration`: the text that is cited does not say it.
    """

    code = models.CharField("donnée", max_length=60)
    territoire_type = models.CharField("territoire", max_length=12)
    territoire_code = models.CharField("code", max_length=20)
    jour = models.DateField("au")
    valeur = models.DecimalField("valeur", max_digits=14, decimal_places=4, null=True, blank=True)
    numerateur = models.DecimalField("numérateur", max_digits=14, decimal_places=2, null=True, blank=True)
    denominateur = models.DecimalField("dénominateur", max_digits=14, decimal_places=2, null=True, blank=True)
    unite = models.CharField("unité", max_length=20, default="%")
    source = models.CharField("source", max_length=300)
    producteur = models.CharField("producteur", max_length=120, blank=True)
    demonstration = models.BooleanField("démonstration", default=False)
    saisie_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    saisie_le = models.DateTimeField("saisie le", default=timezone.now)

    class Meta:
        verbose_name = "donnée d'un territoire"
        verbose_name_plural = "données des territoires"
        ordering = ["code", "territoire_type", "territoire_code", "-jour"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "territoire_type", "territoire_code", "jour"], name="donneeterritoire_unique"
            ),
            models.CheckConstraint(
                name="donneeterritoire_part",
                condition=~Q(unite="%") | Q(valeur__isnull=True) | Q(valeur__range=(0, 100)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code}, {self.territoire_type} {self.territoire_code}"
