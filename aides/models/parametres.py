"""What each région sets within a national scheme, and the archive of the rules read."""

from collections.abc import Collection

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from aides.regles.parametres import PARAMETRES
from zonage.models import Region


class StatutParametre(models.TextChoices):
    BROUILLON = "brouillon", "Brouillon"
    PROPOSE = "propose", "Proposé"
    VALIDE = "valide", "Validé"
    ECARTE = "ecarte", "Écarté"


class ParametreRegional(models.Model):
    """The value that a région gives to a parameter over a period, by virtue of a text.

    Two persons: one proposes, another validates. A validated row is never edited: the next one closes its period.
    """

    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", verbose_name="région")
    code = models.CharField("paramètre", max_length=40)
    valeur = models.DecimalField("valeur (€)", max_digits=10, decimal_places=2, validators=[MinValueValidator(0)])
    periode = DateRangeField("période", help_text="Début inclus, fin exclue. Sans fin : encore en vigueur.")
    reference = models.CharField("référence", max_length=300, help_text="Le texte régional qui fixe cette valeur.")
    verifie_le = models.DateField("vérifié le", help_text="Le jour où ce texte a été lu.")
    statut = models.CharField(
        "statut", max_length=10, choices=StatutParametre, default=StatutParametre.BROUILLON, editable=False
    )
    propose_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="proposé par",
    )
    valide_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="validé par",
    )
    valide_le = models.DateTimeField("validé le", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "paramètre régional"
        verbose_name_plural = "paramètres régionaux"
        ordering = ["region", "code", "-pk"]
        constraints = [
            models.CheckConstraint(name="parametreregional_statut", condition=Q(statut__in=StatutParametre.values)),
            models.CheckConstraint(name="parametreregional_valeur", condition=Q(valeur__gte=0)),
            models.CheckConstraint(name="parametreregional_periode", condition=Q(periode__isempty=False)),
            models.CheckConstraint(
                name="parametreregional_deux_personnes",
                condition=~Q(statut=StatutParametre.VALIDE)
                | Q(propose_par__isnull=False) & Q(valide_par__isnull=False) & ~Q(propose_par=F("valide_par")),
                violation_error_message="La personne qui valide n'est pas celle qui a proposé.",
            ),
            ExclusionConstraint(
                name="parametreregional_un_par_jour",
                expressions=[
                    ("region", RangeOperators.EQUAL),
                    ("code", RangeOperators.EQUAL),
                    ("periode", RangeOperators.OVERLAPS),
                ],
                condition=Q(statut=StatutParametre.VALIDE),
                violation_error_message="Ce paramètre a déjà une valeur validée sur une partie de la période.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.libelle}, région {self.region_id}"

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """A form leaves `statut` out, which the constraints read: it is never left out of them."""
        super().validate_constraints(exclude=set(exclude or ()) - {"statut", "propose_par", "valide_par"})

    @property
    def libelle(self) -> str:
        return PARAMETRES.get(self.code, self.code)


class ArchiveRegle(models.Model):
    """The text of a scheme as it was read once. The key is its digest: a receipt names it, and loads it again."""

    empreinte = models.CharField("empreinte SHA-256", max_length=64, primary_key=True)
    code = models.CharField("dispositif", max_length=60, db_index=True)
    texte = models.TextField("texte")
    vue_le = models.DateTimeField("vue le", default=timezone.now)

    class Meta:
        verbose_name = "règle archivée"
        verbose_name_plural = "règles archivées"
        ordering = ["code", "-vue_le", "empreinte"]
        constraints = [
            models.CheckConstraint(name="archiveregle_empreinte", condition=Q(empreinte__regex=r"^[0-9a-f]{64}$"))
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.empreinte[:12]}"
