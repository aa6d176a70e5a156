"""Who coordinates a CPTS: those who have access, those who are invited, and the end of an access."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from cpts.droits import is_coordinateur
from cpts.erreurs import ActeInvalide, DroitRefuse
from cpts.models import Cpts
from cpts.services.espace_territoire import note
from portal.accounts.enums import Role, TypePerimetre
from portal.accounts.invitations import invite_coediteur, revoke_invitation
from portal.accounts.models import Invitation, Mandat
from portal.accounts.organisations import MandatRefuse, end_mandat
from portal.accounts.portee import read_portee

ACCES_MAX = 60
SANS_ORGANISATION = "Cette CPTS n’a pas encore d’organisation dans le portail : demandez-la à l’ARS."
DERNIERE = "Vous êtes la seule personne à coordonner cette CPTS : invitez-en une autre avant de partir."


@dataclass(frozen=True, slots=True)
class Acces:
    mandats: list[Mandat]
    invitations: list[Invitation]


def may_manage_acces(user: Any, cpts: Cpts) -> bool:
    """The coordinators of the CPTS, and the administrators of its territory."""
    portee = read_portee(user)
    return is_coordinateur(portee, cpts) or portee.covers(cpts.region_code, cpts.departement_code, Role.ADMINISTRATEUR)


def read_acces(cpts: Cpts) -> Acces:
    """The mandats in force or to come, and the invitations still open."""
    au = timezone.localdate()
    mandats = filter_mandats(cpts).filter(Q(periode__contains=au) | Q(periode__startswith__gt=au))
    invitations = Invitation.objects.filter(
        mandat__role=Role.COORDINATEUR_CPTS.value,
        mandat__perimetre_code=cpts.code,
        acceptee_le=None,
        annulee_le=None,
        expire_le__gt=timezone.now(),
    )
    return Acces(
        list(mandats.select_related("user").order_by("user__last_name", "user__first_name", "pk")[:ACCES_MAX]),
        list(invitations.order_by("-cree_le", "pk")[:ACCES_MAX]),
    )


def filter_mandats(cpts: Cpts) -> Any:
    return Mandat.objects.filter(role=Role.COORDINATEUR_CPTS, perimetre=TypePerimetre.CPTS, perimetre_code=cpts.code)


@transaction.atomic
def invite(cpts: Cpts, courriel: str, *, par: Any) -> Invitation:
    """Raises DroitRefuse, ActeInvalide."""
    _check(cpts, par)
    if cpts.organisation is None:
        raise ActeInvalide(SANS_ORGANISATION)
    acces = read_acces(cpts)
    adresse = courriel.strip().lower()
    if any((mandat.user.email or "").lower() == adresse for mandat in acces.mandats):
        raise ActeInvalide("Déjà là.", {"courriel": "Cette personne coordonne déjà cette CPTS."})
    if any(invitation.courriel == adresse for invitation in acces.invitations):
        raise ActeInvalide(
            "Déjà invitée.", {"courriel": "Une invitation attend déjà cette personne : annulez-la avant."}
        )
    try:
        invitation = invite_coediteur(adresse, cpts.organisation, par=par)
    except MandatRefuse as refus:
        raise ActeInvalide(str(refus), {refus.champ: str(refus)} if refus.champ == "courriel" else {}) from None
    note(cpts, "coediteur_invite", par, invitation=invitation.pk)
    return invitation


@transaction.atomic
def end_acces(cpts: Cpts, cle: int, *, par: Any) -> date:
    """Returns the first day without it: today, or tomorrow for an access that began today."""
    _check(cpts, par)
    mandat = filter_mandats(cpts).filter(pk=cle).first()
    if mandat is None:
        raise ActeInvalide("Cet accès est déjà terminé.")
    au = timezone.localdate()
    autres = filter_mandats(cpts).filter(periode__contains=au, user__is_active=True).exclude(user=mandat.user_id)
    if mandat.user_id == par.pk and not autres.exists():
        raise ActeInvalide(DERNIERE)
    le = max(au, mandat.periode.lower + timedelta(days=1))
    try:
        end_mandat(mandat, par=par, le=le)
    except MandatRefuse as refus:
        raise ActeInvalide(str(refus)) from None
    note(cpts, "coediteur_fini", par, mandat=mandat.pk)
    return le


@transaction.atomic
def cancel_invitation(cpts: Cpts, cle: int, *, par: Any) -> None:
    _check(cpts, par)
    invitation = next((une for une in read_acces(cpts).invitations if une.pk == cle), None)
    if invitation is None:
        raise ActeInvalide("Cette invitation n’attend plus.")
    try:
        revoke_invitation(invitation, par=par)
    except MandatRefuse as refus:
        raise ActeInvalide(str(refus)) from None


def _check(cpts: Cpts, par: Any) -> None:
    if not may_manage_acces(par, cpts):
        raise DroitRefuse("Seule la coordination de cette CPTS, ou un administrateur, donne et retire un accès.")
