"""Whether a session may go on; then tell PostgreSQL who asks (`portal.core.ceinture`), and the history who acts."""

from collections.abc import Callable, Iterator

import pghistory
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.contrib.auth.views import redirect_to_login
from django.dispatch import receiver
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.http import urlencode
from django_otp.middleware import OTPMiddleware

from portal.accounts.enums import ROLES_ARS, Role
from portal.accounts.models import User
from portal.accounts.portee import read_portee
from portal.accounts.securite import must_verify
from portal.accounts.sessions import CLE_FIN, check_session, forget_session
from portal.core.ceinture import clear_ceinture, set_ceinture

PENDANT_LE_FACTEUR = ("/compte/second-facteur/", "/compte/connexion/", "/compte/deconnexion/", "/compte/confirmer/",
                      "/compte/oidc/", "/static/")  # fmt: skip
"""What somebody who has not given the second factor may still open."""


def bind_ceinture(user: User) -> None:
    """Everything that this connection reads from now on is what `user` may see."""
    portee = read_portee(user)
    set_ceinture(personne=portee.personne, territoires=portee.cles(ROLES_ARS), caisses=portee.cles([Role.AGENT_CPAM]))


@receiver(user_logged_in, dispatch_uid="accounts.ceinture")
def bind_at_sign_in(sender: object, request: HttpRequest | None, user: User, **inutiles: object) -> None:
    """The request that signs somebody in began with nobody, and may write what is theirs before it ends."""
    if getattr(request, "sous_ceinture", False):
        bind_ceinture(user)


class FacteurMiddleware(OTPMiddleware):
    """End the sessions that lasted too long, and hold at the second factor who must give one.

    Asleep on the public addresses. A page that knows somebody is kept by nobody.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(settings.MAILLAGE_CHEMINS_SANS_COMPTE):
            return self.get_response(request)
        self._install_lazy_accessors(request)
        if not request.user.is_authenticated:
            return self.get_response(request)
        if fin := check_session(request):
            forget_session(request)
            logout(request)
            request.session[CLE_FIN] = fin
            reponse = redirect_to_login(request.get_full_path() if request.method == "GET" else reverse("compte"))
        elif must_verify(request) and not request.path_info.startswith(PENDANT_LE_FACTEUR):
            suite = request.get_full_path() if request.method == "GET" else reverse("compte")
            reponse = redirect(f"{reverse('second_facteur')}?{urlencode({'next': suite})}")
        else:
            reponse = self.get_response(request)
        patch_cache_control(reponse, no_store=True, private=True)
        return reponse


class PersonneMiddleware:
    """Asleep on the public addresses, where nobody is known."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(settings.MAILLAGE_CHEMINS_SANS_COMPTE):
            return self.get_response(request)
        connu = request.user.is_authenticated
        if not connu and request.method in ("GET", "HEAD") and not request.path_info.startswith("/compte/"):
            return self.get_response(request)
        request.sous_ceinture = True  # type: ignore[attr-defined]
        try:
            if not connu:
                return self.get_response(request)
            bind_ceinture(request.user)  # type: ignore[arg-type]
            with pghistory.context(user=request.user.pk):
                reponse = self.get_response(request)
            if isinstance(reponse, StreamingHttpResponse) and not isinstance(reponse, FileResponse):
                reponse.streaming_content = _stream(request.user, reponse.streaming_content)  # type: ignore[arg-type]
            return reponse
        finally:
            clear_ceinture()


def _stream(user: User, morceaux: Iterator[bytes]) -> Iterator[bytes]:
    """What is read while it is sent is read by the same person."""
    bind_ceinture(user)
    try:
        yield from morceaux
    finally:
        clear_ceinture()
