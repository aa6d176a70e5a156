"""What the pages of the agents share: who acts, how a page is shown, how a refusal is said."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.accounts.models import User
from prevention.services.erreurs import ActeInvalide, ActeRefuse


def read_agent(request: HttpRequest) -> User:
    """`admin_view` lets nobody else in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def show(
    request: HttpRequest, page: str, titre: str, *, refus: ActeRefuse | None = None, **contexte: Any
) -> HttpResponse:
    """A form with faults, or a refusal, gives the status that says so; what was typed is kept."""
    form = contexte.get("form")
    statut = 422 if form is not None and form.is_bound and form.errors else 200
    if refus is not None:
        statut = refus.statut_http
        if isinstance(refus, ActeInvalide) and form is not None:
            for champ, phrase in refus.erreurs.items():
                form.add_error(champ if champ in form.fields else None, phrase)
    commun = {"titre": titre, "refus": refus, **contexte}
    return render(request, f"admin/prevention/{page}.html", commun, status=statut)
