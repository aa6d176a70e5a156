"""What a CPTS tells its members of a campaign: written by its coordination or the ARS, sent once, archived for all."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from cpts.models import Cpts
from prevention.enums import StatutBulletin
from prevention.models.campagne import Campagne
from prevention.querysets import BulletinQuerySet, ChoixBulletinQuerySet


class Bulletin(models.Model):
    """`chiffres`: those of the day it left, each with the address of its receipt. `destinataires`: how many people.

    Published, it never changes and is never erased (migration 0004): what was sent is what is archived.
    """

    cpts = models.ForeignKey(Cpts, on_delete=models.PROTECT, related_name="bulletins", verbose_name="CPTS")
    campagne = models.ForeignKey(Campagne, on_delete=models.PROTECT, related_name="bulletins", verbose_name="campagne")
    objet = models.CharField("objet", max_length=120)
    texte = models.TextField("texte", max_length=3000)
    statut = models.CharField("état", max_length=9, choices=StatutBulletin, default=StatutBulletin.BROUILLON)
    chiffres = models.JSONField("chiffres du jour", default=list, blank=True)
    destinataires = models.PositiveIntegerField("destinataires", null=True, blank=True)
    cree_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    cree_le = models.DateTimeField("créé le", default=timezone.now)
    publie_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    publie_le = models.DateTimeField("publié le", null=True, blank=True)
    version = models.PositiveIntegerField("version", default=0)

    objects = BulletinQuerySet.as_manager()

    class Meta:
        verbose_name = "bulletin"
        ordering = ["-cree_le", "-pk"]
        constraints = [
            models.CheckConstraint(name="bulletin_statut_connu", condition=Q(statut__in=StatutBulletin.values)),
            models.CheckConstraint(
                name="bulletin_publie_date",
                condition=Q(statut="brouillon", publie_le=None)
                | Q(statut="publie", publie_le__isnull=False, destinataires__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["campagne", "-publie_le"], name="bulletin_par_campagne")]

    def __str__(self) -> str:
        return f"Bulletin {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("prevention_bulletin", args=[self.pk])

    @property
    def reference(self) -> str:
        """Its name in the journal."""
        return f"prevention.bulletin:{self.pk}"


class ChoixBulletin(models.Model):
    """Whether a person wants the bulletins of the CPTS that they belong to. No row: a member gets none, who
    coordinates gets them.
    """

    compte = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    accepte = models.BooleanField("accepte")
    choisi_le = models.DateTimeField("choisi le", default=timezone.now)

    objects = ChoixBulletinQuerySet.as_manager()

    class Meta:
        verbose_name = "choix des bulletins"
        verbose_name_plural = "choix des bulletins"

    def __str__(self) -> str:
        return f"Choix {self.pk}"
