"""What the four administrations of the accounts share: scoped lists, pages made of facts and of one form."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from portal.accounts.models import User
from portal.accounts.organisations import MandatRefuse
from portal.accounts.securite import demand_sudo
from portal.core.models import Evenement

HISTORIQUE_MAX = 20
ACTES = {
    "octroi": "Mandat donné",
    "fin": "Fin fixée",
    "creation": "Création",
    "modification": "Modification",
    "invitation": "Invitation envoyée",
    "acceptation": "Invitation acceptée",
    "annulation": "Invitation annulée",
    "desactivation": "Compte fermé",
    "reactivation": "Compte rouvert",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page: what is known (`faits`), then one form, or none when nothing may be done."""

    titre: str
    faits: Sequence[tuple[str, Any]] = ()
    formulaire: forms.BaseForm | None = None
    bouton: str = ""
    explication: str = ""
    objet: Model | None = None
    liens: Sequence[tuple[str, str]] = ()


class AdminComptes(admin.ModelAdmin):
    """Rows by `for_user`; nothing is deleted; an act asks who is there (« sudo ») once its form holds."""

    list_per_page = 50
    show_full_result_count = False
    sortable_by = ()
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        modele: Any = self.model
        return modele.objects.for_user(request.user).order_by(*(self.ordering or ["pk"]))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def find(self, request: HttpRequest, cle: str) -> Any:
        """Missing and forbidden answer alike."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        objet = self.get_object(request, cle)
        if objet is None:
            raise Http404("Cet objet n'existe pas, ou n'est pas de votre périmètre.")
        return objet

    def respond(self, request: HttpRequest, page: Page, acte: Callable[[Any], str]) -> HttpResponse:
        """Show the page, or do `acte`, which returns the sentence to show; a refusal keeps everything typed."""
        formulaire = page.formulaire
        if request.method != "POST" or formulaire is None:
            return self._show(request, page)
        if not formulaire.is_valid():
            return self._show(request, page, statut=422)
        if (refus := demand_sudo(request)) is not None:
            return refus
        try:
            phrase = acte(formulaire)
        except MandatRefuse as faute:
            formulaire.add_error(faute.champ if faute.champ in formulaire.fields else None, str(faute))
            return self._show(request, page, statut=422)
        self.message_user(request, phrase, messages.SUCCESS)
        return redirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))

    def _show(self, request: HttpRequest, page: Page, *, statut: int = 200) -> HttpResponse:
        contexte = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": page.titre,
            "page": page,
            "liste": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"),
            "actes": list_actes(page.objet) if page.objet else None,
        }
        reponse = TemplateResponse(request, "admin/accounts/page.html", contexte, status=statut)
        reponse["Cache-Control"] = "no-store, private"
        return reponse


def list_actes(objet: Model) -> list[tuple[Evenement, str]]:
    """The latest acts on an object that was itself found among those that the agent sees."""
    nom = f"{objet._meta.app_label}.{objet._meta.model_name}:{objet.pk}"
    lus = Evenement.objects.filter(objet=nom, action__in=ACTES).select_related("auteur")
    return [(acte, ACTES[acte.action]) for acte in lus.order_by("-survenu_le", "-pk")[:HISTORIQUE_MAX]]


def read_agent(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def describe_perimetre(perimetre: str, libelle: str, code: str) -> str:
    return libelle if perimetre == "national" else f"{libelle} {code}"


def name_person(user: User) -> str:
    return user.get_full_name() or user.email or f"compte {user.pk}"
