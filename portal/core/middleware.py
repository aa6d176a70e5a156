from collections.abc import Callable

from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse

PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()"


class SecurityHeadersMiddleware:
    """The headers that Django does not set: content policy, permissions, cross-origin resource policy.

    The content policy is that of `CONTENT_SECURITY_POLICY`, written by django-csp once a process: no page
    of the portal has a policy or a nonce of its own (docs/adr/0064).
    An answer that already has one of these headers, as those of the API do, keeps it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.entetes = {
            "Content-Security-Policy": build_policy(),
            "Permissions-Policy": PERMISSIONS_POLICY,
            "Cross-Origin-Resource-Policy": "same-origin",
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if settings.DEBUG and response.status_code in (404, 500):
            return response  # the technical pages of Django have their own styles
        for nom, valeur in self.entetes.items():
            response.headers.setdefault(nom, valeur)
        return response
