"""Arrêtés, the niveaux they give, and the flat table that answers « which zone, for whom, on which day? »."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q

from zonage.enums import Origine, Profession, StatutArrete, StatutZone
from zonage.models.territoire import Commune, Region, Territoire
from zonage.querysets import EnVigueurQuerySet


class Niveau(models.Model):
    """A class of a zoning: a reference table, because regions have words of their own (« zone de vigilance »…).

    `rang` orders from the most to the least under-served within a `famille`; `abrege` fits a legend or a table.
    """

    code = models.CharField("code", max_length=24, primary_key=True)
    libelle = models.CharField("libellé", max_length=80)
    abrege = models.CharField("abrégé", max_length=20)
    famille = models.CharField(
        "famille", max_length=10, choices=[("medecin", "Médecins"), ("autres", "Autres professions")]
    )
    rang = models.PositiveSmallIntegerField("rang")
    couleur = models.CharField("couleur", max_length=7, help_text="#rrggbb, distincte aussi en niveaux de gris.")
    ouvre = models.TextField("ce qu'il ouvre", blank=True)
    reference = models.CharField("référence", max_length=200, blank=True)

    class Meta:
        verbose_name = "niveau"
        verbose_name_plural = "niveaux"
        ordering = ["famille", "rang"]

    def __str__(self) -> str:
        return self.libelle


class Arrete(models.Model):
    """The order of an ARS that classes its territoires for one profession, or the source that stands for it.

    `periode` is the period of effect. A file that gives no number leaves `numero` empty: it is never invented.
    `source` names producer and vintage, shown wherever the classement is.
    """

    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="arretes", verbose_name="région")
    profession = models.CharField("profession", max_length=24, choices=Profession)
    numero = models.CharField("numéro", max_length=60, blank=True)
    date_signature = models.DateField("date de signature", null=True, blank=True)
    date_publication = models.DateField("date de publication", null=True, blank=True)
    periode = DateRangeField("période d'effet", help_text="Début inclus, fin exclue. Sans fin : encore en vigueur.")
    millesime_cog = models.PositiveSmallIntegerField("millésime du COG", null=True, blank=True)
    statut = models.CharField("statut", max_length=10, choices=StatutArrete, default=StatutArrete.BROUILLON)
    origine = models.CharField("origine", max_length=14, choices=Origine, default=Origine.OFFICIEL)
    source = models.CharField("source", max_length=200, blank=True)
    lien = models.URLField("lien vers le texte", blank=True)
    motif = models.CharField(
        "motif",
        max_length=500,
        blank=True,
        db_default="",
        default="",
        help_text="Pourquoi il prend effet dans le passé, laisse des communes sans classe ou un intervalle.",
    )
    auteur = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="auteur du brouillon",
    )
    propose_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="proposé par",
    )
    publie_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="publié par",
    )

    objects = EnVigueurQuerySet.as_manager()

    class Meta:
        verbose_name = "arrêté de zonage"
        verbose_name_plural = "arrêtés de zonage"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="arrete_statut_connu", condition=Q(statut__in=StatutArrete.values)),
            models.CheckConstraint(name="arrete_profession_connue", condition=Q(profession__in=Profession.values)),
            models.CheckConstraint(name="arrete_periode_non_vide", condition=Q(periode__isempty=False)),
            models.CheckConstraint(
                name="arrete_deux_personnes",
                condition=Q(propose_par__isnull=True) | Q(publie_par__isnull=True) | ~Q(propose_par=F("publie_par")),
                violation_error_message="La personne qui publie n'est pas celle qui a proposé.",
            ),
            models.CheckConstraint(
                name="arrete_auteur_ne_publie_pas",
                condition=Q(auteur__isnull=True) | Q(publie_par__isnull=True) | ~Q(auteur=F("publie_par")),
                violation_error_message="La personne qui publie n'est pas celle qui a écrit le brouillon.",
            ),
        ]

    def __str__(self) -> str:
        return f"Arrêté {self.numero or 'sans numéro'} ({self.get_profession_display()}, région {self.region_id})"


class Classement(models.Model):
    """The niveau of a territoire for a profession, over a period, by virtue of an arrêté.

    `statut` is « adresse_requise » when a QPV of a commune has another class than the commune: `niveau` is then NULL.
    Rows of an arrêté that is not published wait: only those of published arrêtés are read, and only they
    may not overlap. `publie` and `origine` repeat the arrêté's so that the database can hold that rule.
    """

    territoire = models.ForeignKey(Territoire, on_delete=models.PROTECT, related_name="classements")
    profession = models.CharField("profession", max_length=24, choices=Profession)
    arrete = models.ForeignKey(Arrete, on_delete=models.PROTECT, related_name="classements", verbose_name="arrêté")
    statut = models.CharField("statut", max_length=16, choices=StatutZone, default=StatutZone.CONNU)
    niveau = models.ForeignKey(
        Niveau, on_delete=models.PROTECT, null=True, blank=True, related_name="classements", db_index=False
    )
    niveau_publie = models.CharField(
        "valeur publiée", max_length=80, blank=True, help_text="Telle que le fichier l'écrit."
    )
    periode = DateRangeField("période", help_text="Début inclus, fin exclue. Sans fin : encore en vigueur.")
    origine = models.CharField("origine", max_length=14, choices=Origine, default=Origine.OFFICIEL)
    publie = models.BooleanField("publié", default=False)

    objects = EnVigueurQuerySet.as_manager()

    class Meta:
        verbose_name = "classement"
        ordering = ["territoire", "profession", "periode"]
        constraints = [
            models.CheckConstraint(
                name="classement_niveau_si_connu",
                condition=Q(statut=StatutZone.CONNU, niveau__isnull=False)
                | ~Q(statut=StatutZone.CONNU) & Q(niveau=None),
            ),
            models.CheckConstraint(name="classement_periode_non_vide", condition=Q(periode__isempty=False)),
            ExclusionConstraint(
                name="classement_un_niveau_par_jour",
                expressions=[
                    ("territoire", RangeOperators.EQUAL),
                    ("profession", RangeOperators.EQUAL),
                    ("origine", RangeOperators.EQUAL),
                    ("periode", RangeOperators.OVERLAPS),
                ],
                condition=Q(publie=True),
                violation_error_message="Le territoire a déjà un niveau pour cette profession sur la période.",
            ),
        ]

    def __str__(self) -> str:
        return f"territoire {self.territoire_id}, {self.profession} : {self.niveau_id or self.statut}"


class ZoneCommune(models.Model):
    """The read table: one niveau a commune, a profession, a day. Written only by `zonage.services.refresh_zones`."""

    commune = models.ForeignKey(Commune, on_delete=models.CASCADE, related_name="zones", db_index=False)
    profession = models.CharField("profession", max_length=24, choices=Profession)
    periode = DateRangeField("période")
    statut = models.CharField("statut", max_length=16, choices=StatutZone)
    niveau = models.ForeignKey(Niveau, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    arrete = models.ForeignKey(
        Arrete, on_delete=models.CASCADE, related_name="+", db_index=False, verbose_name="arrêté"
    )
    territoire = models.ForeignKey(
        Territoire,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        help_text="NULL : déduit des arrondissements.",
    )
    origine = models.CharField("origine", max_length=14, choices=Origine)

    objects = EnVigueurQuerySet.as_manager()

    class Meta:
        verbose_name = "zone d'une commune"
        verbose_name_plural = "zones des communes"
        ordering = ["commune", "profession", "periode"]
        constraints = [
            ExclusionConstraint(
                name="zonecommune_un_niveau_par_jour",
                expressions=[
                    ("commune", RangeOperators.EQUAL),
                    ("profession", RangeOperators.EQUAL),
                    ("periode", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="zonecommune_niveau_si_connu",
                condition=Q(statut=StatutZone.CONNU, niveau__isnull=False)
                | ~Q(statut=StatutZone.CONNU) & Q(niveau=None),
            ),
        ]
        indexes = [
            models.Index(fields=["commune", "profession"], name="zonecommune_lecture"),
        ]

    def __str__(self) -> str:
        return f"{self.commune_id}, {self.profession} : {self.niveau_id or self.statut}"
