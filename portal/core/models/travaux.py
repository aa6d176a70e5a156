"""Rows that any app may write: the runs of imports and the journal of acts."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from portal.core.querysets import EvenementQuerySet, TravauxQuerySet

SILENCE_MAX = timedelta(minutes=2)
"""Twice the time limit of a task: a run that gives no sign of life for so long was killed."""


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

    objects = TravauxQuerySet.as_manager()

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

    objects = EvenementQuerySet.as_manager()

    class Meta:
        verbose_name = "événement"
        ordering = ["-survenu_le", "-pk"]
        indexes = [models.Index(fields=["objet"], name="evenement_par_objet")]

    def __str__(self) -> str:
        return f"{self.action} : {self.objet}"


class Envoi(models.Model):
    """The intent to run a task: written with the act, sent by the relay, closed by the task itself (docs/adr/0080).

    `jeton` grows when the relay sends again what had begun, `tentatives` when a worker begins: a worker that holds
    an older pair writes nothing. `envois` counts the messages sent since anything began: their back-off.
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
    tentatives = models.PositiveSmallIntegerField("tentatives", default=0, help_text="Exécutions commencées.")
    envois = models.PositiveSmallIntegerField("messages", default=0, help_text="Envoyés depuis le dernier début.")
    jeton = models.PositiveIntegerField("jeton", default=0)
    cree_le = models.DateTimeField("créé le", default=timezone.now)
    prochain_essai_le = models.DateTimeField("prochain essai le", default=timezone.now)
    debute_le = models.DateTimeField("débuté le", null=True, blank=True)
    fait_le = models.DateTimeField("fait le", null=True, blank=True)
    erreur = models.CharField("dernière erreur", max_length=200, blank=True)

    class Meta:
        verbose_name = "envoi"
        ordering = ["-cree_le", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="envoi_statut_connu",
                condition=Q(statut__in=["a_envoyer", "envoye", "fait", "quarantaine", "annule"]),
            ),
            models.CheckConstraint(
                name="envoi_fait_date", condition=Q(statut="fait", fait_le__isnull=False) | ~Q(statut="fait")
            ),
        ]
        indexes = [
            models.Index(
                fields=["prochain_essai_le"],
                name="envoi_a_relayer",
                condition=Q(statut__in=["a_envoyer", "envoye"]),
            ),
            models.Index(fields=["tache", "cle"], name="envoi_par_cle", condition=Q(statut="a_envoyer") & ~Q(cle="")),
            models.Index(fields=["fait_le"], name="envoi_a_purger", condition=Q(statut="fait")),
            models.Index(fields=["cree_le"], name="envoi_en_quarantaine", condition=Q(statut="quarantaine")),
        ]

    def __str__(self) -> str:
        return f"{self.tache} ({self.statut})"


class Creneau(models.Model):
    """A turn of a periodic job, taken once: the relay that inserts it posts the job, the others find it there."""

    nom = models.CharField("nom", max_length=60)
    creneau = models.CharField("créneau", max_length=30, help_text="Jour civil, ou instant du début en UTC.")
    pris_le = models.DateTimeField("pris le", default=timezone.now)

    class Meta:
        verbose_name = "créneau"
        verbose_name_plural = "créneaux"
        ordering = ["-pris_le", "-pk"]
        constraints = [models.UniqueConstraint(fields=["nom", "creneau"], name="creneau_pris_une_fois")]
        indexes = [models.Index(fields=["pris_le"], name="creneau_a_purger")]

    def __str__(self) -> str:
        return f"{self.nom} : {self.creneau}"


class Execution(models.Model):
    """One run of a long job: what, because of what, how far, how long, how many rows. Rows are never deleted by hand.

    `battement_le` moves while it lives: a run that was killed is « interrompue » for whoever reads it, without anybody
    writing so (`etat`). The work itself is taken up again by the outbox. `cause` is a key of event, never a person.
    """

    class Statut(models.TextChoices):
        EN_COURS = "en_cours", "En cours"
        TERMINEE = "terminee", "Terminée"
        ANNULEE = "annulee", "Annulée"
        ECHEC = "echec", "Échec"
        INTERROMPUE = "interrompue", "Interrompue"

    nature = models.CharField("nature", max_length=60)
    libelle = models.CharField("travail", max_length=200)
    cause = models.CharField("cause", max_length=200, blank=True)
    statut = models.CharField("statut", max_length=12, choices=Statut, default=Statut.EN_COURS)
    annulation_demandee = models.BooleanField("annulation demandée", default=False)
    etape = models.CharField("étape", max_length=80, blank=True)
    etapes_faites = models.PositiveSmallIntegerField("étapes faites", default=0)
    etapes_prevues = models.PositiveSmallIntegerField("étapes prévues", default=1)
    lignes_lues = models.PositiveBigIntegerField("lignes lues", default=0)
    lignes_ecrites = models.PositiveBigIntegerField("lignes écrites", default=0)
    erreur = models.CharField("erreur", max_length=200, blank=True)
    commencee_le = models.DateTimeField("commencée le", default=timezone.now)
    battement_le = models.DateTimeField("dernier signe de vie", default=timezone.now)
    terminee_le = models.DateTimeField("terminée le", null=True, blank=True)

    class Meta:
        verbose_name = "exécution"
        ordering = ["-commencee_le", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="execution_finie_ou_en_cours",
                condition=Q(statut="en_cours", terminee_le__isnull=True)
                | ~Q(statut="en_cours") & Q(terminee_le__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["-commencee_le", "-id"], name="execution_recentes"),
            models.Index(fields=["battement_le"], name="execution_vivantes", condition=Q(statut="en_cours")),
        ]

    def __str__(self) -> str:
        return f"{self.libelle} ({self.get_statut_display()})"

    def get_absolute_url(self) -> str:
        return reverse("travail", args=[self.pk])

    @property
    def etat(self) -> "Execution.Statut":
        """The statut, but « interrompue » when nothing was heard for longer than a step may take."""
        statut = Execution.Statut(self.statut)
        muette = timezone.now() - self.battement_le > SILENCE_MAX
        return Execution.Statut.INTERROMPUE if statut is Execution.Statut.EN_COURS and muette else statut

    @property
    def duree(self) -> timedelta:
        """From its start to its end, or to its last sign of life."""
        return (self.terminee_le or self.battement_le) - self.commencee_le

    @property
    def pourcentage(self) -> int:
        return min(100, round(100 * self.etapes_faites / max(1, self.etapes_prevues)))
