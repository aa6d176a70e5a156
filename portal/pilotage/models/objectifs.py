"""The targets set for the figures: what is aimed at, from when, by when, and the text that says so."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone

from portal.pilotage.models.mesures import Territoire
from portal.pilotage.querysets import ObjectifQuerySet


class Objectif(models.Model):
    """A value aimed at, read from `debut` until the day before `fin` (NULL: in force).

    `fin` equal to `debut`: it never counted, another one of the same day replaced it. Which way is better is said by
    the indicator. `echeance`: the day when it should be reached; NULL when the text names none. Nothing of a row ever
    changes but its end, and no row leaves: the database holds it (migration 0003).
    """

    indicateur = models.CharField("indicateur", max_length=80)
    territoire = models.ForeignKey(
        Territoire, on_delete=models.PROTECT, related_name="objectifs", verbose_name="territoire"
    )
    debut = models.DateField("fixé le")
    fin = models.DateField("ne vaut plus à partir du", null=True, blank=True)
    valeur = models.DecimalField("valeur visée", max_digits=20, decimal_places=4)
    echeance = models.DateField("à atteindre au", null=True, blank=True)
    source = models.CharField("texte qui le fixe", max_length=300)
    reference = models.CharField("référence", max_length=300, blank=True)
    demonstration = models.BooleanField("démonstration", default=False)
    motif_fin = models.CharField("pourquoi il ne vaut plus", max_length=300, blank=True)
    saisi_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    saisi_le = models.DateTimeField("saisi le", default=timezone.now)

    objects = ObjectifQuerySet.as_manager()

    class Meta:
        verbose_name = "objectif"
        ordering = ["indicateur", "territoire", "-debut", "-pk"]
        constraints = [
            ExclusionConstraint(
                name="objectif_un_par_jour",
                expressions=[
                    ("indicateur", RangeOperators.EQUAL),
                    ("territoire", RangeOperators.EQUAL),
                    (
                        Func(F("debut"), F("fin"), Value("[)"), function="DATERANGE", output_field=DateRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message="Ce chiffre a déjà un objectif sur une partie de ces jours.",
            ),
            models.CheckConstraint(
                name="objectif_source_dite",
                condition=~Q(source=""),
                violation_error_message="Dites quel texte fixe cet objectif.",
            ),
            models.CheckConstraint(
                name="objectif_fin_apres_debut",
                condition=Q(fin__isnull=True) | Q(fin__gte=F("debut")),
                violation_error_message="Un objectif ne finit pas avant d'avoir commencé.",
            ),
            models.CheckConstraint(
                name="objectif_echeance_apres_debut",
                condition=Q(echeance__isnull=True) | Q(echeance__gte=F("debut")),
                violation_error_message="L'échéance vient après le jour où l'objectif est fixé.",
            ),
        ]

    def __str__(self) -> str:
        return f"Objectif du {self.debut:%d/%m/%Y} ({self.indicateur})"
