"""Opening an account by oneself."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from rest_framework.request import Request

from portal.accounts.forms import NouveauMotDePasseForm, OubliForm
from portal.accounts.inscription import ask_inscription, is_en_attente, jeton_inscription, open_compte
from portal.accounts.limites import PAR_ADRESSE, TropDeTentatives, render_trop, take
from portal.accounts.models import User
from portal.core.api.limites import LimiteParAdresse, build_cle

CLE_SUITE = "inscription_suite"
SUITE_MAX = 2000


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def inscription(request: HttpRequest) -> HttpResponse:
    """An address; the link goes there. Where one came from waits in the session, never in the message."""
    if request.user.is_authenticated:
        return redirect(read_suite(request) or reverse("compte"))
    form = OubliForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reseau = build_cle(LimiteParAdresse().get_ident(Request(request)))
        try:
            take({f"inscription:reseau:{reseau}": PAR_ADRESSE})
        except TropDeTentatives as refus:
            return render_trop(request, refus.attente)
        ask_inscription(form.cleaned_data["courriel"])
        if suite := read_suite(request):
            request.session[CLE_SUITE] = suite
        return redirect("inscription_envoyee")
    contexte = {"form": form, "suite": read_suite(request)}
    return render(request, "accounts/inscription.html", contexte, status=400 if form.errors else 200)


def read_suite(request: HttpRequest) -> str:
    """A page of this portal, or nothing."""
    suite = request.POST.get("next", "") or request.GET.get("next", "")
    sure = len(suite) <= SUITE_MAX and url_has_allowed_host_and_scheme(
        suite, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return suite if sure else ""


@never_cache
@require_http_methods(["GET", "HEAD"])
def inscription_envoyee(request: HttpRequest) -> HttpResponse:
    """The same page whether the address was known or not."""
    return render(request, "accounts/inscription_envoyee.html")


@method_decorator([sensitive_post_parameters(), never_cache], name="dispatch")
class OuvertureView(PasswordResetConfirmView):
    """From the link of the message: choose a password, the account is open. Signing in follows, as for everybody."""

    template_name = "accounts/inscription_ouvrir.html"
    form_class = NouveauMotDePasseForm
    token_generator = jeton_inscription

    def get_user(self, uidb64: str) -> User | None:
        user: Any = super().get_user(uidb64)
        return user if user is not None and is_en_attente(user) else None

    def form_valid(self, form: Any) -> HttpResponse:
        super().form_valid(form)
        if open_compte(form.user):
            messages.success(self.request, "Votre compte est ouvert. Connectez-vous avec votre mot de passe.")
        suite = self.request.session.pop(CLE_SUITE, "")
        return redirect(f"{reverse('connexion')}?{urlencode({'next': suite})}" if suite else reverse("connexion"))

    def get_success_url(self) -> str:
        return reverse("connexion")

    def render_to_response(self, context: Any, **kwargs: Any) -> Any:
        if not self.validlink:
            kwargs["status"] = 404
        elif context["form"].errors:
            kwargs["status"] = 400
        return super().render_to_response(context, **kwargs)
