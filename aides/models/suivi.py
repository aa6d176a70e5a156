"""Followed situations: who asked to be told, what was known of their rights, what changed it, what was written.

The electronic address lives in `Destinataire` alone, and is erased when its last follow-up stops.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Destinataire(models.Model):
    """One electronic address, erased with its digest once nothing is followed any more: the row only keeps counts."""

    adresse = models.EmailField("adresse électronique", max_length=254, blank=True)
    empreinte = models.CharField("empreinte de l'adresse", max_length=64, unique=True, null=True, blank=True)
    cle = models.UUIDField("clé", unique=True, editable=False)
    jeton_empreinte = models.CharField("empreinte du jeton d'arrêt", max_length=64, unique=True)
    cree_le = models.DateTimeField("créé le", default=timezone.now)

    class Meta:
        verbose_name = "destinataire"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="destinataire_efface_en_entier",
                condition=Q(adresse="", empreinte__isnull=True) | ~Q(adresse="") & Q(empreinte__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Destinataire {self.pk}"


class EtatSuivi(models.TextChoices):
    EN_ATTENTE = "en_attente", "En attente de confirmation"
    ACTIF = "actif", "Actif"
    ARRETE = "arrete", "Arrêté"


class Suivi(models.Model):
    """One followed situation: facts, commune, and the timeline of its rights from the day it was last computed.

    `chronologie`: {scheme: [[first day or null, state], …]}, a state being « e » or « i » with the amount, empty when
    nothing is offered (aides/suivi/chronologie.py). `regles`: the digest of the catalogue it was computed with.
    """

    destinataire = models.ForeignKey(
        Destinataire, on_delete=models.PROTECT, related_name="suivis", verbose_name="destinataire"
    )
    commune = models.CharField("commune", max_length=5)
    profession = models.CharField("profession", max_length=40)
    faits = models.JSONField("faits", default=dict)
    nsp = ArrayField(models.CharField(max_length=60), verbose_name="je ne sais pas", default=list, blank=True)
    empreinte = models.CharField("empreinte de la situation", max_length=64)
    etat = models.CharField("état", max_length=10, choices=EtatSuivi, default=EtatSuivi.EN_ATTENTE)
    chronologie = models.JSONField("chronologie", default=dict, blank=True)
    regles = models.CharField("empreinte des règles lues", max_length=64, blank=True)
    evalue_le = models.DateTimeField("calculé le", null=True, blank=True)
    cle = models.UUIDField("clé", unique=True, editable=False)
    jeton_empreinte = models.CharField("empreinte du jeton", max_length=64, unique=True)
    confirmation_empreinte = models.CharField("empreinte du jeton de confirmation", max_length=64, unique=True)
    cree_le = models.DateTimeField("demandé le", default=timezone.now)
    demandes = models.PositiveSmallIntegerField("demandes", default=0, help_text="Courriels de confirmation demandés.")
    confirme_le = models.DateTimeField("confirmé le", null=True, blank=True)
    arrete_le = models.DateTimeField("arrêté le", null=True, blank=True)

    class Meta:
        verbose_name = "suivi"
        verbose_name_plural = "suivis"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="suivi_etat_date",
                condition=Q(etat="en_attente", confirme_le__isnull=True, arrete_le__isnull=True)
                | Q(etat="actif", confirme_le__isnull=False, arrete_le__isnull=True)
                | Q(etat="arrete", arrete_le__isnull=False),
            ),
            models.UniqueConstraint(
                name="suivi_une_fois",
                fields=["destinataire", "empreinte"],
                condition=Q(etat__in=["en_attente", "actif"]),
            ),
        ]
        indexes = [
            models.Index(fields=["profession", "commune"], name="suivi_actifs", condition=Q(etat="actif")),
            models.Index(fields=["cree_le"], name="suivi_a_confirmer", condition=Q(etat="en_attente")),
        ]

    def __str__(self) -> str:
        return f"Suivi {self.pk} ({self.get_etat_display()})"


class CauseChangement(models.Model):
    """What happened, once: an act that the outbox reported. `cle` names the intent, so that a second run finds it.

    `objets`: the arrêtés published by the act. A cause taken back points to the one that did so.
    """

    class Nature(models.TextChoices):
        ARRETE = "arrete", "Arrêté publié"
        RETRAIT = "retrait", "Arrêté retiré"
        ZONAGE = "zonage", "Zonage mis à jour"
        TERRITOIRE = "territoire", "Communes ou listes mises à jour"
        REGLE = "regle", "Règle locale"
        PARAMETRE = "parametre", "Montant régional"
        PORTAIL = "portail", "Règles nationales"

    cle = models.CharField("clé", max_length=120, unique=True)
    nature = models.CharField("nature", max_length=12, choices=Nature)
    sujet = models.CharField("sujet", max_length=240)
    objets = ArrayField(models.CharField(max_length=80), verbose_name="objets", default=list, blank=True)
    libelle = models.CharField("ce qui s'est passé", max_length=300)
    evenement = models.PositiveBigIntegerField("dernier événement lu", null=True, blank=True)
    effet_le = models.DateField("premier effet le", null=True, blank=True)
    annoncee_le = models.DateTimeField("connue le", default=timezone.now)
    retiree_par = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="retirees", verbose_name="retirée par"
    )

    class Meta:
        verbose_name = "cause de changement"
        verbose_name_plural = "causes de changement"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["sujet", "-id"], name="causechangement_sujet")]

    def __str__(self) -> str:
        return f"{self.get_nature_display()} {self.pk}"


class ChangementDroit(models.Model):
    """One scheme whose state, for one followed situation, is not the same before and after a cause."""

    cause = models.ForeignKey(CauseChangement, on_delete=models.PROTECT, related_name="changements")
    suivi = models.ForeignKey(Suivi, on_delete=models.PROTECT, related_name="changements")
    dispositif = models.CharField("dispositif", max_length=60)
    avant = models.CharField("avant", max_length=80, blank=True)
    apres = models.CharField("après", max_length=80, blank=True)
    effet_le = models.DateField("à partir du")

    class Meta:
        verbose_name = "changement de droit"
        verbose_name_plural = "changements de droit"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(name="changementdroit_une_fois", fields=["cause", "suivi", "dispositif"]),
            models.CheckConstraint(name="changementdroit_change", condition=~Q(avant=models.F("apres"))),
        ]

    def __str__(self) -> str:
        return f"{self.dispositif}, cause {self.cause_id}, suivi {self.suivi_id}"


class GenreMessage(models.TextChoices):
    ANNONCE = "annonce", "Annonce"
    EN_VIGUEUR = "en_vigueur", "En vigueur"
    RECTIFICATIF = "rectificatif", "Rectificatif"


class StatutMessage(models.TextChoices):
    PREVU = "prevu", "Prévu"
    A_ENVOYER = "a_envoyer", "À envoyer"
    ENVOYE = "envoye", "Envoyé"
    ANNULE = "annule", "Annulé"
    SANS_OBJET = "sans_objet", "Sans objet"
    REFUSE = "refuse", "Refusé par le serveur de courrier"


class MessageSuivi(models.Model):
    """One message to one person about one cause, in one phase. Its text is never stored."""

    destinataire = models.ForeignKey(Destinataire, on_delete=models.PROTECT, related_name="messages")
    cause = models.ForeignKey(CauseChangement, on_delete=models.PROTECT, related_name="messages")
    genre = models.CharField("genre", max_length=12, choices=GenreMessage)
    statut = models.CharField("statut", max_length=10, choices=StatutMessage, default=StatutMessage.A_ENVOYER)
    prevu_le = models.DateField("prévu le")
    cree_le = models.DateTimeField("créé le", default=timezone.now)
    envoye_le = models.DateTimeField("envoyé le", null=True, blank=True)

    class Meta:
        verbose_name = "message de suivi"
        verbose_name_plural = "messages de suivi"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(name="messagesuivi_une_fois", fields=["destinataire", "cause", "genre"]),
            models.CheckConstraint(
                name="messagesuivi_envoye_date",
                condition=Q(statut="envoye", envoye_le__isnull=False) | ~Q(statut="envoye"),
            ),
        ]
        indexes = [
            models.Index(fields=["cause", "id"], name="messagesuivi_a_envoyer", condition=Q(statut="a_envoyer")),
            models.Index(fields=["prevu_le"], name="messagesuivi_prevus", condition=Q(statut="prevu")),
        ]

    def __str__(self) -> str:
        return f"{self.get_genre_display()} {self.pk} ({self.get_statut_display()})"
