"""A CPTS, the steps of its life, and its dated perimeters."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.core.validators import URLValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from cpts.enums import ActionCpts, NaturePieceCpts, StatutCpts, StatutPerimetre
from cpts.querysets import CptsQuerySet, DeCptsQuerySet
from portal.accounts.models import Organisation
from portal.core.historique import historise
from portal.core.models import Document
from zonage.models import Commune


@historise()
class Cpts(models.Model):
    """`code` is chosen at the creation and never changes: it is the perimeter of the mandats of its coordinators.

    `region_code` and `departement_code` say who instructs it; its communes may be of several départements.
    `demonstration`: invented, said so wherever it is shown.
    """

    code = models.CharField("code", max_length=20, primary_key=True)
    nom = models.CharField("nom", max_length=160)
    organisation = models.OneToOneField(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="cpts", verbose_name="organisation"
    )
    region_code = models.CharField("région", max_length=3)
    departement_code = models.CharField("département", max_length=3)
    siege = models.ForeignKey(
        Commune, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="commune du siège"
    )
    finess = models.CharField("FINESS", max_length=9, blank=True)
    site_web = models.CharField("site", max_length=200, blank=True, validators=[URLValidator(["https", "http"])])
    courriel = models.EmailField("courriel public", blank=True)
    telephone = models.CharField("téléphone public", max_length=20, blank=True)
    statut = models.CharField("état", max_length=18, choices=StatutCpts, default=StatutCpts.EMERGENCE)
    aci_signe_le = models.DateField("ACI signé le", null=True, blank=True)
    aci_fin_le = models.DateField("terme de l'ACI", null=True, blank=True, help_text="Premier jour sans contrat.")
    demonstration = models.BooleanField("exemple inventé", default=False)
    version = models.PositiveIntegerField("version", default=0)
    cree_le = models.DateTimeField("créée le", default=timezone.now)

    objects = CptsQuerySet.as_manager()

    class Meta:
        verbose_name = "CPTS"
        verbose_name_plural = "CPTS"
        ordering = ["nom", "code"]
        constraints = [
            models.CheckConstraint(
                name="cpts_code_bien_forme",
                condition=Q(code__regex=r"^[a-z0-9][a-z0-9-]{1,19}$"),
                violation_error_message="De 2 à 20 minuscules, chiffres ou tirets, par exemple 71-chalonnais.",
            ),
            models.CheckConstraint(name="cpts_statut_connu", condition=Q(statut__in=StatutCpts.values)),
            models.CheckConstraint(
                name="cpts_aci_date",
                condition=~Q(statut__in=[StatutCpts.ACI_SIGNE, StatutCpts.RESILIE]) | Q(aci_signe_le__isnull=False),
                violation_error_message="Un ACI signé a une date de signature.",
            ),
        ]
        indexes = [models.Index(fields=["region_code", "statut"], name="cpts_par_region")]

    def __str__(self) -> str:
        return self.nom


class DeCpts(models.Model):
    """A row that belongs to a CPTS: read by its coordinators and by the agents of its territory (`for_user`)."""

    cpts = models.ForeignKey(Cpts, on_delete=models.PROTECT, related_name="%(class)ss", verbose_name="CPTS")

    objects = DeCptsQuerySet.as_manager()

    class Meta:
        abstract = True


class ActeCpts(DeCpts):
    """One step or act of the life of a CPTS. `date_acte` is the day on the paper, `survenu_le` when it was entered.

    `decide_par`: the bodies that decided, as written (« ARS et CPAM, courrier conjoint »), never a person.
    """

    action = models.CharField("acte", max_length=30, choices=ActionCpts)
    source = models.CharField("état avant", max_length=18, choices=StatutCpts, blank=True)
    cible = models.CharField("état après", max_length=18, choices=StatutCpts)
    date_acte = models.DateField("date de l'acte")
    survenu_le = models.DateTimeField("enregistré le", default=timezone.now)
    auteur = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decide_par = models.CharField("décidé par", max_length=160, blank=True)
    commentaire = models.TextField("commentaire", max_length=2000, blank=True)

    class Meta:
        verbose_name = "acte d'une CPTS"
        verbose_name_plural = "actes d'une CPTS"
        ordering = ["cpts", "survenu_le", "pk"]

    def __str__(self) -> str:
        return f"Acte {self.pk}"


class PieceCpts(DeCpts):
    """A document of a CPTS, of a step (`acte`) or of none yet."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    acte = models.ForeignKey(ActeCpts, on_delete=models.PROTECT, null=True, blank=True, related_name="pieces")
    nature = models.CharField("nature", max_length=30, choices=NaturePieceCpts)
    libelle = models.CharField("libellé", max_length=160, blank=True)
    depose_le = models.DateTimeField("déposé le", default=timezone.now)

    class Meta:
        verbose_name = "pièce d'une CPTS"
        verbose_name_plural = "pièces d'une CPTS"
        ordering = ["cpts", "-depose_le", "pk"]

    def __str__(self) -> str:
        return f"Pièce {self.pk}"


@historise()
class Perimetre(DeCpts):
    """A set of communes: in force over `periode` once approved; old ones are kept, closed by the day of the next.

    `population` is municipal, frozen at the approval with its vintage; `taille` is that of the ACI (1 to 4).
    """

    statut = models.CharField("état", max_length=9, choices=StatutPerimetre, default=StatutPerimetre.BROUILLON)
    periode = DateRangeField("période", null=True, blank=True)
    effet_le = models.DateField("prend effet le", null=True, blank=True)
    motif = models.CharField("motif", max_length=500, blank=True)
    cree_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    cree_le = models.DateTimeField("créé le", default=timezone.now)
    soumis_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    soumis_le = models.DateTimeField("soumis le", null=True, blank=True)
    decide_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decide_le = models.DateTimeField("décidé le", null=True, blank=True)
    commentaire = models.CharField("réponse de l'ARS", max_length=1000, blank=True)
    population = models.PositiveIntegerField("population", null=True, blank=True)
    millesime_population = models.PositiveSmallIntegerField("millésime", null=True, blank=True)
    taille = models.PositiveSmallIntegerField("taille ACI", null=True, blank=True)
    source = models.CharField("source", max_length=160, blank=True)
    version = models.PositiveIntegerField("version", default=0)
    communes: "models.ManyToManyField[Commune, CommunePerimetre]" = models.ManyToManyField(
        Commune, through="CommunePerimetre", related_name="+", verbose_name="communes"
    )

    class Meta:
        verbose_name = "périmètre"
        ordering = ["cpts", "-cree_le", "pk"]
        constraints = [
            models.CheckConstraint(name="perimetre_statut_connu", condition=Q(statut__in=StatutPerimetre.values)),
            models.CheckConstraint(
                name="perimetre_approuve_date",
                condition=~Q(statut="approuve") | Q(periode__isnull=False, periode__isempty=False),
                violation_error_message="Un périmètre approuvé a un premier jour.",
            ),
            ExclusionConstraint(
                name="perimetre_un_par_jour",
                expressions=[("cpts", RangeOperators.EQUAL), ("periode", RangeOperators.OVERLAPS)],
                condition=Q(statut="approuve"),
                violation_error_message="Cette CPTS a déjà un périmètre approuvé sur une partie de la période.",
            ),
            models.UniqueConstraint(
                fields=["cpts"],
                condition=Q(statut="soumis"),
                name="perimetre_un_soumis",
                violation_error_message="Un périmètre de cette CPTS attend déjà la réponse de l'ARS.",
            ),
            models.CheckConstraint(
                name="perimetre_deux_personnes",
                condition=~Q(decide_par=F("soumis_par")),
                violation_error_message="Qui a soumis un périmètre n'y répond pas.",
            ),
        ]

    def __str__(self) -> str:
        return f"Périmètre {self.pk}"


class CommunePerimetre(models.Model):
    """A commune, or an arrondissement of Paris, Lyon or Marseille."""

    perimetre = models.ForeignKey(Perimetre, on_delete=models.CASCADE, related_name="lignes")
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="perimetres")

    class Meta:
        verbose_name = "commune d'un périmètre"
        verbose_name_plural = "communes d'un périmètre"
        ordering = ["perimetre", "commune"]
        constraints = [models.UniqueConstraint(fields=["perimetre", "commune"], name="communeperimetre_unique")]

    def __str__(self) -> str:
        return f"{self.perimetre_id}, {self.commune_id}"
