"""The size of a request, judged before a byte of it is read: Django's own limit does not count files."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from portal.core.erreurs import render_error

MO = 1024 * 1024


class TailleMiddleware:
    """413 when the announced size is over `MAILLAGE_CORPS_MAX`. A WSGI server never gives more than was announced.

    The front server has the same limit (deploy/nginx.conf); this one holds without it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        annonce = request.META.get("CONTENT_LENGTH") or "0"
        limite = next(m for debut, m in settings.MAILLAGE_CORPS_MAX.items() if request.path_info.startswith(debut))
        if annonce.isdigit() and int(annonce) > limite:
            permis = min(limite, settings.MAILLAGE_DOCUMENT_MAX) // MO if limite < 60 * MO else limite // MO
            message = f"Fichier trop volumineux ({permis} Mo au plus) : rien n'a été enregistré."
            return render_error(request, 413, message=message)
        return self.get_response(request)
