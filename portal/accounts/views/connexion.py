"""Signing in and out, and a password forgotten."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import LoginView, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from rest_framework.request import Request

from portal.accounts.forms import ConnexionForm, NouveauMotDePasseForm, OubliForm
from portal.accounts.limites import PAR_ADRESSE, TropDeTentatives, remember_appareil, render_trop, take
from portal.accounts.mots_de_passe import ask_reset, record_reset
from portal.accounts.oidc import list_fournisseurs
from portal.accounts.securite import must_verify
from portal.accounts.sessions import CLE_FIN, close_session, open_session
from portal.core.api.limites import LimiteParAdresse, build_cle

FINS = {
    "oisive": "Votre session s’est fermée parce qu’elle n’a pas servi pendant un moment.",
    "duree": "Votre session s’est fermée : elle était ouverte depuis douze heures.",
    "fermee": "Cette session a été fermée depuis un autre appareil.",
}


class ConnexionView(LoginView):
    """E-mail address and password; the second factor has its own page (`portal.accounts.views.compte_facteur`)."""

    template_name = "accounts/connexion.html"
    authentication_form = ConnexionForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        open_session(self.request, user, moyen="motdepasse", backend=user.backend)
        suite = self.get_success_url()
        if must_verify(self.request):
            return redirect(f"{reverse('second_facteur')}?{urlencode({'next': suite})}")
        reponse = redirect(suite)
        remember_appareil(self.request, reponse, user)
        return reponse

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        fin = FINS.get(self.request.session.pop(CLE_FIN, ""), "")
        suite, fournisseurs = self.get_redirect_url(), list_fournisseurs()
        return super().get_context_data(fin=fin, suite=suite, fournisseurs=fournisseurs, **kwargs)


@never_cache
@require_http_methods(["GET", "POST"])
def deconnexion(request: HttpRequest) -> HttpResponse:
    """A GET asks, a POST does."""
    if request.method == "GET":
        return render(request, "accounts/deconnexion.html")
    sortie = close_session(request)
    return render(request, "accounts/deconnexion_faite.html", {"sortie": sortie})


@never_cache
@require_http_methods(["GET", "POST"])
def mot_de_passe_oubli(request: HttpRequest) -> HttpResponse:
    form = OubliForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reseau = build_cle(LimiteParAdresse().get_ident(Request(request)))
        try:
            take({f"oubli:reseau:{reseau}": PAR_ADRESSE})
        except TropDeTentatives as refus:
            return render_trop(request, refus.attente)
        ask_reset(form.cleaned_data["courriel"])
        return redirect("mot_de_passe_envoye")
    return render(request, "accounts/mot_de_passe_oubli.html", {"form": form}, status=400 if form.errors else 200)


@never_cache
@require_http_methods(["GET"])
def mot_de_passe_envoye(request: HttpRequest) -> HttpResponse:
    """The same page whether the address was known or not."""
    return render(request, "accounts/mot_de_passe_envoye.html")


@method_decorator([sensitive_post_parameters(), never_cache], name="dispatch")
class NouveauMotDePasseView(PasswordResetConfirmView):
    """From the link of the message. Its code leaves the address at once, and waits in the session."""

    template_name = "accounts/mot_de_passe_nouveau.html"
    form_class = NouveauMotDePasseForm
    success_url = reverse_lazy("connexion")

    def form_valid(self, form: Any) -> HttpResponse:
        reponse = super().form_valid(form)
        record_reset(form.user)
        messages.success(self.request, "Votre mot de passe est changé. Connectez-vous avec le nouveau.")
        return reponse

    def render_to_response(self, context: Any, **kwargs: Any) -> Any:
        if not self.validlink:
            kwargs["status"] = 404
        elif context["form"].errors:
            kwargs["status"] = 400
        return super().render_to_response(context, **kwargs)
