"""Mandats: given to who has an account, ended by a date, never erased."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from portal.accounts.admin.socle import AdminComptes, Page, describe_perimetre, name_person, read_agent
from portal.accounts.forms_mandats import FinForm, MandatForm
from portal.accounts.models import Mandat
from portal.accounts.organisations import end_mandat, grant_mandat, may_manage
from portal.accounts.portee import read_portee


def describe_etat(mandat: Mandat) -> str:
    jour = timezone.localdate()
    debut, fin = mandat.periode.lower, mandat.periode.upper
    if fin is not None and fin <= jour:
        return "terminé"
    return "à venir" if debut is not None and debut > jour else "en vigueur"


def write_jour(jour: date | None) -> str:
    return f"{jour:%d/%m/%Y}" if jour else "—"


class EtatFilter(admin.SimpleListFilter):
    title = "état"
    parameter_name = "etat"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("vigueur", "En vigueur"), ("venir", "À venir"), ("fini", "Terminés")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        jour: date = timezone.localdate()
        if self.value() == "vigueur":
            return queryset.filter(periode__contains=jour)
        if self.value() == "venir":
            return queryset.filter(periode__startswith__gt=jour)
        return queryset.filter(periode__endswith__lte=jour) if self.value() == "fini" else queryset


@admin.register(Mandat)
class MandatAdmin(AdminComptes):
    list_display = ["personne", "role", "organisation", "territoire", "etat", "debut", "fin"]
    list_filter = [EtatFilter, "role", "organisation__type"]
    list_select_related = ["user", "organisation"]
    search_fields = ["=user__email", "user__last_name", "organisation__nom"]
    search_help_text = "Adresse électronique entière, nom de la personne ou de l'organisation."
    ordering = ["-pk"]

    @admin.display(description="personne")
    def personne(self, mandat: Mandat) -> str:
        return name_person(mandat.user)

    @admin.display(description="périmètre")
    def territoire(self, mandat: Mandat) -> str:
        return describe_perimetre(mandat.perimetre, mandat.get_perimetre_display(), mandat.perimetre_code)

    @admin.display(description="début")
    def debut(self, mandat: Mandat) -> str:
        return write_jour(mandat.periode.lower)

    @admin.display(description="fin")
    def fin(self, mandat: Mandat) -> str:
        return write_jour(mandat.periode.upper)

    @admin.display(description="état")
    def etat(self, mandat: Mandat) -> str:
        return describe_etat(mandat)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        agent = read_agent(request)
        initial = {"organisation": request.GET.get("organisation", "")}
        page = Page(
            "Donner un mandat",
            formulaire=MandatForm(request.POST or None, par=agent, initial=initial),
            bouton="Donner ce mandat",
            explication="Pour une personne de votre périmètre qui a un compte. Sinon, envoyez une invitation.",
        )

        def give(formulaire: Any) -> str:
            grant_mandat(formulaire.read_proposition(), user=formulaire.user, par=agent)
            return f"Mandat donné à {name_person(formulaire.user)}."

        return self.respond(request, page, give)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        mandat: Mandat = self.find(request, unquote(object_id))
        agent = read_agent(request)
        page = Page(
            f"Mandat de {name_person(mandat.user)}",
            faits=self.list_faits(mandat),
            formulaire=FinForm(request.POST or None) if self.may_end(request, mandat) else None,
            bouton="Fixer la fin",
            explication="Un mandat se termine par une date. Pour prolonger, donnez-en un autre à partir de ce jour.",
            objet=mandat,
        )

        def end(formulaire: Any) -> str:
            lu = end_mandat(mandat, par=agent, le=formulaire.cleaned_data["fin"])
            return f"Ce mandat s'arrête le {lu.periode.upper:%d/%m/%Y}."

        return self.respond(request, page, end)

    def may_end(self, request: HttpRequest, mandat: Mandat) -> bool:
        permis = self.has_change_permission(request) and may_manage(read_portee(request.user), mandat)
        return permis and describe_etat(mandat) != "terminé"

    def list_faits(self, mandat: Mandat) -> list[tuple[str, Any]]:
        par = mandat.accorde_par
        return [
            ("Personne", name_person(mandat.user)),
            ("Rôle", mandat.get_role_display()),
            ("Organisation", mandat.organisation),
            ("Périmètre", self.territoire(mandat)),
            ("Premier jour", mandat.periode.lower),
            ("Premier jour sans", mandat.periode.upper),
            ("État", describe_etat(mandat)),
            ("Donné par", name_person(par) if par else None),
        ]
