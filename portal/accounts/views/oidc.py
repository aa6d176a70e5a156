"""Signing in by Pro Santé Connect or ProConnect: leave with a state, come back with a code."""

import logging
import time
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from mozilla_django_oidc.utils import generate_code_challenge
from rest_framework.request import Request

from portal.accounts.invitations import is_open
from portal.accounts.limites import TropDeTentatives, render_trop, take
from portal.accounts.models import Invitation, User
from portal.accounts.oidc import ClientOidc, EchecOidc, Identite, ReglagesOidc, read_reglages
from portal.accounts.oidc_comptes import find_account
from portal.accounts.oidc_deconnexion import keep_provider
from portal.accounts.sessions import open_session
from portal.core.api.limites import LimiteParAdresse, build_cle
from portal.core.ceinture import as_systeme
from portal.core.models import Evenement

journal = logging.getLogger("maillage.oidc")
DUREE = 600  # seconds to come back with a code
EN_COURS_MAX = 5
REFUS_PAR_HEURE = 30


@never_cache
@require_GET
def oidc_depart(request: HttpRequest, fournisseur: str) -> HttpResponse:
    reglages = _reglages(fournisseur)
    etat, nonce, verifieur = get_random_string(32), get_random_string(32), get_random_string(64)
    en_cours = dict(list(request.session.get("oidc", {}).items())[-EN_COURS_MAX + 1 :])
    en_cours[etat] = {
        "fournisseur": fournisseur,
        "nonce": nonce,
        "verifieur": verifieur,
        "suite": request.GET.get("next", ""),
        "depuis": int(time.time()),
        "personne": request.user.pk,
        "invitation": request.session.pop("invitation", None),
    }
    request.session["oidc"] = en_cours
    parametres = {
        "response_type": "code",
        "scope": reglages.portees,
        "client_id": reglages.client,
        "redirect_uri": _retour(request, reglages),
        "state": etat,
        "nonce": nonce,
        "code_challenge": generate_code_challenge(verifieur, "S256"),
        "code_challenge_method": "S256",
    }
    if reglages.acr:
        parametres["acr_values"] = reglages.acr
    return HttpResponseRedirect(f"{reglages.autorisation}?{urlencode(parametres)}")


@never_cache
@require_GET
def oidc_retour(request: HttpRequest, fournisseur: str) -> HttpResponse:
    """Nothing of the answer is believed before its state; a failure leaves one row in the journal, and no session."""
    reglages = _reglages(fournisseur)
    try:
        demande = _take_demande(request, fournisseur)
        identite = _identify(request, reglages, demande)
        user = _find_account(request, reglages, identite, demande)
    except EchecOidc as echec:
        return _refuse(request, reglages, echec)
    if not request.user.is_authenticated:
        open_session(request, user, moyen=fournisseur, second_facteur=identite.fort)
    keep_provider(request, reglages, identite)
    return redirect(_suite(request, demande["suite"]))


def _reglages(fournisseur: str) -> ReglagesOidc:
    reglages = read_reglages(fournisseur)
    if reglages is None:
        raise Http404
    return reglages


def _retour(request: HttpRequest, reglages: ReglagesOidc) -> str:
    return request.build_absolute_uri(reverse("oidc_retour", args=[reglages.fournisseur]))


def _take_demande(request: HttpRequest, fournisseur: str) -> dict[str, Any]:
    """What was asked under this state, once: it is forgotten before the code is even looked at."""
    en_cours = request.session.get("oidc", {})
    demande: dict[str, Any] | None = en_cours.pop(request.GET.get("state", ""), None)
    if demande is None or demande["fournisseur"] != fournisseur:
        raise EchecOidc("etat_inconnu")
    request.session["oidc"] = en_cours
    request.session.save()
    if time.time() - demande["depuis"] > DUREE:
        raise EchecOidc("etat_expire")
    if demande["personne"] != request.user.pk:
        raise EchecOidc("autre_personne")
    if "error" in request.GET:
        raise EchecOidc("refus_du_fournisseur", statut=403)
    return demande


def _identify(request: HttpRequest, reglages: ReglagesOidc, demande: dict[str, Any]) -> Identite:
    code = request.GET.get("code", "")
    if not code:
        raise EchecOidc("sans_code")
    return ClientOidc(reglages).identify(
        code=code, nonce=demande["nonce"], verifieur=demande["verifieur"], retour=_retour(request, reglages)
    )


def _find_account(request: HttpRequest, reglages: ReglagesOidc, identite: Identite, demande: dict[str, Any]) -> User:
    connecte = request.user if isinstance(request.user, User) else None
    with as_systeme():  # nobody is known yet: the rows of the person who comes are not theirs before that
        invitation = Invitation.objects.filter(pk=demande["invitation"]).first() if demande["invitation"] else None
        if invitation is not None and not is_open(invitation):
            invitation = None
        return find_account(reglages.fournisseur, identite, connecte=connecte, invitation=invitation)


def _refuse(request: HttpRequest, reglages: ReglagesOidc, echec: EchecOidc) -> HttpResponse:
    """One row in the journal; beyond a number an hour from one address, none: nobody fills it from outside."""
    reseau = build_cle(LimiteParAdresse().get_ident(Request(request)))
    try:
        take({f"oidc:reseau:{reseau}": REFUS_PAR_HEURE})
    except TropDeTentatives as trop:
        if echec.statut != 503:  # the provider is down: nobody here tries anything
            return render_trop(request, trop.attente)
    else:
        Evenement.objects.create(
            objet=f"accounts.oidc:{reglages.fournisseur}", action="connexion_refusee", details={"motif": echec.motif}
        )
        journal.warning("%s : connexion refusée (%s)", reglages.fournisseur, echec.motif)
    contexte = {
        "fournisseur": reglages.fournisseur.label,
        "indisponible": echec.statut == 503,
        "phrase": echec.phrase,
        "titre": "Connexion indisponible" if echec.statut == 503 else "Connexion refusée",
    }
    reponse = render(request, "accounts/oidc_refus.html", contexte, status=echec.statut)
    if echec.statut == 503:
        reponse["Retry-After"] = "60"
    return reponse


def _suite(request: HttpRequest, suite: str) -> str:
    if suite and url_has_allowed_host_and_scheme(suite, {request.get_host()}, require_https=request.is_secure()):
        return suite
    return resolve_url("compte")
