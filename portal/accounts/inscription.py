"""A practitioner opens an account: an address, a link that proves it, a password. Nothing tells whether it was known.

Until the link is used the account is only an address, closed and without password; a week later it is erased.
"""

import secrets
from datetime import datetime, timedelta

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from portal.accounts.limites import TropDeTentatives, hash_compte, take
from portal.accounts.models import User
from portal.core.courriels import build_message_id, build_url, send_courriel
from portal.core.models import Evenement
from portal.core.outbox import post

MESSAGES_PAR_HEURE = 3
GARDE = timedelta(days=7)
LOT = 1000


class JetonInscription(PasswordResetTokenGenerator):
    """Its link opens an account, and cannot change the password of one."""

    key_salt = "portal.accounts.inscription"


jeton_inscription = JetonInscription()


def find_en_attente() -> QuerySet[User]:
    """Asked for and never opened: no password, never signed in, no mandat."""
    return User.objects.filter(
        is_active=False,
        last_login=None,
        password__startswith=UNUSABLE_PASSWORD_PREFIX,
        mandats=None,
        identites=None,
    )


def is_en_attente(user: User) -> bool:
    return find_en_attente().filter(pk=user.pk).exists()


@transaction.atomic
def ask_inscription(adresse: str) -> None:
    """The same statements whether the address was known or not; a worker does the rest."""
    propre = adresse.strip().lower()
    attente = User(email=propre, is_active=False, password=make_password(None))
    User.objects.bulk_create([attente], ignore_conflicts=True)
    post("accounts.inscription", User.objects.only("pk").get(email=propre).pk, secrets.token_hex(8))


def send_inscription(user_id: int, alea: str) -> bool:
    """The link, or « you already have an account » to who has one. Three messages an hour at most to one mailbox."""
    user = User.objects.filter(pk=user_id).first()
    if user is None or not user.email:
        return False
    attente = is_en_attente(user)
    if not attente and not user.is_active:
        return False
    try:
        take({f"inscription:courriel:{hash_compte(user.email)}": MESSAGES_PAR_HEURE})
    except TropDeTentatives:
        return False
    contexte = {"connexion": build_url(reverse("connexion")), "oubli": build_url(reverse("mot_de_passe_oubli"))}
    gabarit = "accounts/inscription_connue"
    if attente:
        cle = urlsafe_base64_encode(force_bytes(user.pk))
        chemin = reverse("inscription_ouvrir", args=[cle, jeton_inscription.make_token(user)])
        contexte, gabarit = {"lien": build_url(chemin)}, "accounts/inscription"
    send_courriel(user.email, gabarit, contexte, message_id=build_message_id("inscription", user.pk, alea))
    return True


def open_compte(user: User) -> bool:
    """The password is chosen: the account is open. False when an administrator closed it meanwhile."""
    with transaction.atomic():
        ouverts = User.objects.filter(pk=user.pk, is_active=False, last_login=None).update(is_active=True)
        if ouverts:
            Evenement.objects.create(objet=f"accounts.user:{user.pk}", action="compte_ouvert", auteur=user)
    return bool(ouverts)


@transaction.atomic
def purge_inscriptions(*, le: datetime) -> int:
    """Erase the addresses that nobody confirmed within a week. Returns how many."""
    vieilles = find_en_attente().filter(date_joined__lt=le - GARDE).order_by("pk")
    supprimes, _ = User.objects.filter(pk__in=list(vieilles.values_list("pk", flat=True)[:LOT])).delete()
    return supprimes
