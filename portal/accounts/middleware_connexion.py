"""Before anything is read for somebody: has this session given its second factor, and may it still go on?"""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django_otp.middleware import OTPMiddleware

from portal.accounts.securite import must_verify
from portal.accounts.sessions import CLE_FIN, check_session, forget_session

CHEMINS_SANS_FACTEUR = ("/compte/second-facteur/", "/compte/confirmer/", "/compte/deconnexion/", "/compte/oidc/")
"""What somebody may do between the password and the code. Everything else waits, the rights of their mandats too."""


class FacteurMiddleware(OTPMiddleware):
    """`request.user.is_verified()`; asleep on the public addresses, where nobody is known."""

    sync_capable = True
    async_capable = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(settings.MAILLAGE_CHEMINS_SANS_COMPTE):
            return self.get_response(request)
        return super().__call__(request)


class GardeMiddleware:
    """Ends the sessions that are over, and sends to the second factor. Asleep on the public addresses."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(settings.MAILLAGE_CHEMINS_SANS_COMPTE):
            return self.get_response(request)
        if not request.user.is_authenticated:
            return self.get_response(request)
        if raison := check_session(request):
            forget_session(request)
            request.session.flush()
            request.session[CLE_FIN] = raison
            request.user = AnonymousUser()
        elif must_verify(request) and not request.path_info.startswith(CHEMINS_SANS_FACTEUR):
            suite = request.get_full_path() if request.method == "GET" else "/compte/"
            return keep_private(redirect(f"{reverse('second_facteur')}?{urlencode({'next': suite})}"))
        return keep_private(self.get_response(request))


def keep_private(response: HttpResponse) -> HttpResponse:
    """No copy of a page that knows somebody: neither by a proxy, nor behind the back button of a shared computer."""
    response["Cache-Control"] = "no-store, private"
    return response
