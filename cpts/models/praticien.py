"""Practitioners of the Annuaire santé (public data), where they practise, and who says to be one of them."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Q
from django.utils import timezone

from cpts.enums import StatutRattachement
from portal.accounts.models import Territorialise
from portal.accounts.querysets import TerritorialiseQuerySet
from portal.core.historique import historise
from portal.core.models import Document
from zonage.enums import Profession
from zonage.models import Commune


class Praticien(models.Model):
    """A practitioner of the Annuaire santé. `secteur` is not in it: NULL until an agent or a contract says it."""

    rpps = models.CharField("RPPS", max_length=11, primary_key=True)
    profession = models.CharField("profession", max_length=24, choices=Profession)
    specialite_code = models.CharField("code du savoir-faire", max_length=10, blank=True)
    specialite = models.CharField("savoir-faire", max_length=120, blank=True)
    nom = models.CharField("nom d'exercice", max_length=120)
    prenom = models.CharField("prénom d'exercice", max_length=120, blank=True)
    civilite = models.CharField("civilité d'exercice", max_length=20, blank=True)
    secteur = models.CharField("secteur", max_length=24, blank=True)
    cle_nom = models.CharField("clé de recherche", max_length=160, blank=True, help_text="Nom et prénom, sans accent.")
    vu_le = models.DateField("dans l'annuaire du", help_text="Jour de l'extraction qui l'a montré en dernier.")

    class Meta:
        verbose_name = "praticien"
        ordering = ["rpps"]
        constraints = [
            models.CheckConstraint(name="praticien_rpps_bien_forme", condition=Q(rpps__regex=r"^\d{11}$")),
            models.CheckConstraint(name="praticien_profession_connue", condition=Q(profession__in=Profession.values)),
        ]
        indexes = [models.Index(OpClass("cle_nom", name="text_pattern_ops"), name="praticien_par_nom")]

    def __str__(self) -> str:
        return f"RPPS {self.rpps}"


class LieuExercice(models.Model):
    """A place of practice over a period; `cle` tells two places of the same commune apart (identifier, mode)."""

    praticien = models.ForeignKey(Praticien, on_delete=models.CASCADE, related_name="lieux")
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    code_publie = models.CharField("code commune publié", max_length=5, blank=True)
    cle = models.CharField("clé", max_length=80)
    mode_exercice = models.CharField("mode d'exercice", max_length=1, blank=True, help_text="L libéral, S salarié, B.")
    finess = models.CharField("FINESS", max_length=9, blank=True)
    siret = models.CharField("SIRET", max_length=14, blank=True)
    enseigne = models.CharField("structure", max_length=160, blank=True)
    periode = DateRangeField("période")

    class Meta:
        verbose_name = "lieu d'exercice"
        verbose_name_plural = "lieux d'exercice"
        ordering = ["praticien", "periode", "pk"]
        constraints = [
            ExclusionConstraint(
                name="lieuexercice_un_par_jour",
                expressions=[
                    ("praticien", RangeOperators.EQUAL),
                    ("cle", RangeOperators.EQUAL),
                    ("periode", RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"Lieu d'exercice {self.pk}"


class OffreCommune(models.Model):
    """How many practise in a commune, by profession, on the day of an extraction: a by-product that feeds the APL."""

    commune = models.ForeignKey(Commune, on_delete=models.CASCADE, related_name="+")
    profession = models.CharField("profession", max_length=24, choices=Profession)
    jour = models.DateField("jour de l'extraction")
    praticiens = models.PositiveIntegerField("praticiens", help_text="Ayant au moins un lieu dans la commune.")
    liberaux = models.PositiveIntegerField("dont libéraux ou mixtes")

    class Meta:
        verbose_name = "offre d'une commune"
        verbose_name_plural = "offre des communes"
        ordering = ["commune", "profession", "jour"]
        constraints = [
            models.UniqueConstraint(fields=["commune", "profession", "jour"], name="offrecommune_unique"),
            models.CheckConstraint(name="offrecommune_part", condition=Q(liberaux__lte=models.F("praticiens"))),
        ]
        indexes = [models.Index(fields=["jour", "profession"], name="offrecommune_par_jour")]

    def __str__(self) -> str:
        return f"{self.commune_id}, {self.profession}, {self.jour}"


@historise()
class Rattachement(Territorialise):
    """« This RPPS is mine »: with a proof, or vouched for by Pro Santé Connect (`document` NULL, validated at once).

    One valid rattachement a practitioner and an account: the database holds both.
    """

    praticien = models.ForeignKey(Praticien, on_delete=models.PROTECT, related_name="rattachements")
    statut = models.CharField("statut", max_length=8, choices=StatutRattachement, default=StatutRattachement.DEMANDE)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    motif = models.CharField("motif", max_length=300, blank=True)
    cree_le = models.DateTimeField("demandé le", default=timezone.now)
    decide_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decide_le = models.DateTimeField("décidé le", null=True, blank=True)

    objects = TerritorialiseQuerySet.as_manager()

    class Meta:
        verbose_name = "rattachement"
        ordering = ["cree_le", "pk"]
        constraints = [
            models.CheckConstraint(
                name="rattachement_statut_connu", condition=Q(statut__in=StatutRattachement.values)
            ),
            models.UniqueConstraint(
                fields=["praticien"], condition=Q(statut="valide"), name="rattachement_un_par_praticien"
            ),
            models.UniqueConstraint(
                fields=["proprietaire"],
                condition=Q(statut__in=["demande", "valide"]),
                name="rattachement_un_par_compte",
            ),
            models.CheckConstraint(
                name="rattachement_pas_soi_meme",
                condition=Q(decide_par__isnull=True) | ~Q(decide_par=models.F("proprietaire")),
            ),
        ]

    def __str__(self) -> str:
        return f"Rattachement {self.pk}"
