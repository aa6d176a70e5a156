"""From an identity vouched for to an account: by subject or RPPS, never by an e-mail address (docs/adr/0111)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string

from portal.accounts.enums import Fournisseur
from portal.accounts.invitations import InvitationRefusee, accept_invitation
from portal.accounts.models import IdentiteExterne, Invitation, User
from portal.accounts.oidc import EchecOidc, Identite
from portal.accounts.portee import read_portee
from portal.core.models import Evenement

RPPS = re.compile(r"\d{11}")
NATIONAL = re.compile(r"8(\d{11})")
"""The national identifier of a practitioner: « 8 », then the RPPS."""

SANS_RPPS = "Pro Santé Connect n'a pas transmis de numéro RPPS : Maillage ne peut pas vous reconnaître."
DEJA_LIEE = "Cette identité est déjà reliée à un autre compte. Écrivez au contact du portail s'il s'agit d'une erreur."
AUTRE_IDENTITE = "Votre compte est déjà relié à une autre identité. Écrivez au contact du portail pour la changer."
AUTRE_RPPS = "L'adresse transmise est celle d'un compte relié à un autre numéro RPPS : la connexion est refusée."
INCONNU = (
    "Aucun compte n'est relié à cette identité ProConnect. Si vous avez reçu une invitation, ouvrez son lien. "
    "Si vous avez un compte, connectez-vous avec votre mot de passe, puis reliez ProConnect depuis « Mon compte »."
)
SANS_MANDAT = "Votre compte n'a plus de mandat en vigueur. Demandez-en un à l'administrateur de votre organisation."
FERME = "Ce compte est désactivé. Écrivez au contact du portail."


@dataclass(frozen=True, slots=True)
class ProfilPsc:
    rpps: str
    professions: tuple[str, ...]
    prenom: str
    nom: str
    courriel: str


def read_profil_psc(declarations: Mapping[str, Any]) -> ProfilPsc:
    """Raises EchecOidc without exactly one RPPS: an ADELI number, or two that differ, are nobody."""
    numeros = set()
    national = NATIONAL.fullmatch(str(declarations.get("SubjectNameID") or ""))
    if national:
        numeros.add(national[1])
    for autre in _list_dicts(declarations.get("otherIds")):
        numero = str(autre.get("identifiant") or "")
        if str(autre.get("origine", "")).upper() == "RPPS" and (lu := NATIONAL.fullmatch(numero)):
            numeros.add(lu[1])
        elif str(autre.get("origine", "")).upper() == "RPPS" and RPPS.fullmatch(numero):
            numeros.add(numero)
    if len(numeros) != 1:
        raise EchecOidc("sans_rpps", statut=403, phrase=SANS_RPPS)
    ref = declarations.get("SubjectRefPro")
    exercices = _list_dicts(ref.get("exercices")) if isinstance(ref, dict) else []
    professions = dict.fromkeys(str(exercice.get("codeProfession") or "") for exercice in exercices)
    return ProfilPsc(
        rpps=numeros.pop(),
        professions=tuple(code for code in professions if code)[:10],
        prenom=str(declarations.get("given_name") or "")[:150],
        nom=str(declarations.get("family_name") or "")[:150],
        courriel=str(declarations.get("email") or "").strip().lower(),
    )


def _list_dicts(valeur: Any) -> list[dict[str, Any]]:
    return [element for element in valeur if isinstance(element, dict)] if isinstance(valeur, list) else []


def find_account(
    fournisseur: Fournisseur, identite: Identite, *, connecte: User | None, invitation: Invitation | None
) -> User:
    """The account of this identity, linked or created. `connecte`: who was signed in when it was asked for.

    Raises EchecOidc, with nothing written.
    """
    try:
        with transaction.atomic():
            if fournisseur is Fournisseur.PSC:
                user = _find_praticien(identite, connecte)
            else:
                user = _find_agent(identite, connecte, invitation)
            if not user.is_active:
                raise EchecOidc("compte_ferme", statut=403, phrase=FERME)
            return user
    except IntegrityError:  # linked to somebody else at the same instant
        raise EchecOidc("identite_deja_liee", statut=403, phrase=DEJA_LIEE) from None


def _find_praticien(identite: Identite, connecte: User | None) -> User:
    profil = read_profil_psc(identite.declarations)
    liee = _find_liee(Fournisseur.PSC, identite.sujet)
    if liee is not None and liee.rpps != profil.rpps:
        raise EchecOidc("autre_rpps", statut=403, phrase=AUTRE_IDENTITE)
    if liee is None:  # a new card, a new subject: the RPPS is the person
        liee = IdentiteExterne.objects.select_related("user").filter(rpps=profil.rpps).order_by("pk").first()
        if liee is not None:
            IdentiteExterne.objects.filter(pk=liee.pk).update(sujet=identite.sujet)
    _refuse_other(liee, connecte)
    if liee is None and _has_other_rpps(profil):
        raise EchecOidc("courriel_d_un_autre_rpps", statut=403, phrase=AUTRE_RPPS)
    user = liee.user if liee else connecte or _create_praticien(profil)
    if liee is None:
        _link(user, Fournisseur.PSC, identite.sujet, rpps=profil.rpps)
    if user.is_active:
        for chemin in settings.MAILLAGE_APRES_PSC:
            import_string(chemin)(user, rpps=profil.rpps, professions=profil.professions)
    return user


def _has_other_rpps(profil: ProfilPsc) -> bool:
    """The address is that of an account linked to another RPPS. An address alone links nobody: it can only refuse."""
    if not profil.courriel:
        return False
    return (
        IdentiteExterne.objects.filter(user__email=profil.courriel).exclude(rpps="").exclude(rpps=profil.rpps).exists()
    )


def _create_praticien(profil: ProfilPsc) -> User:
    """No address: the one that a provider gives has not been confirmed here, and may be somebody's."""
    user = User(email=None, first_name=profil.prenom, last_name=profil.nom)
    user.set_unusable_password()
    user.save()
    Evenement.objects.create(
        objet=f"accounts.user:{user.pk}", action="creation", auteur=user, details={"moyen": Fournisseur.PSC}
    )
    return user


def _find_agent(identite: Identite, connecte: User | None, invitation: Invitation | None) -> User:
    liee = _find_liee(Fournisseur.PROCONNECT, identite.sujet)
    _refuse_other(liee, connecte)
    user = liee.user if liee else connecte
    if invitation is not None:
        user = _accept(invitation, identite, user)
    if user is None:
        raise EchecOidc("compte_inconnu", statut=403, phrase=INCONNU)
    if user.is_active and not user.is_superuser and not read_portee(user).mandats:
        raise EchecOidc("sans_mandat", statut=403, phrase=SANS_MANDAT)
    if liee is None:
        siret = str(identite.declarations.get("siret") or "")
        siret = siret if re.fullmatch(r"\d{14}", siret) else ""
        _link(user, Fournisseur.PROCONNECT, identite.sujet, siret=siret)
    return user


def _accept(invitation: Invitation, identite: Identite, user: User | None) -> User:
    """The link that was opened just before proves the address; ProConnect proves the person."""
    declarations = identite.declarations
    try:
        return accept_invitation(
            invitation,
            user=user,
            prenom=str(declarations.get("given_name") or "")[:150],
            nom=str(declarations.get("usual_name") or declarations.get("family_name") or "")[:150],
            mot_de_passe=None,
        )
    except InvitationRefusee as refus:
        raise EchecOidc("invitation_refusee", statut=403, phrase=str(refus)) from None


def _find_liee(fournisseur: Fournisseur, sujet: str) -> IdentiteExterne | None:
    liees = IdentiteExterne.objects.select_related("user").filter(fournisseur=fournisseur, sujet=sujet)
    return liees.order_by("pk").first()


def _refuse_other(liee: IdentiteExterne | None, connecte: User | None) -> None:
    if liee is not None and connecte is not None and liee.user_id != connecte.pk:
        raise EchecOidc("identite_deja_liee", statut=403, phrase=DEJA_LIEE)


def _link(user: User, fournisseur: Fournisseur, sujet: str, *, rpps: str = "", siret: str = "") -> None:
    if user.identites.filter(fournisseur=fournisseur).exists():
        raise EchecOidc("compte_deja_lie", statut=403, phrase=AUTRE_IDENTITE)
    IdentiteExterne.objects.create(user=user, fournisseur=fournisseur, sujet=sujet, rpps=rpps, siret=siret)
    Evenement.objects.create(
        objet=f"accounts.user:{user.pk}", action="identite_liee", auteur=user, details={"fournisseur": fournisseur}
    )
