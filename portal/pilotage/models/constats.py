"""What the checks of the figures found: one row a contradiction, until it is gone."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.pilotage.models.mesures import Territoire


class Constat(models.Model):
    """A contradiction that a check saw. Solved by itself when it is gone; one that comes back is a new row.

    `cle` says which one it is among those of its check. `objet`: « cpts.structure:12 », where it is mended;
    `indicateur` and `territoire`: the figure whose receipt shows it. Put aside (`ecarte_le`) by somebody who says why:
    that lasts as long as its figures do.
    """

    controle = models.CharField("contrôle", max_length=40)
    cle = models.CharField("clé", max_length=160)
    territoire = models.ForeignKey(
        Territoire, on_delete=models.CASCADE, null=True, blank=True, related_name="constats", verbose_name="territoire"
    )
    objet = models.CharField("objet", max_length=80, blank=True)
    indicateur = models.CharField("indicateur", max_length=80, blank=True)
    region_code = models.CharField("région", max_length=3, blank=True)
    departement_code = models.CharField("département", max_length=3, blank=True)
    jour = models.DateField("au")
    constat = models.CharField("constat", max_length=300)
    vu_le = models.DateTimeField("vu la première fois le", default=timezone.now)
    revu_le = models.DateTimeField("revu le", default=timezone.now)
    resolu_le = models.DateTimeField("n'est plus vrai depuis le", null=True, blank=True)
    ecarte_le = models.DateTimeField("écarté le", null=True, blank=True)
    ecarte_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    motif = models.CharField("motif", max_length=300, blank=True)

    class Meta:
        verbose_name = "contradiction"
        ordering = ["-vu_le", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["controle", "cle"], condition=Q(resolu_le__isnull=True), name="constat_ouvert_unique"
            ),
            models.CheckConstraint(
                name="constat_ecarte_motive",
                condition=Q(ecarte_le__isnull=True) | ~Q(motif=""),
                violation_error_message="Dites pourquoi cette contradiction est écartée.",
            ),
        ]
        indexes = [
            models.Index(fields=["-vu_le", "-id"], name="constat_ouvert", condition=Q(resolu_le=None, ecarte_le=None)),
        ]

    def __str__(self) -> str:
        return f"Contradiction {self.pk} ({self.controle})"
