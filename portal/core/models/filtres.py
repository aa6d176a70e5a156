"""The filters that somebody keeps for a list."""

from django.conf import settings
from django.db import models

from portal.core.querysets import FiltreQuerySet


class FiltreEnregistre(models.Model):
    """`requete` is the query string of the list `liste`; `partage`: shown to the colleagues too."""

    proprietaire = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="filtres")
    liste = models.CharField("liste", max_length=60)
    nom = models.CharField("nom", max_length=60)
    requete = models.CharField("requête", max_length=1000, blank=True)
    partage = models.BooleanField("partagé", default=False)

    objects = FiltreQuerySet.as_manager()

    class Meta:
        verbose_name = "filtre enregistré"
        verbose_name_plural = "filtres enregistrés"
        ordering = ["liste", "nom", "pk"]
        constraints = [models.UniqueConstraint(fields=["proprietaire", "liste", "nom"], name="filtre_nom_unique")]

    def __str__(self) -> str:
        return f"{self.liste} : {self.nom}"
