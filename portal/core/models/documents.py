"""Files that people hand in or that the portal writes: their bytes are elsewhere, their state is here."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.core.querysets import DocumentQuerySet


class StatutAnalyse(models.TextChoices):
    """What the antivirus said. « Non analysé »: no antivirus is set, agents alone may download (a setting)."""

    EN_ATTENTE = "en_attente", "En attente d'analyse"
    SAIN = "sain", "Sain"
    INFECTE = "infecte", "Infecté"
    NON_ANALYSE = "non_analyse", "Non analysé"


class Document(models.Model):
    """A file: its name as it may be shown, its real type, its digest, where its bytes are, what the antivirus said.

    `cle` is drawn at random: nothing of what the person typed is in a path. Who may read it is told by the app that
    holds it; `proprietaire`, `region_code`, `departement_code`, `guichet` and
    `perimetre` (whose coordinators share it) repeat that for row level security.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    nom = models.CharField("nom", max_length=100)
    type_mime = models.CharField("type", max_length=60)
    taille = models.PositiveIntegerField("taille", help_text="En octets.")
    empreinte = models.CharField("empreinte SHA-256", max_length=64)
    cle = models.CharField("clé de rangement", max_length=120, unique=True)
    statut = models.CharField("analyse", max_length=12, choices=StatutAnalyse, default=StatutAnalyse.EN_ATTENTE)
    analyse_le = models.DateTimeField("analysé le", null=True, blank=True)
    produit = models.BooleanField("produit par le portail", default=False)
    proprietaire = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    region_code = models.CharField("région", max_length=3, blank=True)
    departement_code = models.CharField("département", max_length=3, blank=True)
    guichet = models.CharField("guichet", max_length=14, blank=True)
    perimetre = models.CharField(
        "périmètre", max_length=30, blank=True, default="", db_default="", help_text="« cpts:71-chalonnais » : à tous."
    )
    depose_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    depose_le = models.DateTimeField("déposé le", default=timezone.now)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = "document"
        ordering = ["-depose_le", "id"]
        constraints = [
            models.CheckConstraint(name="document_statut_connu", condition=Q(statut__in=StatutAnalyse.values)),
        ]
        indexes = [models.Index(fields=["depose_le"], name="document_a_analyser", condition=Q(statut="en_attente"))]

    def __str__(self) -> str:
        return f"Document {self.pk}"
