"""Opening an account by a link sent to an address: one use, seven days, revocable (docs/adr/0113).

The link is derived from the row and the secret of the portal, so that a task that receives a key alone can write the
mail; only its digest is stored.
"""

import hashlib
from base64 import urlsafe_b64encode
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import get_random_string, salted_hmac

from portal.accounts.enums import Role, TypePerimetre
from portal.accounts.inscription import is_en_attente
from portal.accounts.models import Invitation, Mandat, Organisation, User
from portal.accounts.organisations import (
    MandatRefuse,
    Proposition,
    check_proposition,
    grant_mandat,
    is_within,
    read_fresh_portee,
)
from portal.accounts.portee import Portee
from portal.core.models import Evenement
from portal.core.outbox import post

DUREE = timedelta(days=7)
PAR_JOUR = 100
"""Invitations that one person may send in a day."""

PERIMEE = "Cette invitation n'est plus valable : demandez-en une nouvelle à la personne qui vous a invité."
COMPTE_EXISTANT = "Un compte existe déjà avec cette adresse : connectez-vous, puis ouvrez de nouveau le lien."
AUTRE_COMPTE = "Cette invitation est pour une autre adresse que celle de votre compte : déconnectez-vous d'abord."


class InvitationRefusee(Exception):
    """The sentence is for the person who accepts."""


def write_proposition(proposition: Proposition) -> dict[str, Any]:
    return {
        "organisation": proposition.organisation.pk,
        "role": str(proposition.role),
        "perimetre": str(proposition.perimetre),
        "perimetre_code": proposition.perimetre_code,
        "debut": proposition.debut.isoformat(),
        "fin": proposition.fin.isoformat() if proposition.fin else None,
    }


def read_proposition(invitation: Invitation) -> Proposition:
    lu = invitation.mandat
    return Proposition(
        organisation=Organisation.objects.get(pk=lu["organisation"]),
        role=Role(lu["role"]),
        perimetre=TypePerimetre(lu["perimetre"]),
        perimetre_code=lu["perimetre_code"],
        debut=date.fromisoformat(lu["debut"]),
        fin=date.fromisoformat(lu["fin"]) if lu["fin"] else None,
    )


@transaction.atomic
def invite(courriel: str, proposition: Proposition, *, par: User) -> Invitation:
    """Send a link that opens an account with this mandat. Raises MandatRefuse."""
    courriel = courriel.strip().lower()
    if par.email and courriel == par.email.lower():
        raise MandatRefuse("On ne s'invite pas soi-même : demandez un mandat à un autre administrateur.", "courriel")
    check_proposition(read_fresh_portee(par), proposition)
    maintenant = timezone.now()
    if Invitation.objects.filter(invite_par=par, cree_le__gt=maintenant - timedelta(days=1)).count() >= PAR_JOUR:
        raise MandatRefuse(f"Vous avez déjà envoyé {PAR_JOUR} invitations depuis hier : attendez demain.")
    invitation = Invitation.objects.create(
        courriel=courriel,
        mandat=write_proposition(proposition),
        empreinte=get_random_string(64),  # replaced below: the link is derived from the key of the row
        invite_par=par,
        cree_le=maintenant,
        expire_le=maintenant + DUREE,
    )
    invitation.empreinte = digest_jeton(make_jeton(invitation))
    invitation.save(update_fields=["empreinte"])
    _record(invitation, "invitation", par, role=str(proposition.role), cle=proposition.cle)
    post("accounts.invitation", invitation.pk, cle=f"invitation:{invitation.pk}")
    return invitation


def invite_coediteur(courriel: str, organisation: Organisation, *, par: User) -> Invitation:
    """A coordinator invites somebody to write with her for her CPTS. Raises MandatRefuse for another's."""
    proposition = Proposition(
        organisation=organisation,
        role=Role.COORDINATEUR_CPTS,
        perimetre=TypePerimetre.CPTS,
        perimetre_code=organisation.code,
        debut=timezone.localdate(),
    )
    return invite(courriel, proposition, par=par)


def make_jeton(invitation: Invitation, *, secret: str | None = None) -> str:
    graine = f"{invitation.pk}:{invitation.cree_le.isoformat()}"
    empreinte = salted_hmac("accounts.invitation", graine, secret=secret, algorithm="sha256").digest()
    return urlsafe_b64encode(empreinte[:24]).decode()


def find_jeton(invitation: Invitation) -> str:
    """The link that was given out, even when the secret of the portal changed since. Raises LookupError."""
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        jeton = make_jeton(invitation, secret=secret)
        if digest_jeton(jeton) == invitation.empreinte:
            return jeton
    raise LookupError("no secret of the portal gives this link any more: keep the former one in SECRET_KEY_FALLBACKS")


def digest_jeton(jeton: str) -> str:
    return hashlib.sha256(jeton.encode()).hexdigest()


def find_invitation(jeton: str) -> Invitation | None:
    """None: unknown, expired, used or revoked, all alike."""
    invitation = (
        Invitation.objects.select_related("invite_par").filter(empreinte=digest_jeton(jeton)).order_by("pk").first()
    )
    return invitation if invitation is not None and is_open(invitation) else None


def is_open(invitation: Invitation) -> bool:
    return invitation.acceptee_le is None and invitation.annulee_le is None and timezone.now() < invitation.expire_le


@transaction.atomic
def accept_invitation(
    invitation: Invitation, *, user: User | None, prenom: str, nom: str, mot_de_passe: str | None
) -> User:
    """`user`: who is signed in. None: the account is created. Raises InvitationRefusee, with nothing written.

    Whoever invited must still be able to give this mandat: what was lost meanwhile is not given.
    """
    tenue = Invitation.objects.select_related("invite_par").select_for_update(no_key=True, of=("self",))
    invitation = tenue.get(pk=invitation.pk)
    if not is_open(invitation) or not invitation.invite_par.is_active:
        raise InvitationRefusee(PERIMEE)
    existant = _find_account(invitation)
    if existant is not None and existant != user:
        raise InvitationRefusee(AUTRE_COMPTE if user else COMPTE_EXISTANT)
    if user is not None and existant is None and user.email:
        raise InvitationRefusee(AUTRE_COMPTE)
    if user is None:
        user = _open_user(invitation.courriel, prenom, nom, mot_de_passe)
    try:
        mandat: Mandat | None = grant_mandat(_from_today(invitation), user=user, par=invitation.invite_par)
    except (MandatRefuse, Organisation.DoesNotExist):
        raise InvitationRefusee(PERIMEE) from None
    invitation.acceptee_le, invitation.mandat_cree = timezone.now(), mandat
    invitation.save(update_fields=["acceptee_le", "mandat_cree"])
    _record(invitation, "acceptation", user)
    return user


def _from_today(invitation: Invitation) -> Proposition:
    """A mandat accepted late does not reach back before the day it is accepted."""
    proposition = read_proposition(invitation)
    debut = max(proposition.debut, timezone.localdate())
    return Proposition(
        organisation=proposition.organisation,
        role=proposition.role,
        perimetre=proposition.perimetre,
        perimetre_code=proposition.perimetre_code,
        debut=debut,
        fin=proposition.fin,
    )


def has_account(invitation: Invitation) -> bool:
    return _find_account(invitation) is not None


def _find_account(invitation: Invitation) -> User | None:
    """None too for a sign-up that nobody confirmed: anybody can ask for one, it must bar the way to nobody."""
    user = User.objects.filter(email=invitation.courriel).order_by("pk").first()
    return None if user is None or is_en_attente(user) else user


def _open_user(courriel: str, prenom: str, nom: str, mot_de_passe: str | None) -> User:
    """The account of this address, made now or waiting since a sign-up: the link of the invitation confirms it."""
    tenus = User.objects.select_for_update(no_key=True, of=("self",))
    user = tenus.filter(email=courriel).order_by("pk").first() or User(email=courriel)
    if user.pk and not is_en_attente(user):  # opened at the same instant
        raise InvitationRefusee(COMPTE_EXISTANT)
    user.first_name, user.last_name, user.is_active = prenom, nom, True
    user.password = make_password(mot_de_passe)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:  # opened at the same instant
        raise InvitationRefusee(COMPTE_EXISTANT) from None
    Evenement.objects.create(objet=f"accounts.user:{user.pk}", action="creation", auteur=user)
    return user


@transaction.atomic
def revoke_invitation(invitation: Invitation, *, par: User) -> bool:
    """Returns whether it was still open. Raises MandatRefuse for somebody who could not have sent it."""
    tenue = Invitation.objects.select_for_update(no_key=True, of=("self",)).get(pk=invitation.pk)
    if tenue.invite_par_id != par.pk and not may_see(read_fresh_portee(par), tenue):
        raise MandatRefuse("Cette invitation est hors du périmètre où vous êtes administrateur.")
    if not is_open(tenue):
        return False
    tenue.annulee_le = timezone.now()
    tenue.save(update_fields=["annulee_le"])
    _record(tenue, "annulation", par)
    return True


def may_see(portee: Portee, invitation: Invitation) -> bool:
    try:
        proposition = read_proposition(invitation)
    except (Organisation.DoesNotExist, KeyError, ValueError):
        return portee.technique
    return is_within(portee, proposition.cle, proposition.organisation, Role.ADMINISTRATEUR)


def _record(invitation: Invitation, action: str, par: User, **details: Any) -> None:
    Evenement.objects.create(objet=f"accounts.invitation:{invitation.pk}", action=action, auteur=par, details=details)
