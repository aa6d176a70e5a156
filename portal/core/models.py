"""Rows that any app may write: the runs of imports."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class StatutImport(models.TextChoices):
    REUSSI = "reussi", "Réussi"
    REFUSE = "refuse", "Refusé"
    REPETITION = "repetition", "Répétition (rien n'est écrit)"


class ImportRun(models.Model):
    """One reading of an official file: what was read, what was written, what was refused and why.

    A refused run keeps its report; its rows were never written. `rapport` is a list of
    {"ligne": int | None, "colonne": str, "gravite": "erreur" | "avertissement", "message": str}, bounded by the writer.
    """

    source = models.CharField("source", max_length=60)
    fichier = models.CharField("fichier", max_length=200, help_text="Nom du fichier, sans son dossier.")
    empreinte = models.CharField("empreinte SHA-256", max_length=64)
    statut = models.CharField("statut", max_length=12, choices=StatutImport)
    millesime = models.CharField("millésime", max_length=30, blank=True)
    lignes_lues = models.PositiveIntegerField("lignes lues", default=0)
    lignes_ecrites = models.PositiveIntegerField("lignes écrites", default=0)
    rapport = models.JSONField("rapport", default=list, blank=True)
    auteur = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="auteur"
    )
    commence_le = models.DateTimeField("commencé le")
    termine_le = models.DateTimeField("terminé le")

    class Meta:
        verbose_name = "import"
        ordering = ["-commence_le", "-pk"]
        constraints = [
            models.CheckConstraint(name="importrun_statut_connu", condition=Q(statut__in=StatutImport.values)),
            models.CheckConstraint(
                name="importrun_refuse_sans_ecriture", condition=Q(statut=StatutImport.REUSSI) | Q(lignes_ecrites=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} : {self.fichier}"
