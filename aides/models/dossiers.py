"""The file of somebody who asks for an aid: what was asked, on what proof, decided by whom."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from aides.dossiers.etats import CONTRACTUELS, OUVERTES, Action, Statut
from aides.querysets import ActeDossierQuerySet, DemandeQuerySet, DuDossierQuerySet
from cpts.models import Praticien
from portal.accounts.models import Territorialise
from portal.accounts.querysets import TerritorialiseQuerySet
from portal.core.historique import historise
from portal.core.models import Document
from zonage.enums import Profession
from zonage.models import Commune

AUTEUR: dict[str, Any] = {"on_delete": models.PROTECT, "null": True, "blank": True, "related_name": "+"}


@historise(exclude=["preuve"])
class Demande(Territorialise):
    """`faits` are the answers of the check, `preuve` the canonical JSON of the decision frozen at the deposit.

    `declarations`: what the applicant attested, and why a document asked for does not concern them.
    `version` grows at each act: a form that holds an older one is refused. `numero` is given at the deposit
    (« 27-2026-000042 »: région, year, rank). `cle` tells one sending from another, so that sending twice opens one.
    `suspendue_jours` counts the days spent incomplete, which the clock leaves out; `incomplete_le` starts it.
    `seuil` is the amount above which two persons decide, as it was when the decision was proposed; an amount not known
    is above it. The trigger of migration 0009 holds the life of the row: what changes when, and what never does.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    numero = models.CharField("numéro", max_length=20, null=True, blank=True, unique=True)
    cle = models.CharField("clé d'envoi", max_length=64)
    dispositif = models.CharField("dispositif", max_length=60)
    dispositif_version = models.CharField("version du dispositif", max_length=20)
    profession = models.CharField("profession", max_length=24, choices=Profession)
    praticien = models.ForeignKey(Praticien, on_delete=models.PROTECT, null=True, blank=True, related_name="demandes")
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="+", verbose_name="commune d'exercice")
    faits = models.JSONField("réponses", default=dict)
    coordonnees = models.JSONField("coordonnées", default=dict, blank=True)
    message = models.TextField("message du demandeur", blank=True, max_length=4000)
    declarations = models.JSONField("déclarations", default=dict, blank=True)
    statut = models.CharField("état", max_length=18, choices=Statut, default=Statut.BROUILLON)
    version = models.PositiveIntegerField("version de la ligne", default=1)
    preuve = models.TextField("preuve figée", blank=True)
    preuve_empreinte = models.CharField("empreinte de la preuve", max_length=64, blank=True)
    zone_niveau = models.CharField("niveau de la zone au dépôt", max_length=24, blank=True)
    zone_arrete = models.PositiveBigIntegerField("arrêté de zonage au dépôt", null=True, blank=True)
    montant_minimum = models.DecimalField("montant minimum", max_digits=12, decimal_places=2, null=True, blank=True)
    montant_maximum = models.DecimalField("montant maximum", max_digits=12, decimal_places=2, null=True, blank=True)
    instructeur = models.ForeignKey(settings.AUTH_USER_MODEL, **AUTEUR, verbose_name="instructeur")
    deposee_le = models.DateTimeField("déposée le", null=True, blank=True)
    incomplete_le = models.DateTimeField("incomplète depuis le", null=True, blank=True)
    suspendue_jours = models.PositiveIntegerField("jours de suspension du délai", default=0)
    a_traiter_le = models.DateField("à traiter avant le", null=True, blank=True)
    propose_par = models.ForeignKey(settings.AUTH_USER_MODEL, **AUTEUR, verbose_name="décision proposée par")
    propose_le = models.DateTimeField("décision proposée le", null=True, blank=True)
    montant_propose = models.DecimalField("montant proposé", max_digits=12, decimal_places=2, null=True, blank=True)
    seuil = models.DecimalField("seuil de double décision", max_digits=12, decimal_places=2, null=True, blank=True)
    decide_par = models.ForeignKey(settings.AUTH_USER_MODEL, **AUTEUR, verbose_name="décidée par")
    decision_le = models.DateField("date de décision", null=True, blank=True)
    montant_accorde = models.DecimalField("montant accordé", max_digits=12, decimal_places=2, null=True, blank=True)
    motif = models.TextField("motif", blank=True)
    voies_recours = models.TextField("voies et délais de recours", blank=True)
    enveloppe = models.ForeignKey("aides.Enveloppe", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    cree_le = models.DateTimeField("créée le", default=timezone.now)
    modifiee_le = models.DateTimeField("modifiée le", default=timezone.now)

    objects = DemandeQuerySet.as_manager()

    class Meta:
        verbose_name = "demande d'aide"
        verbose_name_plural = "demandes d'aide"
        ordering = ["-cree_le", "id"]
        constraints = [
            models.CheckConstraint(name="demande_statut_connu", condition=Q(statut__in=Statut.values)),
            models.UniqueConstraint(fields=["proprietaire", "cle"], name="demande_un_envoi"),
            models.CheckConstraint(
                name="demande_numerotee_si_deposee",
                condition=Q(statut__in=[Statut.BROUILLON, Statut.RETIREE])
                | Q(numero__isnull=False, deposee_le__isnull=False) & ~Q(preuve=""),
            ),
            models.CheckConstraint(
                name="demande_decision_complete",
                condition=~Q(statut__in=[Statut.ACCORDEE, Statut.REFUSEE, *sorted(CONTRACTUELS)])
                | Q(decide_par__isnull=False, decision_le__isnull=False),
            ),
            models.CheckConstraint(
                name="demande_refus_motive",
                condition=~Q(statut=Statut.REFUSEE) | ~Q(motif="") & ~Q(voies_recours=""),
                violation_error_message="Un refus porte son motif et les voies de recours.",
            ),
            models.CheckConstraint(
                name="demande_deux_personnes",
                condition=Q(decide_par__isnull=True)
                | Q(statut=Statut.REFUSEE)
                | Q(montant_accorde__isnull=False, seuil__isnull=False, montant_accorde__lte=F("seuil"))
                | Q(propose_par__isnull=False) & ~Q(propose_par=F("decide_par")),
                violation_error_message="Au-dessus du seuil, la personne qui décide n'est pas celle qui a proposé.",
            ),
            models.CheckConstraint(
                name="demande_jamais_la_sienne",
                condition=(Q(decide_par__isnull=True) | ~Q(decide_par=F("proprietaire")))
                & (Q(propose_par__isnull=True) | ~Q(propose_par=F("proprietaire")))
                & (Q(instructeur__isnull=True) | ~Q(instructeur=F("proprietaire"))),
                violation_error_message="Personne n'instruit ni ne décide sa propre demande.",
            ),
            models.CheckConstraint(
                name="demande_montants_positifs",
                condition=(Q(montant_accorde__isnull=True) | Q(montant_accorde__gte=0))
                & (Q(montant_propose__isnull=True) | Q(montant_propose__gte=0)),
            ),
            models.CheckConstraint(
                name="demande_montant_du_bareme",
                condition=Q(montant_accorde__isnull=True)
                | Q(montant_maximum__isnull=True)
                | Q(montant_accorde__lte=F("montant_maximum")),
                violation_error_message="Le montant accordé dépasse le montant que la règle permet pour ce dossier.",
            ),
            models.CheckConstraint(
                name="demande_horloge",
                condition=Q(statut=Statut.INCOMPLETE, incomplete_le__isnull=False)
                | ~Q(statut=Statut.INCOMPLETE) & Q(incomplete_le__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["proprietaire", "-cree_le"], name="demande_du_titulaire"),
            models.Index(fields=["departement_code", "statut", "a_traiter_le", "id"], name="demande_a_traiter"),
            models.Index(fields=["region_code", "-deposee_le", "id"], name="demande_par_region"),
            models.Index(fields=["departement_code", "-deposee_le", "id"], name="demande_par_departement"),
            models.Index(fields=["-deposee_le", "id"], name="demande_recentes"),
            models.Index(fields=["instructeur", "a_traiter_le", "id"], name="demande_de_l_instructeur"),
            models.Index(fields=["dispositif", "statut", "-deposee_le", "id"], name="demande_par_dispositif"),
            # The lists of the agents (migration 0016, docs/adr/0145).
            models.Index(
                fields=["departement_code", "a_traiter_le", "id"],
                name="demande_ouvertes_departement",
                condition=Q(statut__in=OUVERTES),
            ),
            models.Index(
                fields=["region_code", "a_traiter_le", "id"],
                name="demande_ouvertes_region",
                condition=Q(statut__in=OUVERTES),
            ),
            models.Index(fields=["a_traiter_le", "id"], name="demande_ouvertes", condition=Q(statut__in=OUVERTES)),
            models.Index(fields=["region_code", "statut", "-deposee_le", "id"], name="demande_region_etat"),
            models.Index(fields=["departement_code", "statut", "-deposee_le", "id"], name="demande_departement_etat"),
            models.Index(fields=["region_code", "dispositif", "-deposee_le", "id"], name="demande_region_dispositif"),
        ]

    def __str__(self) -> str:
        return f"Demande {self.numero or 'non déposée'}"


class ActeDossier(models.Model):
    """One act on a file, as its parties read it; the journal (`core.Evenement`) seals that it happened.

    `visible` False: between agents (an internal note). `commentaire` may name people: it is never in the journal.
    """

    demande = models.ForeignKey(Demande, on_delete=models.PROTECT, related_name="actes")
    action = models.CharField("acte", max_length=26, choices=Action)
    de_statut = models.CharField("de l'état", max_length=18, choices=Statut, blank=True)
    vers_statut = models.CharField("à l'état", max_length=18, choices=Statut)
    auteur = models.ForeignKey(settings.AUTH_USER_MODEL, **AUTEUR, verbose_name="auteur")
    survenu_le = models.DateTimeField("survenu le", default=timezone.now)
    commentaire = models.TextField("commentaire", blank=True)
    details = models.JSONField("détails", default=dict, blank=True)
    version = models.PositiveIntegerField("version obtenue")
    visible = models.BooleanField("visible du demandeur", default=True)
    evenement = models.OneToOneField("core.Evenement", on_delete=models.PROTECT, related_name="+")

    objects = ActeDossierQuerySet.as_manager()

    class Meta:
        verbose_name = "acte sur un dossier"
        verbose_name_plural = "actes sur les dossiers"
        ordering = ["survenu_le", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["demande", "version"], name="actedossier_une_version"),
        ]

    def __str__(self) -> str:
        return f"{self.action} ({self.demande_id})"


class PieceDossier(models.Model):
    """A document of a file. `nature`: the rank of the document that the scheme asks (« piece-1 »…), or « autre »."""

    demande = models.ForeignKey(Demande, on_delete=models.PROTECT, related_name="pieces")
    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="+")
    nature = models.CharField("nature", max_length=20, default="autre")
    intitule = models.CharField("intitulé", max_length=200, blank=True)
    verdict = models.CharField(
        "vérification",
        max_length=10,
        choices=[("", "À vérifier"), ("conforme", "Conforme"), ("refusee", "À remplacer")],
        blank=True,
    )
    remarque = models.CharField("remarque", max_length=300, blank=True)
    retiree_le = models.DateTimeField("retirée le", null=True, blank=True)

    objects = DuDossierQuerySet.as_manager()

    class Meta:
        verbose_name = "pièce"
        ordering = ["nature", "pk"]

    def __str__(self) -> str:
        return f"Pièce {self.pk}"


class Anomalie(Territorialise):
    """What a check found in a file, until it is mended: one row a check and a file, written by the nightly task,
    the save of an act or the bulk action. `cle` names the object at fault (« aides.echeance:12 »), to link to it.
    """

    demande = models.ForeignKey(Demande, on_delete=models.CASCADE, related_name="anomalies")
    controle = models.CharField("contrôle", max_length=40)
    cle = models.CharField("objet", max_length=80)
    constat = models.CharField("constat", max_length=300)
    vue_le = models.DateTimeField("vue la première fois le", default=timezone.now)
    revue_le = models.DateTimeField("revue le", default=timezone.now)
    close_le = models.DateTimeField("n'est plus vraie depuis le", null=True, blank=True)

    objects = TerritorialiseQuerySet.as_manager()

    class Meta:
        verbose_name = "anomalie"
        ordering = ["-vue_le", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["demande", "controle", "cle"],
                condition=Q(close_le__isnull=True),
                name="anomalie_ouverte_unique",
            ),
        ]
        indexes = [
            models.Index(fields=["departement_code", "-vue_le"], name="anomalie_ouverte", condition=Q(close_le=None)),
        ]

    def __str__(self) -> str:
        return f"Anomalie {self.pk} ({self.controle})"


class CompteurDossier(models.Model):
    """The last rank given to a file, by région and year: numbers without hole, one lock a région."""

    region_code = models.CharField("région", max_length=3)
    annee = models.PositiveSmallIntegerField("année")
    dernier = models.PositiveIntegerField("dernier rang", default=0)

    class Meta:
        verbose_name = "compteur de dossiers"
        verbose_name_plural = "compteurs de dossiers"
        ordering = ["region_code", "annee"]
        constraints = [models.UniqueConstraint(fields=["region_code", "annee"], name="compteurdossier_unique")]

    def __str__(self) -> str:
        return f"{self.region_code}-{self.annee} : {self.dernier}"


class Transition(models.Model):
    """The changes of state that the database allows: the rows of `aides.dossiers.etats`, read by a trigger.

    Not managed: its rows come with a migration, and emptying the tables (tests) leaves it alone.
    """

    source = models.CharField("de", max_length=18)
    cible = models.CharField("à", max_length=18)

    class Meta:
        managed = False
        db_table = "aides_transition"
        verbose_name = "changement d'état permis"
        verbose_name_plural = "changements d'état permis"
        ordering = ["source", "cible"]

    def __str__(self) -> str:
        return f"{self.source} → {self.cible}"
