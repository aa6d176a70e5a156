"""Lists of CPTS handed in by an ARS: one line per CPTS and commune, matched, completed on screen, then drafts.

The file is not kept: it names presidents and coordinators. Only the CPTS, the communes and where they stood are.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from cpts.enums import NatureLecture, SortLecture, StatutListe
from cpts.models.cpts import Cpts, Perimetre
from cpts.querysets import ListeCptsQuerySet
from zonage.models import Commune


class ListeCpts(models.Model):
    """One file read for a région. The same bytes are read once a région (`empreinte`), unless given up."""

    nom = models.CharField("fichier", max_length=100)
    empreinte = models.CharField("empreinte SHA-256", max_length=64)
    region_code = models.CharField("région", max_length=3)
    departement_code = models.CharField("département", max_length=3, blank=True)
    statut = models.CharField("état", max_length=11, choices=StatutListe, default=StatutListe.A_COMPLETER)
    lignes_lues = models.PositiveIntegerField("lignes lues", default=0)
    lignes_repetees = models.PositiveIntegerField("lignes répétées", default=0)
    avertissements = models.JSONField("avertissements", default=list, blank=True)
    depose_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    depose_le = models.DateTimeField("déposée le", default=timezone.now)
    termine_le = models.DateTimeField("terminée le", null=True, blank=True)

    objects = ListeCptsQuerySet.as_manager()

    class Meta:
        verbose_name = "liste de CPTS"
        verbose_name_plural = "listes de CPTS"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["region_code", "empreinte"],
                condition=~Q(statut=StatutListe.ABANDONNEE),
                name="listecpts_lue_une_fois",
                violation_error_message="Ce fichier a déjà été lu pour cette région.",
            ),
            models.CheckConstraint(name="listecpts_statut_connu", condition=Q(statut__in=StatutListe.values)),
        ]

    def __str__(self) -> str:
        return f"Liste {self.pk}"


class CptsListe(models.Model):
    """A CPTS that a list names: one known here (`cpts`), or one to create under `code`. `perimetre`: what it gave."""

    liste = models.ForeignKey(ListeCpts, on_delete=models.CASCADE, related_name="nommees", verbose_name="liste")
    nom = models.CharField("nom lu", max_length=160)
    cpts = models.ForeignKey(
        Cpts, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="CPTS"
    )
    code = models.CharField("code proposé", max_length=20, blank=True)
    ecartee = models.BooleanField("laissée de côté", default=False)
    perimetre = models.ForeignKey(
        Perimetre, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="brouillon"
    )

    class Meta:
        verbose_name = "CPTS d'une liste"
        verbose_name_plural = "CPTS d'une liste"
        ordering = ["liste", "nom", "pk"]
        constraints = [models.UniqueConstraint(fields=["liste", "nom"], name="cptsliste_unique")]

    def __str__(self) -> str:
        return f"CPTS {self.pk} de la liste {self.liste_id}"


class LigneListe(models.Model):
    """One line: what it said, where, the commune it is. `choix`: the codes to choose among."""

    nommee = models.ForeignKey(CptsListe, on_delete=models.CASCADE, related_name="lignes", verbose_name="CPTS")
    ligne = models.PositiveIntegerField("ligne")
    colonne = models.CharField("colonne", max_length=60)
    lue = models.CharField("commune lue", max_length=120)
    departement = models.CharField("département lu", max_length=60, blank=True)
    nature = models.CharField("lecture", max_length=12, choices=NatureLecture)
    message = models.CharField("explication", max_length=300, blank=True)
    choix = ArrayField(models.CharField(max_length=5), default=list, blank=True, verbose_name="communes possibles")
    commune = models.ForeignKey(
        Commune, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="commune"
    )
    sort = models.CharField("sort", max_length=12, choices=SortLecture)
    motif = models.CharField("motif", max_length=300, blank=True)
    decide_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "ligne d'une liste de CPTS"
        verbose_name_plural = "lignes d'une liste de CPTS"
        ordering = ["nommee", "ligne", "pk"]
        constraints = [
            models.CheckConstraint(
                name="ligneliste_retenue_a_sa_commune",
                condition=~Q(sort=SortLecture.RETENUE) | Q(commune__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Ligne {self.ligne}"
