"""Sets of communes that a CPTS keeps to diagnose again."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from cpts.models.cpts import DeCpts


class TerritoireEnregistre(DeCpts):
    """A named set of communes. Who holds `cle` reads its name and its communes: the address of a diagnosis shared.

    `communes`: the codes as they were chosen; read on a day, each becomes the commune of that day.
    """

    cle = models.UUIDField("clé", default=uuid.uuid4, unique=True, editable=False)
    nom = models.CharField("nom", max_length=120)
    communes = ArrayField(models.CharField(max_length=5), verbose_name="communes")
    cree_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    cree_le = models.DateTimeField("enregistré le", default=timezone.now)

    class Meta:
        verbose_name = "territoire enregistré"
        verbose_name_plural = "territoires enregistrés"
        ordering = ["cpts", "nom", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["cpts", "nom"],
                name="territoireenregistre_nom_unique",
                violation_error_message="Un territoire de ce nom est déjà enregistré : choisissez un autre nom.",
            ),
            models.CheckConstraint(
                name="territoireenregistre_non_vide",
                condition=Q(communes__len__range=(1, 6_000)) & ~Q(nom=""),
                violation_error_message="Un territoire enregistré a un nom et au moins une commune.",
            ),
        ]

    def __str__(self) -> str:
        return f"Territoire enregistré {self.pk}"
