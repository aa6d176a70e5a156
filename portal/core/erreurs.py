"""The pages that say what went wrong and what to do next. None of them reads the database."""

import sys
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

PREFIXE_API = "/api/"
ATTENTE = "30"
"""Seconds before trying again, when the database does not answer."""

SANS_OBJET = "matches the given query."
"""How the sentence of `get_object_or_404` ends: it names the model, and tells a forbidden key from a malformed one."""

DETAILS = {
    400: "La demande contient une valeur que le portail ne peut pas lire.",
    403: "Cette action n'est pas permise.",
    404: "Aucune ressource à cette adresse.",
    413: "La demande est trop volumineuse : rien n'a été enregistré.",
    429: "Trop de demandes en peu de temps : attendez une minute.",
    500: "Erreur interne : elle est enregistrée.",
    503: "Le service est momentanément indisponible : réessayez dans une minute.",
}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A `BadRequest("…")` carries a French sentence made for the reader; any other message is not shown."""
    message = str(exception) if isinstance(exception, BadRequest) else ""
    return render_error(request, 400, message=message)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render_error(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render_error(request, 403, template="403_csrf.html")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A view may raise `Http404("…")` with a sentence; Django's own (of routes, of keys) are not shown."""
    message = exception.args[0] if exception.args and isinstance(exception.args[0], str) else ""
    return render_error(request, 404, message="" if message.endswith(SANS_OBJET) else message)


def too_many_requests(request: HttpRequest, *, attente: int) -> HttpResponse:
    reponse = render_error(request, 429)
    reponse["Retry-After"] = str(attente)
    return reponse


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when the database is what does not answer."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        reponse = render_error(request, 503)
        reponse["Retry-After"] = ATTENTE
        return reponse
    return render_error(request, 500)


def render_error(request: HttpRequest, statut: int, *, message: str = "", template: str = "") -> HttpResponse:
    if request.path.startswith(PREFIXE_API):
        return problem(statut, message)
    contexte: dict[str, Any] = {"request": request, "message": message, "statut": statut}
    return HttpResponse(render_to_string(template or f"{statut}.html", contexte), status=statut)


def problem(statut: int, message: str = "") -> JsonResponse:
    """The same format as the API's own errors (RFC 9457)."""
    corps = {
        "type": "about:blank",
        "title": HTTPStatus(statut).phrase,
        "status": statut,
        "detail": message or DETAILS[statut],
    }
    return JsonResponse(corps, status=statut, content_type="application/problem+json")
