"""How many people of a target were reached, by territory and period; and the files these figures come from."""

from django.conf import settings
from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from portal.core.models import ImportRun
from prevention.enums import NiveauTerritoire, Secret, StatutFichierReleves, StatutReleve
from prevention.models.campagne import Campagne, Cible
from prevention.querysets import DeCampagneQuerySet, ReleveQuerySet


class FichierReleves(models.Model):
    """A file handed in, kept until somebody has confirmed or put aside what looks odd in it."""

    campagne = models.ForeignKey(Campagne, on_delete=models.PROTECT, related_name="fichiers", verbose_name="campagne")
    cible = models.ForeignKey(
        Cible, on_delete=models.PROTECT, related_name="fichiers", verbose_name="population cible"
    )
    nom = models.CharField("fichier", max_length=200)
    empreinte = models.CharField("empreinte SHA-256", max_length=64)
    contenu = models.BinaryField("contenu")
    source = models.CharField("source", max_length=300)
    millesime = models.CharField("millésime", max_length=30)
    statut = models.CharField("état", max_length=11, choices=StatutFichierReleves)
    ecarts = models.JSONField("écarts à confirmer", default=list, blank=True)
    import_run = models.ForeignKey(ImportRun, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    depose_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    depose_le = models.DateTimeField("déposé le", default=timezone.now)
    decide_le = models.DateTimeField("décidé le", null=True, blank=True)

    objects = DeCampagneQuerySet.as_manager()

    class Meta:
        verbose_name = "fichier de relevés"
        verbose_name_plural = "fichiers de relevés"
        ordering = ["-depose_le", "-pk"]

    def __str__(self) -> str:
        return f"Fichier {self.pk}"


class Releve(models.Model):
    """One figure. It never changes: another one takes its place (`remplace`), says why, and both are kept.

    `periode` begins with what is counted and its end is the day the count stops: cumulated figures of a season share
    their start. `denominateur` NULL: the source does not say it, so there is no rate. `au_moins`: the source says
    « plus de ». `courant`, `secret`: kept by the database and by `prevention.services.secret`, never by hand.
    """

    campagne = models.ForeignKey(Campagne, on_delete=models.PROTECT, related_name="releves", verbose_name="campagne")
    cible = models.ForeignKey(Cible, on_delete=models.PROTECT, related_name="releves", verbose_name="population cible")
    territoire_type = models.CharField("territoire", max_length=11, choices=NiveauTerritoire)
    territoire_code = models.CharField("code du territoire", max_length=20)
    region_code = models.CharField("région", max_length=3, blank=True)
    departement_code = models.CharField("département", max_length=3, blank=True)
    periode = DateRangeField("période", help_text="Début inclus, fin exclue.")
    numerateur = models.PositiveIntegerField("personnes comptées")
    denominateur = models.PositiveIntegerField("population visée", null=True, blank=True)
    exclusions = models.PositiveIntegerField("exclusions", default=0)
    au_moins = models.BooleanField("au moins", default=False, help_text="La source dit « plus de ».")
    statut = models.CharField("état", max_length=10, choices=StatutReleve)
    source = models.CharField("source", max_length=300)
    millesime = models.CharField("millésime", max_length=30, blank=True)
    note = models.CharField("note", max_length=300, blank=True)
    demonstration = models.BooleanField("exemple inventé", default=False)
    fichier = models.ForeignKey(
        FichierReleves, on_delete=models.PROTECT, null=True, blank=True, related_name="releves", verbose_name="fichier"
    )
    remplace = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="remplacant", verbose_name="remplace"
    )
    motif = models.CharField("motif", max_length=300, blank=True)
    courant = models.BooleanField("en vigueur", default=True)
    secret = models.CharField("diffusion", max_length=10, choices=Secret, blank=True)
    saisi_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    saisi_le = models.DateTimeField("saisi le", default=timezone.now)

    objects = ReleveQuerySet.as_manager()

    class Meta:
        verbose_name = "relevé"
        ordering = ["campagne", "cible", "territoire_type", "territoire_code", "periode", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["campagne", "cible", "territoire_type", "territoire_code", "periode"],
                condition=Q(courant=True),
                name="releve_un_courant",
                violation_error_message="Ce territoire a déjà un relevé pour cette période : corrigez-le.",
            ),
            models.CheckConstraint(
                name="releve_numerateur_borne",
                condition=Q(denominateur__isnull=True) | Q(numerateur__lte=F("denominateur") - F("exclusions")),
                violation_error_message="Plus de personnes comptées que de personnes visées : vérifiez ces nombres.",
            ),
            models.CheckConstraint(
                name="releve_correction_motivee",
                condition=Q(remplace__isnull=True) | ~Q(motif=""),
                violation_error_message="Dites pourquoi ce relevé remplace l'ancien.",
            ),
            models.CheckConstraint(
                name="releve_periode_bornee",
                condition=Q(
                    periode__isempty=False, periode__startswith__isnull=False, periode__endswith__isnull=False
                ),
                violation_error_message="Une période a un premier et un dernier jour.",
            ),
            models.CheckConstraint(
                name="releve_niveau_connu", condition=Q(territoire_type__in=NiveauTerritoire.values)
            ),
            models.CheckConstraint(name="releve_statut_connu", condition=Q(statut__in=StatutReleve.values)),
            models.CheckConstraint(name="releve_secret_connu", condition=Q(secret__in=Secret.values)),
        ]
        indexes = [
            models.Index(fields=["territoire_type", "territoire_code"], name="releve_par_territoire"),
        ]

    def __str__(self) -> str:
        return f"Relevé {self.pk}"
