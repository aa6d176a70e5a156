"""Tell PostgreSQL who asks, for the time of a request (`portal.core.ceinture`)."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from portal.accounts.enums import ROLES_ARS, Role
from portal.accounts.portee import read_portee
from portal.core.ceinture import clear_ceinture, set_ceinture


class PersonneMiddleware:
    """Asleep on the public addresses, where nobody is known."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(settings.MAILLAGE_CHEMINS_SANS_COMPTE):
            return self.get_response(request)
        if not request.user.is_authenticated:
            return self.get_response(request)
        portee = read_portee(request.user)
        set_ceinture(
            personne=portee.personne,
            territoires=portee.cles(ROLES_ARS),
            caisses=portee.cles([Role.AGENT_CPAM]),
        )
        try:
            return self.get_response(request)
        finally:
            clear_ceinture()
