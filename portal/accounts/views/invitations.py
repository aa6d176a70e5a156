"""Opening the account that an invitation offers: the link is the proof of the address."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.accounts.enums import Fournisseur
from portal.accounts.forms_invitations import OuvertureForm
from portal.accounts.invitations import (
    PERIMEE,
    InvitationRefusee,
    accept_invitation,
    find_invitation,
    has_account,
    read_proposition,
)
from portal.accounts.models import Invitation, Organisation, User
from portal.accounts.oidc import read_reglages
from portal.accounts.sessions import open_session
from portal.core.ceinture import as_systeme


@never_cache
@sensitive_post_parameters("mot_de_passe", "confirmation")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, jeton: str) -> HttpResponse:
    """Nobody is known yet: the link alone says whose row this is, so the belt is let out for it."""
    trouvee = _find(jeton)
    if trouvee is None:
        return _refuse(request, PERIMEE)
    if request.user.is_authenticated or has_account(trouvee):
        return _show(request, trouvee, jeton)
    formulaire = OuvertureForm(request.POST or None, courriel=trouvee.courriel)
    if request.method != "POST" or not formulaire.is_valid():
        return _show(request, trouvee, jeton, formulaire)
    saisi = formulaire.cleaned_data
    try:
        with as_systeme():
            user = accept_invitation(
                trouvee, user=None, prenom=saisi["prenom"], nom=saisi["nom"], mot_de_passe=saisi["mot_de_passe"]
            )
    except InvitationRefusee as refus:
        return _refuse(request, str(refus))
    open_session(request, user, moyen="invitation")
    return redirect("compte")


@never_cache
@login_required
@require_POST
def invitation_accepter(request: HttpRequest, jeton: str) -> HttpResponse:
    """For somebody who has an account, and is signed in to it."""
    trouvee = _find(jeton)
    if trouvee is None:
        return _refuse(request, PERIMEE)
    try:
        with as_systeme():
            accept_invitation(trouvee, user=_person(request), prenom="", nom="", mot_de_passe=None)
    except InvitationRefusee as refus:
        return _refuse(request, str(refus))
    return redirect("compte")


@never_cache
@require_GET
def invitation_proconnect(request: HttpRequest, jeton: str) -> HttpResponse:
    """Keep the invitation in the session while ProConnect says who it is."""
    if read_reglages(Fournisseur.PROCONNECT) is None:
        raise Http404
    trouvee = _find(jeton)
    if trouvee is None:
        return _refuse(request, PERIMEE)
    request.session["invitation"] = trouvee.pk
    return redirect("oidc_depart", Fournisseur.PROCONNECT)


def _find(jeton: str) -> Invitation | None:
    with as_systeme():
        return find_invitation(jeton)


def _person(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):
        raise Http404
    return user


def _show(
    request: HttpRequest, trouvee: Invitation, jeton: str, formulaire: OuvertureForm | None = None
) -> HttpResponse:
    try:
        proposition = read_proposition(trouvee)
    except Organisation.DoesNotExist:
        return _refuse(request, PERIMEE)
    contexte = {
        "invitation": trouvee,
        "jeton": jeton,
        "organisation": proposition.organisation.nom,
        "role": proposition.role.label,
        "form": formulaire,
        "proconnect": read_reglages(Fournisseur.PROCONNECT) is not None,
        "titre": "Invitation",
    }
    refuse = request.method == "POST"
    return render(request, "accounts/invitation.html", contexte, status=422 if refuse else 200)


def _refuse(request: HttpRequest, phrase: str) -> HttpResponse:
    return render(request, "accounts/invitation_refus.html", {"phrase": phrase, "titre": "Invitation"}, status=404)
