"""A campaign, the people it is for, and what a territory aims at."""

from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from portal.core.historique import historise
from prevention.enums import Formule, NiveauTerritoire, Sexe, StatutCampagne, Theme
from prevention.querysets import CampagneQuerySet, DeCampagneQuerySet


@historise()
class Campagne(models.Model):
    """A theme over a season. `precedente`: the season before, whose figures this one is compared with.

    `region_code` empty: of the whole country. A closed season is edited by nobody, not even by the owner of the
    tables (migration 0002): a figure of it is corrected by another that says why.
    """

    code = models.SlugField("code", max_length=40, unique=True)
    nom = models.CharField("nom", max_length=120)
    theme = models.CharField("thème", max_length=20, choices=Theme)
    periode = DateRangeField("saison", help_text="Début inclus, fin exclue.")
    precedente = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="suivantes",
        verbose_name="saison d'avant",
    )
    statut = models.CharField("état", max_length=9, choices=StatutCampagne, default=StatutCampagne.BROUILLON)
    region_code = models.CharField("région", max_length=3, blank=True, help_text="Vide : France entière.")
    description = models.TextField("description", max_length=4000, blank=True)
    partenaires = models.CharField("partenaires", max_length=500, blank=True)
    source = models.CharField("source", max_length=300, blank=True)
    demonstration = models.BooleanField("exemple inventé", default=False)
    close_le = models.DateField("close le", null=True, blank=True)
    cree_le = models.DateTimeField("créée le", default=timezone.now)

    objects = CampagneQuerySet.as_manager()

    class Meta:
        verbose_name = "campagne"
        ordering = ["-periode", "nom", "pk"]
        constraints = [
            models.CheckConstraint(name="campagne_prevention_theme_connu", condition=Q(theme__in=Theme.values)),
            models.CheckConstraint(
                name="campagne_prevention_statut_connu", condition=Q(statut__in=StatutCampagne.values)
            ),
            models.CheckConstraint(
                name="campagne_prevention_bornee",
                condition=Q(
                    periode__isempty=False, periode__startswith__isnull=False, periode__endswith__isnull=False
                ),
                violation_error_message="Une saison a un premier et un dernier jour.",
            ),
            models.CheckConstraint(
                name="campagne_prevention_close_datee",
                condition=~Q(statut="close") | Q(close_le__isnull=False),
                violation_error_message="Une saison close porte le jour de sa clôture.",
            ),
            models.CheckConstraint(name="campagne_prevention_pas_la_sienne", condition=~Q(precedente=F("id"))),
        ]
        indexes = [models.Index(fields=["statut", "theme"], name="campagne_prevention_par_theme")]

    def __str__(self) -> str:
        return self.nom

    def get_absolute_url(self) -> str:
        return reverse("campagne_detail", args=[self.code])

    @property
    def est_close(self) -> bool:
        return self.statut == StatutCampagne.CLOSE


@historise()
class Cible(models.Model):
    """The people that a campaign is for, and what their number is: a rate without it says nothing.

    `code` is the same from a season to the next. `denominateur` says who is counted, `source` and `millesime` where
    the number comes from. `annees`: years that the rate covers (2 for a biennial screening).
    """

    campagne = models.ForeignKey(Campagne, on_delete=models.PROTECT, related_name="cibles", verbose_name="campagne")
    code = models.SlugField("code", max_length=30)
    libelle = models.CharField("public visé", max_length=160)
    rang = models.PositiveSmallIntegerField("rang", default=1)
    age_min = models.PositiveSmallIntegerField("âge minimum", null=True, blank=True)
    age_max = models.PositiveSmallIntegerField("âge maximum", null=True, blank=True, help_text="Inclus.")
    sexe = models.CharField("sexe", max_length=1, choices=Sexe, blank=True)
    formule = models.CharField("formule", max_length=13, choices=Formule)
    annees = models.PositiveSmallIntegerField("années couvertes par le taux", default=1)
    numerateur = models.CharField("ce qui est compté", max_length=300)
    denominateur = models.CharField("population visée", max_length=300, help_text="Qui est compté au dénominateur.")
    exclusions = models.CharField("exclusions", max_length=300, blank=True, help_text="Retirées du dénominateur.")
    source = models.CharField("source de la population visée", max_length=300)
    millesime = models.CharField("millésime", max_length=30)

    objects = DeCampagneQuerySet.as_manager()

    class Meta:
        verbose_name = "population cible"
        verbose_name_plural = "populations cibles"
        ordering = ["campagne", "rang", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["campagne", "code"],
                name="cible_une_par_code",
                violation_error_message="Cette campagne a déjà une cible de ce code.",
            ),
            models.CheckConstraint(name="cible_formule_connue", condition=Q(formule__in=Formule.values)),
            models.CheckConstraint(
                name="cible_ages_ordonnes",
                condition=Q(age_min__isnull=True) | Q(age_max__isnull=True) | Q(age_min__lte=F("age_max")),
                violation_error_message="L'âge minimum dépasse l'âge maximum.",
            ),
            models.CheckConstraint(name="cible_annees", condition=Q(annees__range=(1, 10))),
        ]

    def __str__(self) -> str:
        return self.libelle


@historise()
class Objectif(models.Model):
    """The rate that a territory aims at, with where that comes from. Percent."""

    campagne = models.ForeignKey(Campagne, on_delete=models.PROTECT, related_name="objectifs", verbose_name="campagne")
    cible = models.ForeignKey(
        Cible, on_delete=models.PROTECT, related_name="objectifs", verbose_name="population cible"
    )
    territoire_type = models.CharField("territoire", max_length=11, choices=NiveauTerritoire)
    territoire_code = models.CharField("code du territoire", max_length=20)
    taux = models.DecimalField("objectif (%)", max_digits=5, decimal_places=2)
    source = models.CharField("source", max_length=300)
    demonstration = models.BooleanField("exemple inventé", default=False)

    objects = DeCampagneQuerySet.as_manager()

    class Meta:
        verbose_name = "objectif"
        ordering = ["campagne", "cible", "territoire_type", "territoire_code"]
        constraints = [
            models.UniqueConstraint(
                fields=["cible", "territoire_type", "territoire_code"],
                name="objectif_un_par_territoire",
                violation_error_message="Ce territoire a déjà un objectif pour cette cible.",
            ),
            models.CheckConstraint(
                name="objectif_taux_possible",
                condition=Q(taux__gt=0, taux__lte=100),
                violation_error_message="Un objectif est un taux entre 0 et 100 %.",
            ),
        ]

    def __str__(self) -> str:
        return f"Objectif {self.pk}"
