"""How long accounts and invitations are kept, and what erasing an account takes away."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, ProtectedError, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from portal.accounts.models import CodeSecours, IdentiteExterne, Invitation, Mandat, SessionOuverte, User
from portal.core.conservation import Categorie, Comptes, forget_traces
from portal.core.copies import forget_courriels
from portal.core.documents import erase_document
from portal.core.effacements import Retenue
from portal.core.models import Document, ExportDonnees, FiltreEnregistre, Preavis

ABSENT = Q(is_active=False, email=None, first_name="", last_name="")
"""An account already erased: only its number is left."""


def find_inactifs(limite: datetime) -> QuerySet[User]:
    """Nobody signed in since: not the agents in charge, nor the machine's keepers, nor those already erased."""
    mandats = Mandat.objects.en_vigueur(au=timezone.localdate()).filter(user=OuterRef("pk"))
    comptes = User.objects.annotate(depart=Greatest(Coalesce("last_login", "date_joined"), "date_joined"))
    return comptes.filter(~Exists(mandats), depart__lt=limite, is_superuser=False).exclude(ABSENT)


def find_invitations(limite: datetime) -> QuerySet[Invitation]:
    finies = Invitation.objects.annotate(depart=Coalesce("acceptee_le", "annulee_le", "expire_le"))
    return finies.filter(depart__lt=limite)


def purge_invitations(cles: Sequence[Any]) -> Comptes:
    supprimees, _ = Invitation.objects.filter(pk__in=list(cles)).delete()
    return Counter({"accounts.invitation": supprimees})


class EffaceurCompte:
    """The account itself: its row stays, without name nor address, for the acts that its number signs."""

    def list_retenues(self, user_id: int) -> list[Retenue]:
        retenues = []
        mandats = Mandat.objects.en_vigueur(au=timezone.localdate()).filter(user_id=user_id).count()
        if mandats:
            raison = "cette personne a un mandat en vigueur, à clore d'abord"
            retenues.append(Retenue(raison, mandats, bloque=True))
        if User.objects.filter(pk=user_id, is_superuser=True).exists():
            raison = "ce compte administre la machine : retirez-lui d'abord ce droit"
            retenues.append(Retenue(raison, 1, bloque=True))
        return retenues

    def erase(self, user_id: int, *, garder: bool) -> Comptes:
        user = User.objects.select_for_update(no_key=True).get(pk=user_id)
        comptes = _erase_acces(user)
        comptes += _erase_documents(user_id)
        if user.email:
            comptes["courriels"] += forget_courriels(user.email)
            comptes["accounts.invitation"] += Invitation.objects.filter(courriel__iexact=user.email).delete()[0]
            for journal in (AccessAttempt, AccessFailureLog, AccessLog):
                comptes[journal._meta.label_lower] += journal.objects.filter(username__iexact=user.email).delete()[0]
        user.email, user.is_active, user.is_staff, user.last_login = None, False, False, None
        user.password = make_password(None)
        if not garder:
            user.first_name = user.last_name = ""
        user.save()
        user.groups.clear()
        user.user_permissions.clear()
        comptes += forget_traces("accounts.user", [user_id])
        comptes["accounts.user"] += 1
        return +comptes


def _erase_acces(user: User) -> Comptes:
    """Sessions first: whoever is signed in is out at the next request."""
    comptes: Comptes = Counter()
    cles = list(SessionOuverte.objects.filter(user=user).values_list("cle", flat=True))
    comptes["sessions.session"] = Session.objects.filter(session_key__in=cles).delete()[0]
    for modele in (SessionOuverte, CodeSecours, IdentiteExterne, TOTPDevice, StaticDevice):
        comptes[modele._meta.label_lower] = modele._default_manager.filter(user=user).delete()[0]
    comptes["core.filtreenregistre"] = FiltreEnregistre.objects.filter(proprietaire=user).delete()[0]
    comptes["core.preavis"] = Preavis.objects.filter(titulaire=user).delete()[0]
    return +comptes


def _erase_documents(user_id: int) -> Comptes:
    """Theirs, but for those that something held back still shows."""
    comptes: Comptes = Counter()
    comptes["core.exportdonnees"] = ExportDonnees.objects.filter(titulaire_id=user_id).delete()[0]
    for document in Document.objects.filter(proprietaire_id=user_id).order_by("pk").iterator(chunk_size=500):
        try:
            with transaction.atomic():
                erase_document(document)
        except ProtectedError:
            continue
        comptes["core.document"] += 1
    return +comptes


CATEGORIES = (Categorie("invitations", "accounts.invitation", "depart", find_invitations, purge_invitations),)
