"""Rows that any app may write: the runs of imports and the journal of acts."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class StatutImport(models.TextChoices):
    REUSSI = "reussi", "Réussi"
    REFUSE = "refuse", "Refusé"
    REPETITION = "repetition", "Répétition (rien n'est écrit)"


class ImportRun(models.Model):
    """One reading of an official file: what was read, what was written, what was refused and why.

    A refused run keeps its report; its rows were never written. `rapport` is a list of
    {"ligne": int | None, "colonne": str, "gravite": "erreur" | "avertissement", "message": str}, bounded.
    """

    source = models.CharField("source", max_length=60)
    fichier = models.CharField("fichier", max_length=200, help_text="Nom du fichier, sans son dossier.")
    empreinte = models.CharField("empreinte SHA-256", max_length=64)
    statut = models.CharField("statut", max_length=12, choices=StatutImport)
    millesime = models.CharField("millésime", max_length=30, blank=True)
    lignes_lues = models.PositiveIntegerField("lignes lues", default=0)
    lignes_ecrites = models.PositiveIntegerField("lignes écrites", default=0)
    lignes_identiques = models.PositiveIntegerField("lignes déjà connues", default=0)
    lignes_ignorees = models.PositiveIntegerField("lignes écartées et nommées", default=0)
    anomalies = models.PositiveIntegerField("anomalies", default=0, help_text="Le rapport garde les premières.")
    rapport = models.JSONField("rapport", default=list, blank=True)
    auteur = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="auteur",
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


class Evenement(models.Model):
    """One act: what was done to what, by whom, when. Proof, history and queue: rows are added, never changed.

    `objet` is "<app>.<model>:<key>"; `details` holds no personal data.
    """

    objet = models.CharField("objet", max_length=80)
    action = models.CharField("action", max_length=40)
    auteur = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="auteur",
    )
    survenu_le = models.DateTimeField("survenu le", default=timezone.now)
    details = models.JSONField("détails", default=dict, blank=True)

    class Meta:
        verbose_name = "événement"
        ordering = ["-survenu_le", "-pk"]
        indexes = [models.Index(fields=["objet"], name="evenement_par_objet")]

    def __str__(self) -> str:
        return f"{self.action} : {self.objet}"


class Envoi(models.Model):
    """The intent to run a task: written with the act, sent by the relay, closed by the task itself.

    `jeton` grows at each delivery: a worker that comes back late with an old one writes nothing.
    """

    class Statut(models.TextChoices):
        A_ENVOYER = "a_envoyer", "À envoyer"
        ENVOYE = "envoye", "Envoyé"
        FAIT = "fait", "Fait"
        QUARANTAINE = "quarantaine", "En quarantaine"
        ANNULE = "annule", "Annulé"

    tache = models.CharField("tâche", max_length=80)
    arguments = models.JSONField("arguments", default=list, help_text="Clés, jours et codes seulement.")
    cle = models.CharField("clé", max_length=120, blank=True)
    statut = models.CharField("statut", max_length=12, choices=Statut, default=Statut.A_ENVOYER)
    tentatives = models.PositiveSmallIntegerField("tentatives", default=0)
    jeton = models.PositiveIntegerField("jeton", default=0)
    cree_le = models.DateTimeField("créé le", default=timezone.now)
    prochain_essai_le = models.DateTimeField("prochain essai le", default=timezone.now)
    fait_le = models.DateTimeField("fait le", null=True, blank=True)
    erreur = models.CharField("dernière erreur", max_length=200, blank=True)

    class Meta:
        verbose_name = "envoi"
        ordering = ["-cree_le", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["tache", "cle"], name="envoi_un_par_cle", condition=Q(statut="a_envoyer") & ~Q(cle="")
            ),
        ]
        indexes = [
            models.Index(
                fields=["prochain_essai_le"],
                name="envoi_a_relayer",
                condition=Q(statut__in=["a_envoyer", "envoye"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tache} ({self.statut})"
