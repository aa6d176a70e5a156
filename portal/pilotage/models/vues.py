"""The views of the dashboard that somebody keeps."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.accounts.models import Organisation
from portal.pilotage.querysets import VueQuerySet


class Vue(models.Model):
    """`requete`: the query string of the dashboard, as `portal.pilotage.questions` writes it.

    `organisation`: the one that it is shared with, whose people read it; NULL: for oneself. `defaut`: what the
    dashboard of its owner opens on.
    """

    proprietaire = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="vues")
    nom = models.CharField("nom", max_length=60)
    requete = models.CharField("requête", max_length=1000, blank=True)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="partagée avec"
    )
    defaut = models.BooleanField("par défaut", default=False)
    cree_le = models.DateTimeField("enregistrée le", default=timezone.now)

    objects = VueQuerySet.as_manager()

    class Meta:
        verbose_name = "vue enregistrée"
        verbose_name_plural = "vues enregistrées"
        ordering = ["nom", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["proprietaire", "nom"], name="vue_nom_unique"),
            models.UniqueConstraint(fields=["proprietaire"], condition=Q(defaut=True), name="vue_une_par_defaut"),
        ]

    def __str__(self) -> str:
        return f"Vue {self.pk}"
