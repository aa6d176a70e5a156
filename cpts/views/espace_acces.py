"""« Accès » in the space of a CPTS: who coordinates it, who is invited."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from cpts.forms_territoire import InvitationForm
from cpts.models import Cpts
from cpts.services.espace_acces import (
    SANS_ORGANISATION,
    cancel_invitation,
    end_acces,
    invite,
    may_manage_acces,
    read_acces,
)
from cpts.views.espace import dans_espace
from cpts.views.espace_pages import Saisie, redirect
from cpts.views.espace_territoire import read_cle, show
from portal.accounts.models import User


@require_http_methods(["GET", "HEAD", "POST"])
@dans_espace
def acces(request: HttpRequest, cpts: Cpts) -> HttpResponse:
    gere = may_manage_acces(request.user, cpts)
    saisie = Saisie()
    if request.method == "POST":
        if not gere:
            raise Http404
        reponse = saisie.attempt(lambda: _act(request, cpts, saisie))
        if reponse is not None:
            return reponse
    contexte = {
        "titre": "Accès",
        "acces": read_acces(cpts),
        "gere": gere,
        "au": timezone.localdate(),
        "sans_organisation": SANS_ORGANISATION if cpts.organisation_id is None else "",
        "form": saisie.show("invitation", InvitationForm),
    }
    return show(request, cpts, "espace_acces", "acces", contexte, saisie)


def _act(request: HttpRequest, cpts: Cpts, saisie: Saisie) -> HttpResponse:
    match request.POST.get("acte"):
        case "terminer":
            le = end_acces(cpts, read_cle(request), par=request.user)
            messages.success(request, f"L’accès prend fin le {le:%d/%m/%Y}.")
        case "annuler":
            cancel_invitation(cpts, read_cle(request), par=request.user)
            messages.success(request, "L’invitation est annulée.")
        case _:
            lus = saisie.clean("invitation", InvitationForm(request.POST))
            invite(cpts, lus["courriel"], par=request.user)
            messages.success(request, "L’invitation est partie.")
    suite = "espace_acces" if _still(request, cpts) else "espaces"
    return redirect(reverse(suite, args=[cpts.code] if suite == "espace_acces" else []))


def _still(request: HttpRequest, cpts: Cpts) -> bool:
    """False for who just ended their own access."""
    user: Any = request.user
    return Cpts.objects.for_user(User.objects.get(pk=user.pk)).filter(pk=cpts.pk).exists()
