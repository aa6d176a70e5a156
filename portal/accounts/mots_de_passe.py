"""A password forgotten or changed. The messages leave by the outbox, and nothing tells whether an address is known."""

import secrets
from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from portal.accounts.limites import TropDeTentatives, hash_compte, take
from portal.accounts.models import User
from portal.accounts.sessions import CLE_SESSION, end_sessions, follow_session
from portal.core.courriels import build_message_id, build_url, send_courriel
from portal.core.models import Evenement
from portal.core.outbox import post

MESSAGES_PAR_HEURE = 3
ALERTES = {
    "mot_de_passe": "Le mot de passe de votre compte a été changé.",
    "facteur": "Le second facteur de votre compte a été retiré.",
    "facteur_active": "Un second facteur a été ajouté à votre compte.",
}


@transaction.atomic
def ask_reset(adresse: str) -> None:
    """The same work whether the address has an account or not: one reading, one intent; a worker does the rest."""
    user = User.objects.filter(email=adresse.strip().lower()).only("pk").first()
    post("accounts.mot_de_passe", user.pk if user else 0, secrets.token_hex(8))


def send_reset(user_id: int, alea: str) -> bool:
    """The link, which lasts an hour and serves once. Three messages an hour at most go to one mailbox."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None or not user.email or not user.has_usable_password():
        return False
    try:
        take({f"oubli:courriel:{hash_compte(user.email)}": MESSAGES_PAR_HEURE})
    except TropDeTentatives:
        return False
    cle = urlsafe_base64_encode(force_bytes(user.pk))
    chemin = reverse("mot_de_passe_nouveau", args=[cle, default_token_generator.make_token(user)])
    contexte = {"lien": build_url(chemin), "connexion": build_url(reverse("connexion"))}
    Evenement.objects.create(objet=f"accounts.user:{user.pk}", action="mot_de_passe_oublie", auteur=None)
    message_id = build_message_id("mot-de-passe", user.pk, alea)
    send_courriel(user.email, "accounts/mot_de_passe", contexte, message_id=message_id)
    return True


def send_alerte(user_id: int, genre: str, alea: str) -> bool:
    """Tell the owner that something of the account changed: if it was not them, this is how they learn it."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None or not user.email:
        return False
    contexte = {"phrase": ALERTES[genre], "lien": build_url(reverse("mot_de_passe_oubli"))}
    message_id = build_message_id("alerte", user.pk, alea)
    send_courriel(user.email, "accounts/alerte", contexte, message_id=message_id)
    return True


def post_alerte(user: User, genre: str) -> None:
    """Inside the transaction of the act."""
    post("accounts.alerte", user.pk, genre, secrets.token_hex(8))


@transaction.atomic
def record_reset(user: User) -> None:
    """After the link was used: every session ends."""
    end_sessions(user, par=user)
    Evenement.objects.create(objet=f"accounts.user:{user.pk}", action="mot_de_passe_change", auteur=user)
    post_alerte(user, "mot_de_passe")


@transaction.atomic
def change_password(request: HttpRequest, form: Any) -> None:
    """The session under way goes on under a new key; the others end."""
    user: User = form.save()
    update_session_auth_hash(request, user)
    follow_session(request)
    end_sessions(user, sauf=request.session.get(CLE_SESSION), par=user)
    Evenement.objects.create(objet=f"accounts.user:{user.pk}", action="mot_de_passe_change", auteur=user)
    post_alerte(user, "mot_de_passe")
