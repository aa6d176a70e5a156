"""The second factor: given after the password, added, replaced, removed."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.facteurs import (
    confirm_device,
    count_codes,
    draw_codes,
    draw_qr,
    find_device,
    prepare_device,
    read_key,
    remove_factor,
    verify_code,
)
from portal.accounts.forms import CodeForm, EnrolementForm
from portal.accounts.limites import TropDeTentatives, remember_appareil, render_trop
from portal.accounts.portee import read_portee
from portal.accounts.securite import demand_sudo, is_verified, must_verify, sudo_requis
from portal.accounts.sessions import CLE_SESSION
from portal.accounts.site import read_next

FAUX = "Ce code n'est pas le bon, ou il a déjà servi. Attendez que l'application en montre un autre, puis écrivez-le."


@sensitive_post_parameters()
@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def second_facteur(request: HttpRequest) -> HttpResponse:
    """One address, what is needed now: give a code, add an application, or see where things stand."""
    user: Any = request.user
    device = find_device(user)
    if device is not None and not is_verified(request):
        return _verify(request)
    if device is None:
        return _enrol(request)
    return render(request, "accounts/facteur.html", {"codes": count_codes(user), "est_agent": _is_agent(request)})


def _verify(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    suite = read_next(request) or reverse("compte")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            moyen = verify_code(request, user, form.cleaned_data["code"])
        except TropDeTentatives as refus:
            return render_trop(request, refus.attente)
        if moyen:
            if moyen == "secours":
                restants = count_codes(user)
                messages.warning(request, f"Ce code de secours ne servira plus. Il vous en reste {restants}.")
            reponse = redirect(suite)
            remember_appareil(request, reponse, user)
            return reponse
        form.add_error("code", FAUX)
    contexte = {"form": form, "suite": suite}
    return render(request, "accounts/facteur_code.html", contexte, status=400 if form.errors else 200)


def _enrol(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    if (refus := demand_sudo(request)) is not None:
        return refus
    suite = read_next(request)
    form = EnrolementForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            if confirm_device(request, user, form.cleaned_data["code"]):
                reponse = redirect(f"{reverse('second_facteur_codes')}?{urlencode({'next': suite})}")
                remember_appareil(request, reponse, user)
                return reponse
        except TropDeTentatives as trop:
            return render_trop(request, trop.attente)
        form.add_error("code", FAUX)
    device = prepare_device(user)
    contexte = {
        "form": form,
        "suite": suite,
        "qr": draw_qr(device),
        "cle": read_key(device),
        "obligatoire": must_verify(request),
    }
    return render(request, "accounts/facteur_ajout.html", contexte, status=400 if form.errors else 200)


@never_cache
@login_required
@sudo_requis
@require_http_methods(["GET", "POST"])
def second_facteur_codes(request: HttpRequest) -> HttpResponse:
    """Shown by the answer to the POST and nowhere else: asking again makes new ones."""
    user: Any = request.user
    if find_device(user) is None or not is_verified(request):
        return redirect("second_facteur")
    suite = read_next(request) or reverse("compte")
    codes = draw_codes(user) if request.method == "POST" else []
    contexte = {"codes": codes, "restants": count_codes(user), "suite": suite}
    return render(request, "accounts/facteur_codes.html", contexte)


@never_cache
@login_required
@require_POST
@sudo_requis
def second_facteur_retirer(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    if find_device(user) is None or not is_verified(request):
        return redirect("second_facteur")
    remove_factor(user, par=user, session=request.session.get(CLE_SESSION))
    messages.success(request, "Le second facteur est retiré. Vos autres sessions sont fermées.")
    return redirect("second_facteur" if _is_agent(request) else "compte")


def _is_agent(request: HttpRequest) -> bool:
    return read_portee(request.user).est_agent
