"""What the pages of the space share: a form refused keeps what was typed, an act done leads back to a page."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from cpts.droits import may_edit
from cpts.erreurs import ActeInvalide, ActeRefuse, DroitRefuse
from cpts.models import Cpts
from cpts.views.espace import Vue, build_contexte

Droit = Callable[[Any, Cpts], bool]
CORRIGER = "Rien n'est enregistré : corrigez les champs signalés."


def reserve(droit: Droit = may_edit, *, lecture: bool = False) -> Callable[[Vue], Vue]:
    """Who may not do it finds nothing at the address, as if it did not exist. `lecture`: the page may be read."""

    def decorate(view: Vue) -> Vue:
        @wraps(view)
        def inner(request: HttpRequest, cpts: Cpts, *args: Any, **kwargs: Any) -> HttpResponse:
            if (request.method == "POST" or not lecture) and not droit(request.user, cpts):
                raise Http404
            return view(request, cpts, *args, **kwargs)

        return inner

    return decorate


class Saisie:
    """The forms of one request: those that were sent keep what was typed and what is wrong with it."""

    def __init__(self) -> None:
        self.formulaires: dict[str, forms.Form] = {}
        self.refus: ActeRefuse | None = None

    def clean(self, nom: str, formulaire: forms.Form) -> dict[str, Any]:
        """Raises ActeInvalide when the form is not valid."""
        self.formulaires[nom] = formulaire
        if not formulaire.is_valid():
            raise ActeInvalide(CORRIGER)
        return formulaire.cleaned_data

    def attempt(self, acte: Callable[[], HttpResponse]) -> HttpResponse | None:
        """The answer of the act; None when it was refused, the reason beside the fields."""
        try:
            return acte()
        except DroitRefuse:
            raise Http404 from None
        except ActeRefuse as refus:
            self.refus = refus
            if isinstance(refus, ActeInvalide):
                self._spread(refus)
            return None

    def _spread(self, refus: ActeInvalide) -> None:
        for champ, phrase in refus.erreurs.items():
            for formulaire in self.formulaires.values():
                if champ in formulaire.fields and not formulaire.has_error(champ):
                    formulaire.add_error(champ, phrase)

    def show(self, nom: str, sinon: Callable[[], forms.Form]) -> forms.Form:
        """The form that was sent, else a new one."""
        return self.formulaires.get(nom) or sinon()

    @property
    def statut(self) -> int:
        return self.refus.statut_http if self.refus else 200


def render_page(
    request: HttpRequest,
    cpts: Cpts,
    rubrique: str,
    gabarit: str,
    contexte: dict[str, Any],
    saisie: Saisie | None = None,
) -> HttpResponse:
    saisie = saisie or Saisie()
    tout = build_contexte(request, cpts, rubrique) | {"refus": saisie.refus} | contexte
    return render(request, f"cpts/missions/{gabarit}.html", tout, status=saisie.statut)


def redirect(adresse: str) -> HttpResponseRedirect:
    """After a POST: a refresh of the page that follows sends nothing again."""
    reponse = HttpResponseRedirect(adresse)
    reponse.status_code = 303
    return reponse


def read_cles(valeurs: list[str]) -> list[int]:
    """The keys of the boxes ticked; what is no key is dropped."""
    return [int(lue) for lue in valeurs if lue.isascii() and lue.isdigit() and len(lue) < 18]
