"""Published accessibility (APL), by commune, profession and vintage."""

from django.db import models
from django.db.models import Q

from zonage.enums import Origine, Profession
from zonage.models.territoire import Commune


class Apl(models.Model):
    """Accessibilité potentielle localisée of a commune. For doctors: consultations a year per standardised inhabitant.

    `code_publie` is the code the workbook wrote; `commune` today's (the codes of a merged commune share it).
    """

    code_publie = models.CharField("code publié", max_length=5)
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="apl")
    profession = models.CharField("profession", max_length=24, choices=Profession)
    millesime = models.PositiveSmallIntegerField("millésime")
    apl = models.FloatField("APL", null=True)
    apl_65 = models.FloatField("APL, praticiens de 65 ans et moins", null=True)
    apl_62 = models.FloatField("APL, praticiens de 62 ans et moins", null=True)
    apl_60 = models.FloatField("APL, praticiens de 60 ans et moins", null=True)
    population_standardisee = models.FloatField("population standardisée")
    population_totale = models.FloatField("population totale")
    origine = models.CharField("origine", max_length=14, choices=Origine, default=Origine.OFFICIEL)

    class Meta:
        verbose_name = "APL d'une commune"
        verbose_name_plural = "APL des communes"
        ordering = ["-millesime", "code_publie"]
        constraints = [
            models.UniqueConstraint(fields=["profession", "millesime", "origine", "code_publie"], name="apl_unique"),
            models.CheckConstraint(name="apl_positive", condition=Q(apl__gte=0) | Q(apl__isnull=True)),
        ]
        indexes = [models.Index(fields=["commune", "profession", "millesime"], name="apl_par_commune")]

    def __str__(self) -> str:
        return f"APL {self.profession} {self.millesime}, {self.code_publie}"


class ParametreApl(models.Model):
    """The parameters of a vintage of APL, as the « Paramètres » sheet of its workbook gives them.

    `valeurs` is the JSON form of `zonage.calculs.parametres.ParametresApl`.
    """

    profession = models.CharField("profession", max_length=24, choices=Profession)
    millesime = models.PositiveSmallIntegerField("millésime")
    valeurs = models.JSONField("paramètres")
    source = models.CharField("source", max_length=200)

    class Meta:
        verbose_name = "paramètres d'un APL"
        verbose_name_plural = "paramètres des APL"
        ordering = ["profession", "-millesime"]
        constraints = [models.UniqueConstraint(fields=["profession", "millesime"], name="parametreapl_unique")]

    def __str__(self) -> str:
        return f"paramètres de l'APL {self.profession} {self.millesime}"
