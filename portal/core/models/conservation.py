"""How long data is kept, who asked for theirs to go, and what was erased: rows that name nobody (docs/adr/0160)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.core.models.documents import Document


class DureeConservation(models.Model):
    """The duration that the controller fixed for a category. Without a row, the category is never purged."""

    categorie = models.CharField("catégorie", max_length=40, primary_key=True)
    jours = models.PositiveIntegerField("durée, en jours", help_text="De 1 jour à 50 ans (18 263 jours).")
    reference = models.CharField(
        "référence",
        max_length=300,
        help_text="Le texte ou la décision qui fixe cette durée : elle est montrée au public.",
    )
    fixee_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="fixée par"
    )
    fixee_le = models.DateTimeField("fixée le", default=timezone.now)

    class Meta:
        verbose_name = "durée de conservation"
        verbose_name_plural = "durées de conservation"
        ordering = ["categorie"]
        constraints = [
            models.CheckConstraint(name="dureeconservation_bornee", condition=Q(jours__gte=1, jours__lte=18263)),
            models.CheckConstraint(name="dureeconservation_motivee", condition=~Q(reference="")),
        ]

    def __str__(self) -> str:
        return f"{self.categorie} : {self.jours} jours"


class GelConservation(models.Model):
    """Something that nothing erases while it stands (a litigation): `objet` is « aides.demande:<key> »."""

    objet = models.CharField("objet", max_length=80)
    motif = models.CharField(
        "motif", max_length=300, help_text="Sans nom de personne : « recours devant le tribunal »."
    )
    pose_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="posé par"
    )
    pose_le = models.DateTimeField("posé le", default=timezone.now)
    leve_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name="levé par",
    )
    leve_le = models.DateTimeField("levé le", null=True, blank=True)

    class Meta:
        verbose_name = "gel"
        verbose_name_plural = "gels"
        ordering = ["-pose_le", "-pk"]
        constraints = [
            models.UniqueConstraint(name="gelconservation_un", fields=["objet"], condition=Q(leve_le__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"Gel {self.pk}"


class Preavis(models.Model):
    """Somebody was told that something of theirs goes in thirty days. `envoye_le` NULL: not told yet."""

    categorie = models.CharField("catégorie", max_length=40)
    objet = models.CharField("objet", max_length=80)
    titulaire = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    depuis = models.DateTimeField("compté depuis")
    cree_le = models.DateTimeField("décidé le", default=timezone.now)
    envoye_le = models.DateTimeField("envoyé le", null=True, blank=True)
    sans_adresse = models.BooleanField("sans adresse électronique", default=False)

    class Meta:
        verbose_name = "préavis"
        verbose_name_plural = "préavis"
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(name="preavis_un", fields=["categorie", "objet", "depuis"])]

    def __str__(self) -> str:
        return f"Préavis {self.pk} ({self.categorie})"


class PassageConservation(models.Model):
    """One purge of one category: how many rows went, table by table. Written slice after slice."""

    categorie = models.CharField("catégorie", max_length=40)
    commence_le = models.DateTimeField("commencé le", default=timezone.now)
    termine_le = models.DateTimeField("terminé le", null=True, blank=True)
    objets = models.PositiveIntegerField("objets", default=0)
    comptes = models.JSONField("lignes par table", default=dict)

    class Meta:
        verbose_name = "passage"
        ordering = ["-commence_le", "-pk"]

    def __str__(self) -> str:
        return f"Passage {self.pk} ({self.categorie})"


class StatutEffacement(models.TextChoices):
    DEMANDE = "demande", "Demandé"
    REFUSE = "refuse", "Refusé"
    EXECUTE = "execute", "Exécuté"
    COMPLETE = "complete", "Exécuté, puis complété"


class Effacement(models.Model):
    """Somebody asks to be erased (RGPD, art. 17). `bilan`: rows by table; `retenues`: what stays, why, until when.

    `empreinte` is the SHA-256 of the certificate: counts and dates, never a datum.
    """

    titulaire = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="compte"
    )
    statut = models.CharField("état", max_length=8, choices=StatutEffacement, default=StatutEffacement.DEMANDE)
    demande_le = models.DateTimeField("demandé le", default=timezone.now)
    enregistre_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="enregistré par"
    )
    motif = models.CharField("motif du refus", max_length=1000, blank=True)
    bilan = models.JSONField("lignes par table", default=dict, blank=True)
    retenues = models.JSONField("ce qui reste", default=list, blank=True)
    execute_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name="traité par",
    )
    execute_le = models.DateTimeField("traité le", null=True, blank=True)
    empreinte = models.CharField("empreinte du certificat", max_length=64, blank=True)

    class Meta:
        verbose_name = "effacement"
        ordering = ["-demande_le", "-pk"]
        constraints = [
            models.UniqueConstraint(name="effacement_un", fields=["titulaire"], condition=Q(statut="demande")),
            models.CheckConstraint(
                name="effacement_traite",
                condition=Q(statut="demande", execute_le__isnull=True)
                | Q(statut="refuse", execute_le__isnull=False) & ~Q(motif="")
                | Q(statut__in=["execute", "complete"], execute_le__isnull=False) & ~Q(empreinte=""),
            ),
        ]

    def __str__(self) -> str:
        return f"Effacement {self.pk}"


class ExportDonnees(models.Model):
    """Somebody asks for a copy of their data (RGPD, art. 15 and 20): a ZIP made by a task, given once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    titulaire = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    demande_le = models.DateTimeField("demandé le", default=timezone.now)
    pret_le = models.DateTimeField("prêt le", null=True, blank=True)
    telecharge_le = models.DateTimeField("téléchargé le", null=True, blank=True)
    document = models.OneToOneField(Document, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "export de données"
        verbose_name_plural = "exports de données"
        ordering = ["-demande_le", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="exportdonnees_un",
                fields=["titulaire"],
                condition=Q(pret_le__isnull=True, telecharge_le__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"Export {self.pk}"
