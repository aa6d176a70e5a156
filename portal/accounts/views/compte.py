"""The page of the account: who I am here, in whose name, what opens my account, and where it is open."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.accounts.facteurs import count_codes, find_device
from portal.accounts.forms import ChangementForm
from portal.accounts.limites import TropDeTentatives, give_back, list_cles, render_trop, take
from portal.accounts.models import SessionOuverte
from portal.accounts.mots_de_passe import change_password
from portal.accounts.portee import read_portee
from portal.accounts.securite import CHAMP_PREUVE, give_proof, render_confirmation
from portal.accounts.sessions import CLE_SESSION, DUREE_MAX, MOYENS, end_sessions
from portal.accounts.site import read_next
from portal.core.templatetags.portail import is_served

DOSSIERS = "/dossiers/"
MANDATS_MONTRES = 50
SESSIONS_MONTREES = 50


def read_sections(request: HttpRequest) -> list[SafeString]:
    """What each app adds, in the order of the settings."""
    trouvees = [import_string(chemin)(request) for chemin in settings.MAILLAGE_SECTIONS_COMPTE]
    return [render_to_string(section[0], section[1], request) for section in trouvees if section is not None]


@never_cache
@login_required
@require_GET
def compte(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    au = timezone.localdate()
    mandats = user.mandats.select_related("organisation").order_by("-periode", "pk")[:MANDATS_MONTRES]
    contexte = {
        "au": au,
        "mandats": [(mandat, _describe_mandat(mandat, au)) for mandat in mandats],
        "identites": user.identites.order_by("pk")[:10],
        "facteur": find_device(user),
        "codes": count_codes(user),
        "sessions": list_sessions(request),
        "est_agent": read_portee(user).est_agent,
        "sections": read_sections(request),
        "dossiers": DOSSIERS if is_served(DOSSIERS) else "",
    }
    return render(request, "accounts/compte.html", contexte)


def _describe_mandat(mandat: Any, au: Any) -> str:
    periode = mandat.periode
    if periode.upper and periode.upper <= au:
        return "termine"
    if periode.lower and periode.lower > au:
        return "a_venir"
    return "en_vigueur" if mandat.organisation.active else "organisation_fermee"


def list_sessions(request: HttpRequest) -> list[dict[str, Any]]:
    user: Any = request.user
    ouvertes = SessionOuverte.objects.filter(user_id=user.pk, ouverte_le__gt=timezone.now() - DUREE_MAX)
    ici = request.session.get(CLE_SESSION)
    return [
        {"session": ouverte, "moyen": MOYENS.get(ouverte.moyen, ""), "ici": ouverte.pk == ici}
        for ouverte in ouvertes.order_by("-vue_le", "-pk")[:SESSIONS_MONTREES]
    ]


@never_cache
@login_required
@require_POST
def session_fermer(request: HttpRequest, pk: int) -> HttpResponse:
    """One of mine. Somebody else's, and none, answer alike."""
    user: Any = request.user
    if pk == request.session.get(CLE_SESSION):
        return redirect("deconnexion")
    if not end_sessions(user, seule=pk, par=user):
        raise Http404
    messages.success(request, "La session est fermée.")
    return redirect("compte")


@never_cache
@login_required
@require_POST
def sessions_fermer(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    nombre = end_sessions(user, sauf=request.session.get(CLE_SESSION), par=user)
    phrase = "Aucune autre session n’était ouverte." if not nombre else f"Sessions fermées : {nombre}."
    messages.success(request, phrase)
    return redirect("compte")


@sensitive_post_parameters()
@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def mot_de_passe(request: HttpRequest) -> HttpResponse:
    """The former password is a try like any other: it is counted."""
    user: Any = request.user
    if not user.email or not user.has_usable_password():
        raise Http404("Ce compte n’a pas de mot de passe : il s’ouvre par Pro Santé Connect ou ProConnect.")
    form = ChangementForm(user, request.POST or None)
    if request.method == "POST":
        cles = list_cles(request, user.email)
        try:
            take(cles)
        except TropDeTentatives as refus:
            return render_trop(request, refus.attente)
        valide = form.is_valid()
        if "old_password" not in form.errors:
            give_back(list(cles))
        if valide:
            change_password(request, form)
            messages.success(request, "Votre mot de passe est changé. Vos autres sessions sont fermées.")
            return redirect("compte")
    return render(request, "accounts/mot_de_passe.html", {"form": form}, status=400 if form.errors else 200)


@sensitive_post_parameters()
@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def confirmer(request: HttpRequest) -> HttpResponse:
    """« Sudo »: the password again, then back to what was asked."""
    suite = read_next(request) or "/compte/"
    if request.method == "GET":
        return render_confirmation(request, suite=suite)
    try:
        juste = give_proof(request, request.POST.get(CHAMP_PREUVE, ""))
    except TropDeTentatives as refus:
        return render_trop(request, refus.attente)
    return redirect(suite) if juste else render_confirmation(request, erreur=True, suite=suite)
