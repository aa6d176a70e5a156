"""Tell PostgreSQL who asks (`portal.core.ceinture`), and the history who acts."""

from collections.abc import Callable, Iterator

import pghistory
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse

from portal.accounts.enums import ROLES_ARS, Role
from portal.accounts.models import User
from portal.accounts.portee import read_portee
from portal.core.ceinture import clear_ceinture, set_ceinture


def bind_ceinture(user: User) -> None:
    """Everything that this connection reads from now on is what `user` may see."""
    portee = read_portee(user)
    lus = portee.cles(ROLES_ARS | {Role.COORDINATEUR_CPTS})
    set_ceinture(personne=portee.personne, territoires=lus, caisses=portee.cles([Role.AGENT_CPAM]))


@receiver(user_logged_in, dispatch_uid="accounts.ceinture")
def bind_at_sign_in(sender: object, request: HttpRequest | None, user: User, **inutiles: object) -> None:
    """The request that signs somebody in began with nobody, and may write what is theirs before it ends."""
    if request is not None and getattr(request, "sous_ceinture", False):
        request.ceinture_posee = True  # type: ignore[attr-defined]
        bind_ceinture(user)


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
            if connu or getattr(request, "ceinture_posee", False):
                clear_ceinture()


def _stream(user: User, morceaux: Iterator[bytes]) -> Iterator[bytes]:
    """What is read while it is sent is read by the same person."""
    bind_ceinture(user)
    try:
        yield from morceaux
    finally:
        clear_ceinture()
