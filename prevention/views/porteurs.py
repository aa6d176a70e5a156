"""Whose actions a page shows: those of a CPTS, in its space, or those of a structure, on pages of their own.

The views of `espace` are written once: they receive a `Porteur`, which knows its addresses, its rows and its rights.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import never_cache

from cpts.droits import may_edit
from cpts.models import Cpts, Structure
from cpts.views.espace import build_contexte, dans_espace
from prevention.models import ActionPrevention
from prevention.services.actions import may_edit_actions_structure
from prevention.territoires import list_communes

Vue = Callable[..., Any]
ADRESSES = ("actions", "actions_csv", "action_new")
ADRESSES_CPTS = ("actions_coller", "ou_agir")
ADRESSES_ACTION = (
    *("action", "action_edit", "action_annoncer", "action_tenir", "action_annuler", "action_rouvrir"),
    "action_supprimer",
)


@dataclass(frozen=True, slots=True)
class Porteur:
    """Exactly one of both. `code`: for the name of a file."""

    cpts: Cpts | None = None
    structure: Structure | None = None

    @property
    def objet(self) -> Cpts | Structure:
        return self.cpts or self.structure  # type: ignore[return-value]  # one of them is there

    @property
    def code(self) -> str:
        return self.cpts.code if self.cpts else f"structure-{self.objet.pk}"

    @property
    def filtre(self) -> dict[str, Any]:
        return {"cpts": self.cpts} if self.cpts else {"structure": self.structure, "cpts": None}

    def may_write(self, user: Any) -> bool:
        if self.cpts is not None:
            return may_edit(user, self.cpts)
        return self.structure is not None and may_edit_actions_structure(user, self.structure)

    def url(self, nom: str, *arguments: Any) -> str:
        prefixe = "espace_" if self.cpts else "espace_structure_"
        return reverse(f"{prefixe}{nom}", args=[self.cpts.code if self.cpts else self.objet.pk, *arguments])

    def list_adresses(self, action: ActionPrevention | None = None) -> dict[str, str]:
        """What the templates link to: what a structure has not is absent."""
        noms = (*ADRESSES, *ADRESSES_CPTS) if self.cpts else ADRESSES
        adresses = {nom: self.url(nom) for nom in noms}
        if action is not None:
            adresses |= {nom: self.url(nom, action.pk) for nom in ADRESSES_ACTION}
        return adresses

    def list_communes(self, *, au: date) -> list[str]:
        """Those that the form offers: of the perimeter, else the commune and those that touch it."""
        if self.cpts is not None:
            return list_communes("cpts", self.cpts.code, au=au)
        commune = self.objet.commune  # type: ignore[union-attr]
        return [commune.pk, *commune.voisines]

    def build_contexte(self, request: HttpRequest) -> dict[str, Any]:
        if self.cpts is not None:
            return build_contexte(request, self.cpts, "espace_actions") | {"cadre": "cpts/espace/base.html"}
        return {
            "structure": self.structure,
            "cadre": "prevention/espace/_structure.html",
            "peut_ecrire": self.may_write(request.user),
        }


def porte(view: Vue) -> Vue:
    """`view(request, porteur, …)`, by `code` of a CPTS or `cle` of a structure. Forbidden and missing answer alike."""

    @dans_espace
    def par_cpts(request: HttpRequest, cpts: Cpts, *args: Any, **kwargs: Any) -> Any:
        return view(request, Porteur(cpts=cpts), *args, **kwargs)

    @never_cache
    @login_required
    def par_structure(request: HttpRequest, cle: int, *args: Any, **kwargs: Any) -> Any:
        visibles = Structure.objects.for_user(request.user).select_related("commune", "cpts")
        return view(request, Porteur(structure=get_object_or_404(visibles, pk=cle)), *args, **kwargs)

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return (par_structure if "cle" in kwargs else par_cpts)(request, *args, **kwargs)

    return inner


def ecrit(view: Vue) -> Vue:
    """Who may only read meets the page of what does not exist."""

    @wraps(view)
    def inner(request: HttpRequest, porteur: Porteur, *args: Any, **kwargs: Any) -> Any:
        if not porteur.may_write(request.user):
            raise Http404
        return view(request, porteur, *args, **kwargs)

    return inner
