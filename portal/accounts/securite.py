"""What a session has proved: the second factor, and for dangerous acts a proof younger than ten minutes (« sudo »).

@sudo_requis                                  # a function view: request first
def export(request): ...

if (refus := demand_sudo(request)) is not None:   # an action of the administration, a method of ModelAdmin
    return refus
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django_otp.plugins.otp_totp.models import TOTPDevice

from portal.accounts.facteurs import find_device, verify_code
from portal.accounts.limites import TropDeTentatives, release, render_trop
from portal.accounts.models import User
from portal.accounts.oidc_deconnexion import is_forte
from portal.accounts.portee import read_portee
from portal.accounts.sessions import CLE_EXTERNE, CLE_PREUVE, CLE_SANS_FACTEUR
from portal.core.models import Evenement

FRAICHEUR = timedelta(minutes=10)
CHAMP_PREUVE = "sudo_preuve"


def is_verified(request: HttpRequest) -> bool:
    """The second factor was given in this session, here or at the provider that vouches for it."""
    user: Any = request.user
    if not user.is_authenticated:
        return False
    verifie = getattr(user, "is_verified", None)
    return bool(verifie and verifie()) or bool(request.session.get(CLE_EXTERNE)) or is_forte(request)


def must_verify(request: HttpRequest) -> bool:
    """An agent, always; anybody else, once they have chosen a second factor."""
    user: Any = request.user
    if is_verified(request):
        return False
    if settings.MAILLAGE_DEUX_FACTEURS and read_portee(user).est_agent:
        return True
    if request.session.get(CLE_SANS_FACTEUR):
        return False
    return TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).exists()


def is_fresh(request: HttpRequest) -> bool:
    instant = request.session.get(CLE_PREUVE)
    if not isinstance(instant, int | float):
        return False
    return timedelta(0) <= timedelta(seconds=timezone.now().timestamp() - instant) < FRAICHEUR


def mark_fresh(request: HttpRequest) -> None:
    request.session[CLE_PREUVE] = timezone.now().timestamp()


def demand_sudo(request: HttpRequest) -> HttpResponse | None:
    """None when a proof was given less than ten minutes ago; otherwise the page that asks for one.

    The page of a POST keeps what was sent in its own form and sends it again with the proof: nothing typed is lost,
    nothing is kept by the server. A file cannot be kept so: the page says to choose it again.
    """
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if is_fresh(request):
        return None
    if request.method not in ("POST", "PUT", "PATCH"):
        return redirect(f"{reverse('compte_confirmer')}?{urlencode({'next': request.get_full_path()})}")
    if CHAMP_PREUVE not in request.POST:
        return render_confirmation(request)
    try:
        if give_proof(request, request.POST[CHAMP_PREUVE]):
            return None
    except TropDeTentatives as refus:
        return render_trop(request, refus.attente)
    return render_confirmation(request, erreur=True)


def sudo_requis(vue: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For a view whose first argument is the request."""

    @wraps(vue)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        refus = demand_sudo(request)
        return refus if refus is not None else vue(request, *args, **kwargs)

    wrapper.sudo_requis = True  # type: ignore[attr-defined]
    return wrapper


def read_means(user: User) -> str:
    """What this account can prove itself with: its password, a code, or signing in again at its provider."""
    if user.email and user.has_usable_password():
        return "motdepasse"
    return "code" if find_device(user) else "externe"


def give_proof(request: HttpRequest, preuve: str) -> bool:
    """Whether the password (or the code) is right; the session is then fresh. Raises TropDeTentatives."""
    user: Any = request.user
    moyen = read_means(user)
    if moyen == "motdepasse":
        trouve = authenticate(request, username=user.email, password=preuve)
        if attente := getattr(request, "tentative_attente", 0):
            raise TropDeTentatives(attente)
        juste = trouve is not None and trouve.pk == user.pk
    else:
        juste = moyen == "code" and bool(verify_code(request, user, preuve))
    if juste:
        release(request)
        mark_fresh(request)
        Evenement.objects.create(
            objet=f"accounts.user:{user.pk}", action="identite_confirmee", auteur=user, details={"moyen": moyen}
        )
    return juste


def render_confirmation(request: HttpRequest, *, erreur: bool = False, suite: str = "") -> HttpResponse:
    """`suite`: where the page of its own leads. Empty: the form goes back to the address that was refused."""
    user: Any = request.user
    gardes = []
    if not suite:
        exclus = ("csrfmiddlewaretoken", CHAMP_PREUVE)
        gardes = [(nom, valeur) for nom, lus in request.POST.lists() if nom not in exclus for valeur in lus]
    contexte = {
        "champ": CHAMP_PREUVE,
        "moyen": read_means(user),
        "gardes": gardes,
        "fichiers": bool(request.FILES) and not suite,
        "erreur": erreur,
        "suite": suite,
        "action": reverse("compte_confirmer") if suite else request.get_full_path(),
    }
    statut = 400 if erreur else 200 if suite else 403
    reponse = render(request, "accounts/confirmer.html", contexte, status=statut)
    reponse["Cache-Control"] = "no-store, private"
    return reponse
