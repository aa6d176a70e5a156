"""« Mon numéro RPPS »: who I am in the Annuaire santé, asked with a proof. Nothing here tells of another account."""

from functools import cache
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from cpts.enums import StatutRattachement
from cpts.forms import RattachementForm, RppsForm
from cpts.services.rattachements import (
    Fiche,
    RattachementImpossible,
    ask_rattachement,
    find_fiche,
    list_lieux,
    read_rattachement,
    withdraw_rattachement,
)
from portal.core.api.limites import DUREES, Compteur
from portal.core.erreurs import render_error

OUVERTS = (StatutRattachement.DEMANDE, StatutRattachement.VALIDE)
INCONNU = (
    "Ce numéro n'est celui d'aucun praticien des six professions suivies dans l'annuaire chargé ici : vérifiez ses "
    "onze chiffres. Inscription récente : réessayez dans quelques jours."
)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def praticien_moi(request: HttpRequest) -> HttpResponse:
    """My record or my claim; else the number. A number sent shows what is published, and asks for the proof."""
    user: Any = request.user
    rattachement = read_rattachement(user)
    ouvert = rattachement is not None and rattachement.statut in OUVERTS
    if request.method != "POST" or ouvert:
        return render_moi(request, RppsForm())
    if (attente := take_turn(user.pk)) is not None:
        return refuse_turn(request, attente)
    form = RppsForm(request.POST)
    fiche = find_fiche(form.cleaned_data["rpps"], au=timezone.localdate()) if form.is_valid() else None
    if fiche is None:
        if form.is_valid():
            form.add_error("rpps", INCONNU)
        return render_moi(request, form, statut=400)
    suite = RattachementForm(initial={"rpps": fiche.praticien.rpps}, demande_departement=fiche.lieu is None)
    return render(request, "cpts/rattachement_new.html", {"fiche": fiche, "form": suite})


def render_moi(request: HttpRequest, form: RppsForm, *, statut: int = 200) -> HttpResponse:
    user: Any = request.user
    rattachement = read_rattachement(user)
    ouvert = rattachement is not None and rattachement.statut in OUVERTS
    contexte = {
        "rattachement": rattachement,
        "ouvert": ouvert,
        "lieux": list_lieux(rattachement.praticien, au=timezone.localdate()) if rattachement and ouvert else [],
        "form": form,
    }
    return render(request, "cpts/praticien_moi.html", contexte, status=statut)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rattachement_new(request: HttpRequest) -> HttpResponse:
    """Send the claim with its proof."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("praticien_moi"))
    user: Any = request.user
    if (attente := take_turn(user.pk)) is not None:
        return refuse_turn(request, attente)
    numero = RppsForm(request.POST)
    fiche = find_fiche(numero.cleaned_data["rpps"], au=timezone.localdate()) if numero.is_valid() else None
    if fiche is None:
        return render_moi(request, numero, statut=400)
    form = RattachementForm(request.POST, request.FILES, demande_departement=fiche.lieu is None)
    if not form.is_valid():
        return render_new(request, fiche, form)
    champs = form.cleaned_data
    try:
        ask_rattachement(user, rpps=champs["rpps"], preuve=champs["preuve"], departement=champs.get("departement", ""))
    except RattachementImpossible as refus:
        form.add_error(None, str(refus))
        return render_new(request, fiche, form, statut=409)
    messages.success(request, "Votre demande est envoyée : un agent de l'ARS va l'étudier.")
    return redirect_moi()


def render_new(request: HttpRequest, fiche: Fiche, form: RattachementForm, *, statut: int = 400) -> HttpResponse:
    return render(request, "cpts/rattachement_new.html", {"fiche": fiche, "form": form}, status=statut)


@never_cache
@login_required
@require_POST
def rattachement_retire(request: HttpRequest) -> HttpResponse:
    """Take back one's own claim."""
    user: Any = request.user
    try:
        withdraw_rattachement(user)
    except RattachementImpossible as refus:
        messages.error(request, str(refus))
    else:
        messages.success(request, "Votre demande est retirée.")
    return redirect_moi()


def redirect_moi() -> HttpResponseRedirect:
    reponse = HttpResponseRedirect(reverse("praticien_moi"))
    reponse.status_code = 303
    return reponse


@cache
def _compteur(url: str) -> Compteur:
    return Compteur(url)


def take_turn(personne: int) -> float | None:
    """None: allowed. Else the seconds to wait: one person does not read the whole Annuaire here."""
    taux = settings.MAILLAGE_RATTACHEMENTS_LIMITE
    if not taux:
        return None
    nombre, periode = taux.split("/")
    cle = f"rattachements:{personne}"
    return _compteur(settings.REDIS_URL).take(cle, limite=int(nombre), duree=DUREES[periode[0]])


def refuse_turn(request: HttpRequest, attente: float) -> HttpResponse:
    minutes = max(1, round(attente / 60))
    message = f"Réessayez dans {minutes} minute{'s' if minutes > 1 else ''}."
    reponse = render_error(request, 429, message=message, template="cpts/rattachement_limite.html")
    reponse["Retry-After"] = str(int(attente) + 1)
    return reponse
