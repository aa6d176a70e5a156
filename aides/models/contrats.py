"""What was signed, what it pays and what it asks, day by day; and the yearly campaigns."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from aides.models.dossiers import Demande, PieceDossier
from aides.querysets import AgendaQuerySet, AvenantQuerySet, CampagneQuerySet
from portal.accounts.models import Territorialise
from portal.accounts.querysets import TerritorialiseQuerySet
from portal.core.historique import historise
from zonage.models import Region

EUROS: dict[str, Any] = {"max_digits": 12, "decimal_places": 2}
AUTEUR: dict[str, Any] = {"on_delete": models.PROTECT, "null": True, "blank": True, "related_name": "+"}


@historise()
class Contrat(Territorialise):
    """What a signed file engages. `statut` is the file's: it is not written twice.

    `montant` None: what is paid depends on an activity not known yet. `periode` begins on the day of effect;
    its end is the term, or the day of an early end. `faits`: what its schedule was computed from, after the avenants.
    `notes`: what may be paid beside the schedule, or why there is none. `resiliation_…`: who, notified when,
    observations until, in force.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    demande = models.OneToOneField(Demande, on_delete=models.PROTECT, related_name="contrat")
    numero = models.CharField("numéro", max_length=24, unique=True)
    dispositif = models.CharField("dispositif", max_length=60)
    dispositif_version = models.CharField("version du dispositif", max_length=20)
    date_signature = models.DateField("date de signature")
    periode = DateRangeField("période")
    terme_initial = models.DateField("terme prévu", null=True, blank=True)
    montant = models.DecimalField("montant total (€)", **EUROS, null=True, blank=True)
    plafond = models.DecimalField("montant maximum (€)", **EUROS, null=True, blank=True)
    faits = models.JSONField("données du contrat", default=dict)
    version = models.PositiveIntegerField("version de la ligne", default=1)
    renouvellements = models.PositiveSmallIntegerField("renouvellements", default=0)
    notes = models.JSONField("à savoir", default=list, blank=True)
    resiliation_par = models.CharField(
        "résiliation demandée par",
        max_length=12,
        blank=True,
        choices=[("titulaire", "Titulaire"), ("ars", "ARS"), ("cpam", "CPAM")],
    )
    resiliation_notifiee_le = models.DateField("résiliation notifiée le", null=True, blank=True)
    observations_jusqu_au = models.DateField("observations jusqu'au", null=True, blank=True)
    resiliation_effet_le = models.DateField("effet de la résiliation", null=True, blank=True)
    remboursement_du = models.DecimalField("remboursement dû (€)", **EUROS, null=True, blank=True)
    rembourse = models.DecimalField("remboursé (€)", **EUROS, default=0)
    cree_le = models.DateTimeField("créé le", default=timezone.now)

    objects = TerritorialiseQuerySet.as_manager()

    class Meta:
        verbose_name = "contrat"
        ordering = ["-date_signature", "id"]
        indexes = [
            models.Index(fields=["proprietaire", "-date_signature"], name="contrat_du_titulaire"),
            models.Index(fields=["departement_code", "-date_signature", "id"], name="contrat_par_departement"),
            models.Index(fields=["region_code", "-date_signature", "id"], name="contrat_par_region"),
        ]
        constraints = [
            models.CheckConstraint(name="contrat_periode_non_vide", condition=Q(periode__isempty=False)),
            models.CheckConstraint(
                name="contrat_remboursement_borne",
                condition=Q(rembourse__gte=0)
                & (Q(remboursement_du__isnull=True, rembourse=0) | Q(rembourse__lte=F("remboursement_du"))),
            ),
            models.CheckConstraint(
                name="contrat_resiliation_ordonnee",
                condition=Q(resiliation_notifiee_le__isnull=True)
                | Q(resiliation_effet_le__isnull=True)
                | Q(resiliation_effet_le__gte=F("resiliation_notifiee_le")),
                violation_error_message="Une résiliation prend effet le jour de sa notification ou après.",
            ),
            models.CheckConstraint(
                name="contrat_montants_positifs",
                condition=(Q(montant__isnull=True) | Q(montant__gte=0))
                & (Q(plafond__isnull=True) | Q(plafond__gte=0)),
            ),
        ]

    def __str__(self) -> str:
        return f"Contrat {self.numero}"


class Nature(models.TextChoices):
    VERSEMENT = "versement", "Versement"
    OBLIGATION = "obligation", "Obligation"


class StatutEcheance(models.TextChoices):
    PREVUE = "prevue", "Prévue"
    A_PAYER = "a_payer", "À payer"
    PAYEE = "payee", "Payée"
    ANNULEE = "annulee", "Annulée"
    TENUE = "tenue", "Tenue"
    NON_TENUE = "non_tenue", "Non tenue"


@historise()
class Echeance(Territorialise):
    """One payment or one duty. `montant` None: to be computed from an activity, at most `plafond`.

    `periode` is what it covers; `le` the day it falls due. `code` and `rang` name it within its contract, so that
    computing the schedule again finds it. `a_instruire`: why the portal does not decide alone.
    """

    contrat = models.ForeignKey(Contrat, on_delete=models.PROTECT, related_name="echeances")
    nature = models.CharField("nature", max_length=10, choices=Nature)
    code = models.CharField("code", max_length=40)
    rang = models.PositiveSmallIntegerField("rang")
    libelle = models.CharField("libellé", max_length=200)
    le = models.DateField("échéance")
    periode = DateRangeField("période couverte", null=True, blank=True)
    montant = models.DecimalField("montant (€)", **EUROS, null=True, blank=True)
    plafond = models.DecimalField("montant maximum (€)", **EUROS, null=True, blank=True)
    statut = models.CharField("état", max_length=10, choices=StatutEcheance, default=StatutEcheance.PREVUE)
    reference = models.CharField("référence", max_length=400, blank=True)
    a_instruire = models.CharField("à instruire", max_length=600, blank=True)
    version = models.PositiveIntegerField("version de la ligne", default=1)
    payee_le = models.DateField("payée le", null=True, blank=True)
    payee_par = models.ForeignKey(settings.AUTH_USER_MODEL, **AUTEUR)
    cle_paiement = models.CharField("clé de paiement", max_length=64, null=True, blank=True, unique=True)
    constatee_le = models.DateField("constatée le", null=True, blank=True)
    constatee_par = models.ForeignKey(settings.AUTH_USER_MODEL, **AUTEUR)
    piece = models.ForeignKey(PieceDossier, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    remarque = models.CharField("remarque", max_length=300, blank=True)

    objects = TerritorialiseQuerySet.as_manager()

    class Meta:
        verbose_name = "échéance"
        ordering = ["le", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["contrat", "code", "rang"], name="echeance_une_par_rang"),
            models.CheckConstraint(
                name="echeance_payee_complete",
                condition=~Q(statut="payee")
                | Q(nature="versement", montant__isnull=False, payee_le__isnull=False, payee_par__isnull=False),
            ),
            models.CheckConstraint(
                name="echeance_montant_positif",
                condition=(Q(montant__isnull=True) | Q(montant__gte=0))
                & (Q(montant__isnull=True) | Q(plafond__isnull=True) | Q(montant__lte=F("plafond"))),
                violation_error_message="Le montant dépasse le plafond de l'échéance.",
            ),
            models.CheckConstraint(
                name="echeance_statut_de_sa_nature",
                condition=Q(nature="versement", statut__in=["prevue", "a_payer", "payee", "annulee"])
                | Q(nature="obligation", statut__in=["prevue", "tenue", "non_tenue", "annulee"]),
            ),
        ]
        indexes = [
            models.Index(fields=["le", "id"], name="echeance_a_venir", condition=Q(statut__in=["prevue", "a_payer"])),
            models.Index(
                fields=["departement_code", "le", "id"],
                name="echeance_du_departement",
                condition=Q(statut__in=["prevue", "a_payer"]),
            ),
            models.Index(
                fields=["region_code", "le", "id"],
                name="echeance_de_la_region",
                condition=Q(statut__in=["prevue", "a_payer"]),
            ),
            models.Index(fields=["proprietaire", "le", "id"], name="echeance_du_titulaire"),
            models.Index(fields=["payee_le", "id"], name="echeance_payees", condition=Q(statut="payee")),
        ]

    def __str__(self) -> str:
        return f"Échéance {self.pk} ({self.code} {self.rang})"


class Avenant(models.Model):
    """What was changed in a running contract, from a day on; signed by both sides."""

    contrat = models.ForeignKey(Contrat, on_delete=models.PROTECT, related_name="avenants")
    rang = models.PositiveSmallIntegerField("rang")
    date_signature = models.DateField("date de signature")
    date_effet = models.DateField("date d'effet")
    objet = models.CharField("objet", max_length=300)
    changements = models.JSONField("changements", default=dict)
    enregistre_par = models.ForeignKey(settings.AUTH_USER_MODEL, **AUTEUR)

    objects = AvenantQuerySet.as_manager()

    class Meta:
        verbose_name = "avenant"
        ordering = ["contrat", "rang"]
        constraints = [models.UniqueConstraint(fields=["contrat", "rang"], name="avenant_un_par_rang")]

    def __str__(self) -> str:
        return f"Avenant {self.rang} ({self.contrat_id})"


class Campagne(models.Model):
    """The yearly settlement of a scheme in a région: between its two days, the asked amounts may be entered.

    The database stamps `close_le` and refuses what comes late. Reopening grows `reouvertures` and says why.
    """

    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", verbose_name="région")
    dispositif = models.CharField("dispositif", max_length=60)
    annee = models.PositiveSmallIntegerField("année réglée")
    periode = DateRangeField("ouverture", help_text="Du premier jour inclus au dernier exclu.")
    close_le = models.DateTimeField("close le", null=True, blank=True)
    close_par = models.ForeignKey(settings.AUTH_USER_MODEL, **AUTEUR)
    ouverte_par = models.ForeignKey(settings.AUTH_USER_MODEL, **AUTEUR)
    reouvertures = models.PositiveSmallIntegerField("réouvertures", default=0)
    reouverture_motif = models.CharField("motif de la réouverture", max_length=300, blank=True)

    objects = CampagneQuerySet.as_manager()

    class Meta:
        verbose_name = "campagne de règlement"
        verbose_name_plural = "campagnes de règlement"
        ordering = ["-annee", "dispositif", "region"]
        constraints = [
            models.UniqueConstraint(fields=["region", "dispositif", "annee"], name="campagne_unique"),
            models.CheckConstraint(name="campagne_periode_non_vide", condition=Q(periode__isempty=False)),
        ]

    def __str__(self) -> str:
        return f"Campagne {self.dispositif} {self.annee}, région {self.region_id}"


class LigneCampagne(Territorialise):
    """One payment of one contract in a campaign: potential ≥ granted; asked by the holder, granted by an agent."""

    campagne = models.ForeignKey(Campagne, on_delete=models.PROTECT, related_name="lignes")
    echeance = models.OneToOneField(Echeance, on_delete=models.PROTECT, related_name="ligne")
    potentiel = models.DecimalField("potentiel (€)", **EUROS)
    base_declaree = models.DecimalField("base déclarée (€)", **EUROS, null=True, blank=True)
    demande = models.DecimalField("demandé (€)", **EUROS, null=True, blank=True)
    accorde = models.DecimalField("accordé (€)", **EUROS, null=True, blank=True)
    motif = models.CharField("motif", max_length=300, blank=True)
    version = models.PositiveIntegerField("version de la ligne", default=1)
    declare_le = models.DateTimeField("déclaré le", null=True, blank=True)
    accorde_par = models.ForeignKey(settings.AUTH_USER_MODEL, **AUTEUR)
    piece = models.ForeignKey(PieceDossier, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    calcul = models.CharField("calcul", max_length=300, blank=True)

    objects = TerritorialiseQuerySet.as_manager()

    class Meta:
        verbose_name = "ligne de campagne"
        verbose_name_plural = "lignes de campagne"
        ordering = ["campagne", "pk"]
        constraints = [
            models.CheckConstraint(
                name="lignecampagne_accorde_borne",
                condition=Q(accorde__isnull=True) | Q(accorde__gte=0) & Q(accorde__lte=F("potentiel")),
                violation_error_message="Le montant accordé dépasse le montant potentiel.",
            ),
        ]

    def __str__(self) -> str:
        return f"Ligne {self.pk} ({self.campagne_id})"


class Agenda(models.Model):
    """The secret address of somebody's calendar: only its digest is kept. A new one puts the former out of use."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="agenda")
    empreinte = models.CharField("empreinte de l'adresse", max_length=64, unique=True)
    cree_le = models.DateTimeField("créée le", default=timezone.now)

    objects = AgendaQuerySet.as_manager()

    class Meta:
        verbose_name = "agenda"

    def __str__(self) -> str:
        return f"Agenda {self.pk}"


class Seuil(models.TextChoices):
    J30 = "j30", "Dans trente jours"
    J7 = "j7", "Dans sept jours"
    RETARD = "retard", "En retard"


class Rappel(Territorialise):
    """One message about one line, one threshold and one person: the key that keeps it from being sent twice.

    `le`: the day that was due; a line moved by an avenant is told again. `proprietaire`: to whom.
    """

    echeance = models.ForeignKey(Echeance, on_delete=models.CASCADE, related_name="rappels")
    seuil = models.CharField("seuil", max_length=6, choices=Seuil)
    le = models.DateField("échéance rappelée")
    cree_le = models.DateTimeField("créé le", default=timezone.now)
    envoye_le = models.DateTimeField("envoyé le", null=True, blank=True)

    objects = TerritorialiseQuerySet.as_manager()

    class Meta:
        verbose_name = "rappel"
        ordering = ["-cree_le", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["echeance", "seuil", "le", "proprietaire"], name="rappel_un_par_seuil"),
        ]

    def __str__(self) -> str:
        return f"Rappel {self.pk} ({self.seuil})"
