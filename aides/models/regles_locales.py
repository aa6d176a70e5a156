"""Local schemes: drafts, proposals, validated versions; never edited in place."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from aides.enums import StatutRedaction
from aides.regles.canonique import digest, dump_canonique, parse_json

DECIDEES = (StatutRedaction.VALIDEE, StatutRedaction.REMPLACEE, StatutRedaction.RETIREE)


class DispositifLocal(models.Model):
    """A scheme of a département, of an EPCI, of a région or of some communes. Its rule is in its rédactions.

    `nom` and `perimetre` repeat the last rédaction written, for the lists of the administration.
    """

    code = models.CharField("code", max_length=60, unique=True)
    nom = models.CharField("nom", max_length=900)
    perimetre = ArrayField(models.CharField(max_length=30), default=list, blank=True, verbose_name="territoire")
    cree_le = models.DateTimeField("créé le", default=timezone.now)

    class Meta:
        verbose_name = "dispositif local"
        verbose_name_plural = "dispositifs locaux"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="dispositiflocal_code",
                condition=Q(code__regex=r"^[a-z][a-z0-9_]{2,59}$"),
                violation_error_message="Le code a des minuscules sans accent, des chiffres et des tirets bas.",
            )
        ]

    def __str__(self) -> str:
        return self.code


class RedactionLocale(models.Model):
    """One whole text of a local scheme, with all its dated versions, as a YAML file has them.

    `contenu` is canonical JSON (`aides.regles.canonique`) and `empreinte` its SHA-256: the database checks it, refuses
    any change of a text that left the draft, and lets `statut` move only along `TRANSITIONS_REDACTION`.
    `motif_passe` is required when the text changes the law of days already past; `motif_decision` when it is refused
    or withdrawn. `valide_le` to `clos_le`: while the portal showed it.
    """

    dispositif = models.ForeignKey(
        DispositifLocal, on_delete=models.PROTECT, related_name="redactions", verbose_name="dispositif"
    )
    numero = models.PositiveSmallIntegerField("numéro")
    contenu = models.TextField("règle (JSON)")
    empreinte = models.CharField("empreinte SHA-256", max_length=64)
    statut = models.CharField(
        "statut", max_length=10, choices=StatutRedaction, default=StatutRedaction.BROUILLON, editable=False
    )
    auteur = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="rédigée par"
    )
    propose_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="proposée par",
    )
    valide_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="validée par",
    )
    motif_passe = models.CharField("pourquoi le passé change", max_length=500, blank=True)
    motif_decision = models.CharField("motif de la décision", max_length=500, blank=True)
    cree_le = models.DateTimeField("créée le", default=timezone.now)
    propose_le = models.DateTimeField("proposée le", null=True, blank=True)
    valide_le = models.DateTimeField("validée le", null=True, blank=True)
    clos_le = models.DateTimeField("remplacée ou retirée le", null=True, blank=True)

    class Meta:
        verbose_name = "règle locale"
        verbose_name_plural = "règles locales"
        ordering = ["dispositif__code", "-numero"]
        permissions = [("validate_redactionlocale", "Peut valider, refuser ou retirer une règle locale")]
        constraints = [
            models.UniqueConstraint(fields=["dispositif", "numero"], name="redactionlocale_numero"),
            models.UniqueConstraint(
                fields=["dispositif"], name="redactionlocale_une_validee", condition=Q(statut="validee")
            ),
            models.CheckConstraint(name="redactionlocale_statut", condition=Q(statut__in=StatutRedaction.values)),
            models.CheckConstraint(
                name="redactionlocale_deux_personnes",
                condition=Q(valide_par__isnull=True) | ~Q(valide_par=F("propose_par")),
                violation_error_message="La personne qui valide n'est pas celle qui a proposé.",
            ),
            models.CheckConstraint(
                name="redactionlocale_validee_par_quelqu_un",
                condition=~Q(statut__in=DECIDEES)
                | Q(propose_par__isnull=False, valide_par__isnull=False, valide_le__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="redactionlocale_publiees", condition=Q(statut="validee")),
        ]

    def __str__(self) -> str:
        return f"rédaction {self.numero}"

    @property
    def brut(self) -> Any:
        """The rule as data. Raises RegleInvalide on a text that is not JSON."""
        return parse_json(self.contenu)

    def write(self, brut: Any) -> None:
        """Set the text and its digest; nothing is saved."""
        self.contenu = dump_canonique(brut)
        self.empreinte = digest(self.contenu)
