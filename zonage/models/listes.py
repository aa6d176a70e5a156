"""Official lists of communes that are not a zoning: ZRR, FRR… Which communes, from which day, and known or not."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q

from zonage.models.territoire import Commune


class ListeCommunes(models.Model):
    """A list that a rule may name by its code (« frr », « zrr »…)."""

    code = models.CharField("code", max_length=24, primary_key=True)
    libelle = models.CharField("libellé", max_length=120)
    reference = models.CharField("référence", max_length=300)
    source = models.CharField("source et millésime", max_length=200, blank=True)

    class Meta:
        verbose_name = "liste de communes"
        verbose_name_plural = "listes de communes"
        ordering = ["code"]
        constraints = [models.CheckConstraint(name="listecommunes_code", condition=Q(code__regex=r"^[a-z0-9_]+$"))]

    def __str__(self) -> str:
        return self.libelle


class PeriodeListe(models.Model):
    """Days for which a list is known, whole. Outside them nobody knows: absent from the list means nothing."""

    liste = models.ForeignKey(ListeCommunes, on_delete=models.PROTECT, related_name="periodes", db_index=False)
    periode = DateRangeField("période", help_text="Début inclus, fin exclue. Sans fin : encore en vigueur.")

    class Meta:
        verbose_name = "période connue d'une liste"
        verbose_name_plural = "périodes connues des listes"
        ordering = ["liste", "periode"]
        constraints = [
            models.CheckConstraint(name="periodeliste_periode_non_vide", condition=Q(periode__isempty=False)),
            ExclusionConstraint(
                name="periodeliste_une_par_jour",
                expressions=[("liste", RangeOperators.EQUAL), ("periode", RangeOperators.OVERLAPS)],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.liste_id} : {self.periode}"


class AppartenanceListe(models.Model):
    """A commune of today is in a list over a period.

    `certaine` is False when the published codes that became this commune do not agree, or when it is classed in part:
    neither in nor out. A commune without a row on a known day is not in the list.
    """

    liste = models.ForeignKey(ListeCommunes, on_delete=models.PROTECT, related_name="appartenances", db_index=False)
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="+", db_index=False)
    periode = DateRangeField("période", help_text="Début inclus, fin exclue. Sans fin : encore en vigueur.")
    certaine = models.BooleanField("certaine", default=True)
    empreinte = models.CharField(
        "empreinte du fichier", max_length=64, blank=True, help_text="Celle de l'import qui l'a écrite."
    )

    class Meta:
        verbose_name = "appartenance à une liste"
        verbose_name_plural = "appartenances aux listes"
        ordering = ["liste", "commune", "periode"]
        constraints = [
            models.CheckConstraint(name="appartenanceliste_periode_non_vide", condition=Q(periode__isempty=False)),
            ExclusionConstraint(
                name="appartenanceliste_une_par_jour",
                expressions=[
                    ("liste", RangeOperators.EQUAL),
                    ("commune", RangeOperators.EQUAL),
                    ("periode", RangeOperators.OVERLAPS),
                ],
                violation_error_message="La commune est déjà dans cette liste sur une partie de la période.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.commune_id} ∈ {self.liste_id}"
