"""Letters sent by the portal, and the texts that each région puts in them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from aides.models.dossiers import ActeDossier, Demande
from aides.querysets import DuDossierQuerySet
from portal.core.models import Document
from zonage.models import Region

GUICHETS = [("ars", "Agence régionale de santé (ARS)"), ("cpam", "Caisse primaire d'assurance maladie (CPAM)")]


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
    guichet = models.CharField("qui écrit", max_length=14, choices=GUICHETS, default="ars")
    type = models.CharField("type", max_length=12, choices=TypeCourrier)
    a_partir_du = models.DateField("à partir du")
    expediteur = models.CharField("expéditeur", max_length=200)
    adresse = models.TextField("adresse", max_length=400)
    contact = models.CharField("contact", max_length=200, blank=True)
    introduction = models.TextField("introduction", blank=True, max_length=4000)
    recours = models.TextField("voies et délais de recours", blank=True, max_length=4000)
    signataire = models.CharField("signataire", max_length=200)

    class Meta:
        verbose_name = "modèle de courrier"
        verbose_name_plural = "modèles de courrier"
        ordering = ["region", "guichet", "type", "-a_partir_du"]
        constraints = [
            models.UniqueConstraint(
                fields=["region", "guichet", "type", "a_partir_du"],
                name="modelecourrier_unique",
                violation_error_message="Cette région a déjà un modèle de ce type à partir de ce jour.",
            ),
            models.CheckConstraint(name="modelecourrier_type_connu", condition=Q(type__in=TypeCourrier.values)),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()}, région {self.region_id}"


class Courrier(models.Model):
    """A numbered letter. `document` NULL: decided, its PDF is still to be made by a task, which tries again.

    `donnees` is the whole text, frozen when the letter was issued. `code` lets anybody who holds the letter check that
    it is the portal's and was not replaced; `empreinte` (SHA-256 of the PDF) that not a byte of it was changed.
    """

    demande = models.ForeignKey(Demande, on_delete=models.PROTECT, related_name="courriers")
    acte = models.ForeignKey(ActeDossier, on_delete=models.PROTECT, null=True, blank=True, related_name="courriers")
    type = models.CharField("type", max_length=12, choices=TypeCourrier)
    numero = models.CharField("numéro", max_length=30, unique=True)
    code = models.CharField("code de vérification", max_length=20, unique=True)
    donnees = models.JSONField("contenu", default=dict)
    document = models.OneToOneField(Document, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    empreinte = models.CharField("empreinte SHA-256", max_length=64, blank=True)
    cree_le = models.DateTimeField("créé le", default=timezone.now)
    cree_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    annule_le = models.DateTimeField("annulé le", null=True, blank=True)
    annule_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    motif_annulation = models.CharField("motif de l'annulation", max_length=300, blank=True)
    remplace_par = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="remplace", verbose_name="remplacé par"
    )

    objects = DuDossierQuerySet.as_manager()

    class Meta:
        verbose_name = "courrier"
        ordering = ["-cree_le", "-pk"]
        constraints = [
            models.CheckConstraint(name="courrier_type_connu", condition=Q(type__in=TypeCourrier.values)),
            models.CheckConstraint(
                name="courrier_annulation_motivee",
                condition=Q(annule_le__isnull=True, remplace_par__isnull=True)
                | Q(annule_le__isnull=False) & ~Q(motif_annulation=""),
                violation_error_message="Un courrier annulé dit pourquoi.",
            ),
            models.CheckConstraint(
                name="courrier_empreinte_du_pdf",
                condition=Q(document__isnull=True) | ~Q(empreinte=""),
            ),
        ]
        indexes = [
            models.Index(fields=["cree_le", "id"], name="courrier_a_generer", condition=Q(document__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"Courrier {self.numero}"


class CompteurCourrier(models.Model):
    """The last rank given to a letter, by région, year and type: numbers without hole, one lock each."""

    region_code = models.CharField("région", max_length=3)
    annee = models.PositiveSmallIntegerField("année")
    type = models.CharField("type", max_length=12, choices=TypeCourrier)
    dernier = models.PositiveIntegerField("dernier rang", default=0)

    class Meta:
        verbose_name = "compteur de courriers"
        verbose_name_plural = "compteurs de courriers"
        ordering = ["region_code", "annee", "type"]
        constraints = [
            models.UniqueConstraint(fields=["region_code", "annee", "type"], name="compteurcourrier_unique")
        ]

    def __str__(self) -> str:
        return f"{self.region_code}-{self.annee} {self.type} : {self.dernier}"
