"""The door of the coordinators' space, and its home."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cpts.droits import may_decide, may_edit, may_instruct
from cpts.models import Cpts

ESPACES_MAX = 200
Vue = Callable[..., HttpResponse]


def dans_espace(view: Vue) -> Vue:
    """A page of the space: `view(request, cpts, …)`. Somebody else's CPTS and one that does not exist answer alike."""

    @wraps(view)
    @never_cache
    @login_required
    def inner(request: HttpRequest, code: str, *args: Any, **kwargs: Any) -> HttpResponse:
        cpts = get_object_or_404(Cpts.objects.for_user(request.user).select_related("siege"), code=code)
        return view(request, cpts, *args, **kwargs)

    return inner


def build_contexte(request: HttpRequest, cpts: Cpts, rubrique: str) -> dict[str, Any]:
    """What the layout of the space reads (templates/cpts/espace/base.html)."""
    rubriques = [
        (libelle, reverse(nom, args=[cpts.code]), nom == rubrique)
        for nom, libelle in settings.MAILLAGE_RUBRIQUES_ESPACE
    ]
    return {
        "cpts": cpts,
        "rubriques": rubriques,
        "peut_ecrire": may_edit(request.user, cpts),
        "peut_instruire": may_instruct(request.user, cpts),
        "peut_decider": may_decide(request.user, cpts),
    }


@require_safe
@never_cache
@login_required
def espaces(request: HttpRequest) -> HttpResponse:
    """The CPTS that one may open; the only one is opened at once."""
    visibles = list(Cpts.objects.for_user(request.user).order_by("nom", "code")[:ESPACES_MAX])
    if len(visibles) == 1:
        return redirect("espace", visibles[0].code)
    return render(request, "cpts/espace/espaces.html", {"titre": "Mes CPTS", "liste": visibles})


@require_safe
@dans_espace
def accueil(request: HttpRequest, cpts: Cpts) -> HttpResponse:
    contexte = build_contexte(request, cpts, "espace") | {"titre": cpts.nom}
    return render(request, "cpts/espace/accueil.html", contexte)
