"""The door of the coordinators' space, the list of those one may open, and the home of each."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cpts.cartes_espace import list_cartes
from cpts.droits import is_coordinateur, may_decide, may_edit, may_instruct
from cpts.enums import StatutCpts, StatutPerimetre
from cpts.models import Cpts, Perimetre
from cpts.sections_espace import list_groupes
from portal.accounts.portee import read_portee
from zonage.calculs.noms import cle_tri

ESPACES_MAX = 2_000
PAR_PAGE = 40
ATTENDENT = (StatutCpts.LETTRE_DEPOSEE, StatutCpts.PROJET_DEPOSE)
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
    """The CPTS that one may open, searched, filtered and paged; the only one is opened at once."""
    tous = list_espaces(request)
    if len(tous) == 1 and not request.GET:
        return redirect("espace", tous[0].code)
    filtres = {cle: request.GET.get(cle, "").strip()[:80] for cle in ("q", "statut", "departement", "attend")}
    page = Paginator(filter_espaces(tous, filtres), PAR_PAGE).get_page(request.GET.get("page"))
    parametres = request.GET.copy()
    parametres.pop("page", None)
    contexte = {
        "titre": "Espaces des CPTS" if len(tous) > 1 else "Mes CPTS",
        "page": page,
        "total": len(tous),
        "filtres": filtres,
        "statuts": [(code, libelle) for code, libelle in StatutCpts.choices if any(c.statut == code for c in tous)],
        "departements": sorted({cpts.departement_code for cpts in tous}),
        "requete": parametres.urlencode(),
        "agent": read_portee(request.user).est_agent,
    }
    return render(request, "cpts/espace/espaces.html", contexte)


def list_espaces(request: HttpRequest) -> list[Any]:
    """Each says in `attend` whether something waits for an answer of the ARS."""
    soumis = Perimetre.objects.filter(cpts=OuterRef("pk"), statut=StatutPerimetre.SOUMIS)
    visibles = Cpts.objects.for_user(request.user).annotate(attend=Exists(soumis) | Q(statut__in=ATTENDENT))
    return list(visibles.order_by("nom", "code")[:ESPACES_MAX])


def filter_espaces(tous: list[Any], filtres: dict[str, str]) -> list[Any]:
    cle = cle_tri(filtres["q"])
    return [
        cpts
        for cpts in tous
        if cle in cle_tri(f"{cpts.nom} {cpts.code}")
        and filtres["statut"] in ("", cpts.statut)
        and filtres["departement"] in ("", cpts.departement_code)
        and (not filtres["attend"] or cpts.attend)
    ]


@require_safe
@dans_espace
def accueil(request: HttpRequest, cpts: Cpts) -> HttpResponse:
    """What is due, missing, changed, to come; then each part in a line."""
    contexte = build_contexte(request, cpts, "espace") | {
        "titre": cpts.nom,
        "au": timezone.localdate(),
        "groupes": list_groupes(request, cpts),
        "cartes": list_cartes(request, cpts),
        "agent": not is_coordinateur(read_portee(request.user), cpts),
    }
    return render(request, "cpts/espace/accueil.html", contexte)
