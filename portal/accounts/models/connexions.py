"""How somebody signs in: identities vouched for elsewhere, invitations, sessions open, recovery codes, tries."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.accounts.enums import Fournisseur
from portal.accounts.models.organisations import Mandat
from portal.accounts.querysets import InvitationQuerySet


class IdentiteExterne(models.Model):
    """`sujet` is the identifier of the person at the provider: never linked by an e-mail address alone."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="identites")
    fournisseur = models.CharField("fournisseur", max_length=12, choices=Fournisseur)
    sujet = models.CharField("sujet", max_length=200)
    rpps = models.CharField("RPPS", max_length=11, blank=True)
    siret = models.CharField("SIRET", max_length=14, blank=True)
    liee_le = models.DateTimeField("liée le", default=timezone.now)

    class Meta:
        verbose_name = "identité externe"
        verbose_name_plural = "identités externes"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["fournisseur", "sujet"], name="identite_sujet_unique"),
            models.UniqueConstraint(fields=["rpps"], condition=~Q(rpps=""), name="identite_rpps_unique"),
        ]

    def __str__(self) -> str:
        return f"Identité {self.pk} ({self.fournisseur})"


class Invitation(models.Model):
    """A link sent to an address, to open an account; the mandat it carries begins with it. `empreinte`: the link's."""

    courriel = models.EmailField("adresse e-mail")
    mandat = models.JSONField("mandat proposé", default=dict, blank=True)
    empreinte = models.CharField("empreinte du lien", max_length=64, unique=True)
    invite_par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    cree_le = models.DateTimeField("créée le", default=timezone.now)
    expire_le = models.DateTimeField("expire le")
    acceptee_le = models.DateTimeField("acceptée le", null=True, blank=True)
    annulee_le = models.DateTimeField("annulée le", null=True, blank=True)
    mandat_cree = models.ForeignKey(Mandat, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = "invitation"
        ordering = ["-cree_le", "-pk"]

    def __str__(self) -> str:
        return f"Invitation {self.pk}"


class SessionOuverte(models.Model):
    """A session that its owner can see and end. `cle` is the key of Django's session."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sessions_ouvertes")
    cle = models.CharField("clé", max_length=40, unique=True)
    ouverte_le = models.DateTimeField("ouverte le", default=timezone.now)
    vue_le = models.DateTimeField("vue le", default=timezone.now)
    appareil = models.CharField("appareil", max_length=120, blank=True)
    moyen = models.CharField("moyen de connexion", max_length=20, blank=True)

    class Meta:
        verbose_name = "session ouverte"
        verbose_name_plural = "sessions ouvertes"
        ordering = ["-vue_le", "-pk"]

    def __str__(self) -> str:
        return f"Session {self.pk}"


class CodeSecours(models.Model):
    """A code that replaces the second factor once. Only its digest is kept; `utilise_le` says that it is spent."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="codes_secours")
    empreinte = models.CharField("empreinte", max_length=64)
    utilise_le = models.DateTimeField("utilisé le", null=True, blank=True)

    class Meta:
        verbose_name = "code de secours"
        verbose_name_plural = "codes de secours"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["user", "empreinte"], name="code_secours_unique")]

    def __str__(self) -> str:
        return f"Code de secours {self.pk}"


class Tentative(models.Model):
    """The tries of the last hour from one place or for one account. `cle` is a keyed digest: neither is in it."""

    cle = models.CharField("clé", max_length=80, primary_key=True)
    instants = ArrayField(models.DateTimeField(), default=list, verbose_name="instants")
    derniere_le = models.DateTimeField("dernière le", default=timezone.now, db_index=True)

    class Meta:
        verbose_name = "tentative"
        ordering = ["cle"]

    def __str__(self) -> str:
        return f"Tentatives ({self.cle.partition(':')[0]})"
