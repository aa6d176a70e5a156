"""« Mes données »: a copy of one's data, and the request to be erased, from the page of the account."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from portal.accounts.securite import sudo_requis
from portal.core.effacements import ask_effacement
from portal.core.mes_donnees import GARDE, ask_export, find_pret, read_dernier, take_export
from portal.core.models import Effacement


def section(request: HttpRequest) -> tuple[str, dict[str, Any]]:
    """What the page of the account shows."""
    user: Any = request.user
    dernier = read_dernier(user)
    pret = find_pret(user, dernier.pk) if dernier else None
    effacement = Effacement.objects.filter(titulaire_id=user.pk).order_by("-demande_le", "-pk").first()
    contexte = {
        "export": dernier,
        "pret": pret,
        "jusqu_au": pret.pret_le + GARDE if pret and pret.pret_le else None,
        "effacement": effacement,
    }
    return "accounts/_mes_donnees.html", contexte


@never_cache
@login_required
@require_POST
@sudo_requis
def mes_donnees_demander(request: HttpRequest) -> HttpResponse:
    ask_export(request.user)
    messages.success(
        request, "Votre copie est en préparation : revenez ici dans quelques minutes, sous 24 heures au plus."
    )
    return redirect("compte")


@never_cache
@login_required
@require_POST
@sudo_requis
def mes_donnees_recevoir(request: HttpRequest, identifiant: UUID) -> HttpResponse:
    """Once: the file is erased as it is given."""
    octets = take_export(request.user, identifiant)
    if octets is None:
        raise Http404("Cette copie n’existe plus : demandez-en une autre depuis votre compte.")
    reponse = HttpResponse(octets, content_type="application/zip")
    reponse["Content-Disposition"] = content_disposition_header(True, "mes-donnees.zip") or "attachment"
    reponse["X-Content-Type-Options"] = "nosniff"
    reponse["Cache-Control"] = "private, no-store"
    return reponse


@never_cache
@login_required
@require_POST
@sudo_requis
def effacement_demander(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    ask_effacement(user.pk, par=user)
    messages.success(request, "Votre demande d’effacement est enregistrée. La réponse vous parvient dans le mois.")
    return redirect("compte")
