"""In whose name somebody acts: organisations, and the mandats that they give over a perimeter and a period."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q

from portal.accounts.enums import Role, TypeOrganisation, TypePerimetre
from portal.accounts.querysets import MandatQuerySet, OrganisationQuerySet
from portal.core.historique import historise


@historise()
class Organisation(models.Model):
    """`code`: SIRET, FINESS or the number of a CPTS; empty when it has none. Codes of territory are INSEE's."""

    type = models.CharField("type", max_length=14, choices=TypeOrganisation)
    nom = models.CharField("nom", max_length=160)
    code = models.CharField("code", max_length=20, blank=True)
    region_code = models.CharField("région", max_length=3, blank=True)
    departement_code = models.CharField("département", max_length=3, blank=True)
    courriel = models.EmailField("courriel de contact", blank=True)
    active = models.BooleanField("active", default=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = "organisation"
        ordering = ["type", "nom", "pk"]
        constraints = [
            models.CheckConstraint(name="organisation_type_connu", condition=Q(type__in=TypeOrganisation.values)),
            models.UniqueConstraint(fields=["type", "code"], condition=~Q(code=""), name="organisation_code_unique"),
        ]

    def __str__(self) -> str:
        return self.nom


@historise()
class Mandat(models.Model):
    """A person, in the name of an organisation, with a role, over a perimeter, for a period (end excluded)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="mandats")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="mandats")
    role = models.CharField("rôle", max_length=20, choices=Role)
    perimetre = models.CharField("périmètre", max_length=12, choices=TypePerimetre)
    perimetre_code = models.CharField("code du périmètre", max_length=20, blank=True)
    periode = DateRangeField("période", help_text="Début inclus, fin exclue. Sans fin : encore en vigueur.")
    accorde_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = MandatQuerySet.as_manager()

    class Meta:
        verbose_name = "mandat"
        ordering = ["user", "organisation", "role", "pk"]
        constraints = [
            models.CheckConstraint(name="mandat_role_connu", condition=Q(role__in=Role.values)),
            models.CheckConstraint(name="mandat_periode_non_vide", condition=Q(periode__isempty=False)),
            models.CheckConstraint(
                name="mandat_perimetre_code",
                condition=Q(perimetre="national", perimetre_code="")
                | ~Q(perimetre="national") & ~Q(perimetre_code=""),
                violation_error_message="Un périmètre national n'a pas de code ; les autres en ont un.",
            ),
            models.CheckConstraint(
                name="mandat_cpts_pour_coordinateur",
                condition=Q(role="coordinateur_cpts", perimetre="cpts")
                | ~Q(role="coordinateur_cpts") & ~Q(perimetre="cpts"),
                violation_error_message="Le périmètre d'une coordination est une CPTS, et d'elle seule.",
            ),
            ExclusionConstraint(
                name="mandat_une_fois_par_jour",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("organisation", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    ("perimetre", RangeOperators.EQUAL),
                    ("perimetre_code", RangeOperators.EQUAL),
                    ("periode", RangeOperators.OVERLAPS),
                ],
                violation_error_message="Cette personne a déjà ce mandat sur une partie de la période.",
            ),
        ]

    def __str__(self) -> str:
        return f"Mandat {self.pk} ({self.get_role_display()})"

    @property
    def cle(self) -> str:
        """« national », « region:27 », « departement:71 », « cpts:… »."""
        return (
            self.perimetre if self.perimetre == TypePerimetre.NATIONAL else f"{self.perimetre}:{self.perimetre_code}"
        )
