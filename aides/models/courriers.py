"""Letters sent by the portal, and the texts that each région puts in them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from aides.models.dossiers import Demande
from aides.querysets import DuDossierQuerySet
from portal.core.models import Document
from zonage.models import Region


class TypeCourrier(models.TextChoices):
    ACCUSE = "accuse", "Accusé de dépôt"
    CORRECTION = "correction", "Demande de correction"
    DECISION = "decision", "Décision d'accord"
    REFUS = "refus", "Décision de refus"
    CONTRAT = "contrat", "Contrat"
    ATTESTATION = "attestation", "Attestation"
    RESILIATION = "resiliation", "Résiliation"


class ModeleCourrier(models.Model):
    """What a région writes in a type of letter, from a day on: plain text with fixed placeholders, no engine."""

    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", verbose_name="région")
    type = models.CharField("type", max_length=12, choices=TypeCourrier)
    a_partir_du = models.DateField("à partir du")
    expediteur = models.CharField("expéditeur", max_length=200)
    adresse = models.TextField("adresse")
    introduction = models.TextField("introduction", blank=True)
    recours = models.TextField("voies et délais de recours", blank=True)
    signataire = models.CharField("signataire", max_length=200)

    class Meta:
        verbose_name = "modèle de courrier"
        verbose_name_plural = "modèles de courrier"
        ordering = ["region", "type", "-a_partir_du"]
        constraints = [
            models.UniqueConstraint(fields=["region", "type", "a_partir_du"], name="modelecourrier_unique"),
            models.CheckConstraint(name="modelecourrier_type_connu", condition=Q(type__in=TypeCourrier.values)),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()}, région {self.region_id}"


class Courrier(models.Model):
    """A numbered letter. `document` NULL: decided, its PDF is still to be made by a task, which tries again.

    `code` lets anybody who holds the letter check that it is the portal's, and that it was not replaced.
    """

    demande = models.ForeignKey(Demande, on_delete=models.PROTECT, related_name="courriers")
    type = models.CharField("type", max_length=12, choices=TypeCourrier)
    numero = models.CharField("numéro", max_length=30, unique=True)
    code = models.CharField("code de vérification", max_length=20, unique=True)
    donnees = models.JSONField("contenu", default=dict)
    document = models.OneToOneField(Document, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    cree_le = models.DateTimeField("créé le", default=timezone.now)
    cree_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    annule_le = models.DateTimeField("annulé le", null=True, blank=True)

    objects = DuDossierQuerySet.as_manager()

    class Meta:
        verbose_name = "courrier"
        ordering = ["-cree_le", "-pk"]
        constraints = [
            models.CheckConstraint(name="courrier_type_connu", condition=Q(type__in=TypeCourrier.values)),
        ]

    def __str__(self) -> str:
        return f"Courrier {self.numero}"
