"""Drafts of arrêtés: the file that one was made from, the rows to mend, and the preview that is published."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.core.models import Execution
from zonage.enums import NatureRejet, SortRejet, StatutFichier, StatutZone
from zonage.models.territoire import Commune
from zonage.models.zonage import Arrete, Niveau


class FichierArrete(models.Model):
    """An official file handed in for a draft: its bytes as received, and what reading it gave.

    The bytes are here and not beside the documents: a file of communes names nobody, and the draft that it makes,
    its rows to mend and its bytes are written or lost together. `motif` says why a file already read is read again.
    """

    arrete = models.ForeignKey(Arrete, on_delete=models.PROTECT, related_name="fichiers", verbose_name="arrêté")
    nom = models.CharField("nom", max_length=100)
    octets = models.BinaryField("octets, compressés")
    taille = models.PositiveIntegerField("taille", help_text="En octets, telle que reçue.")
    empreinte = models.CharField("empreinte SHA-256", max_length=64, db_index=True)
    motif = models.CharField("pourquoi le lire à nouveau", max_length=300, blank=True)
    statut = models.CharField("état", max_length=12, choices=StatutFichier, default=StatutFichier.EN_ATTENTE)
    execution = models.ForeignKey(
        Execution, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="travail"
    )
    erreur = models.CharField("pourquoi il est refusé", max_length=400, blank=True)
    lignes_lues = models.PositiveIntegerField("lignes lues", default=0)
    lignes_retenues = models.PositiveIntegerField("lignes retenues", default=0)
    lignes_ailleurs = models.PositiveIntegerField("lignes d'autres régions", default=0)
    avertissements = models.JSONField("avertissements", default=list, blank=True)
    depose_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="déposé par"
    )
    depose_le = models.DateTimeField("déposé le", default=timezone.now)
    lu_le = models.DateTimeField("lu le", null=True, blank=True)

    class Meta:
        verbose_name = "fichier d'arrêté"
        verbose_name_plural = "fichiers d'arrêtés"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="fichierarrete_statut_connu", condition=Q(statut__in=StatutFichier.values)),
            models.UniqueConstraint(
                fields=["arrete"],
                condition=Q(statut="en_attente"),
                name="fichierarrete_un_a_la_fois",
                violation_error_message="Un import est déjà en cours pour cet arrêté : attendez qu'il se termine.",
            ),
        ]

    def __str__(self) -> str:
        return f"Fichier {self.pk} ({self.get_statut_display()})"


class RejetArrete(models.Model):
    """A row of a file that could not be read as it is: what it said, why, and what somebody made of it.

    `proposition`: the commune of today that took over the code of the row. `classe`: what the row says, read.
    """

    fichier = models.ForeignKey(FichierArrete, on_delete=models.CASCADE, related_name="rejets", verbose_name="fichier")
    ligne = models.PositiveIntegerField("ligne")
    colonne = models.CharField("colonne", max_length=80, blank=True)
    code = models.CharField("code lu", max_length=60, blank=True)
    libelle = models.CharField("libellé lu", max_length=150, blank=True)
    valeur = models.CharField("classe lue", max_length=80, blank=True)
    classe = models.CharField("classe reconnue", max_length=24, blank=True)
    nature = models.CharField("nature", max_length=20, choices=NatureRejet)
    message = models.CharField("pourquoi", max_length=300)
    proposition = models.ForeignKey(
        Commune, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="commune proposée"
    )
    sort = models.CharField("suite", max_length=12, choices=SortRejet, default=SortRejet.A_CORRIGER)
    commune = models.ForeignKey(
        Commune, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="commune retenue"
    )
    motif = models.CharField("motif", max_length=300, blank=True)
    decide_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="décidé par",
    )
    decide_le = models.DateTimeField("décidé le", null=True, blank=True)

    class Meta:
        verbose_name = "ligne rejetée"
        verbose_name_plural = "lignes rejetées"
        ordering = ["ligne", "pk"]
        constraints = [
            models.CheckConstraint(name="rejetarrete_sort_connu", condition=Q(sort__in=SortRejet.values)),
            models.CheckConstraint(
                name="rejetarrete_ecart_motive",
                condition=~Q(sort="ecartee") | ~Q(motif=""),
                violation_error_message="Une ligne écartée l'est avec un motif.",
            ),
        ]
        indexes = [
            models.Index(fields=["fichier", "ligne"], name="rejetarrete_a_corriger", condition=Q(sort="a_corriger"))
        ]

    def __str__(self) -> str:
        return f"Ligne {self.ligne} du fichier {self.fichier_id}"


class ApercuArrete(models.Model):
    """What publishing would change, as computed once: who publishes confirms this very preview.

    `entree` is the digest of what it was computed from (rows of the draft, period, arrêtés already published): the
    publication is refused when it is no longer the same. `contenu`: zonage.services.apercu_arrete.
    """

    arrete = models.OneToOneField(Arrete, on_delete=models.PROTECT, related_name="apercu", verbose_name="arrêté")
    entree = models.CharField("empreinte de ce qui a été lu", max_length=64)
    contenu = models.JSONField("contenu", default=dict)
    calcule_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="calculé par"
    )
    calcule_le = models.DateTimeField("calculé le", default=timezone.now)

    class Meta:
        verbose_name = "aperçu d'arrêté"
        verbose_name_plural = "aperçus d'arrêtés"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"Aperçu de l'arrêté {self.arrete_id}"


CLASSES_SANS_NIVEAU = {StatutZone.ADRESSE_REQUISE.value, StatutZone.INCONNU.value}


def split_classe(classe: str) -> tuple[str, str | None]:
    """(statut, niveau) of a class: a niveau, or one of the two readings without one."""
    return (classe, None) if classe in CLASSES_SANS_NIVEAU else (StatutZone.CONNU.value, classe)


def list_niveaux(profession: str) -> list[Niveau]:
    """The niveaux that an arrêté of this profession may give, the most under-served first."""
    famille = "medecin" if profession == "medecin" else "autres"
    return list(Niveau.objects.filter(famille=famille).order_by("rang", "code")[:50])
