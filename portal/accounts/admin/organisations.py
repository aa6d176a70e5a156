"""The organisations in whose name a role is held."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode

from portal.accounts.admin.socle import AdminComptes, Page, read_agent
from portal.accounts.enums import Role
from portal.accounts.forms_mandats import OrganisationForm
from portal.accounts.models import Organisation
from portal.accounts.organisations import covers_organisation, save_organisation
from portal.accounts.portee import read_portee


@admin.register(Organisation)
class OrganisationAdmin(AdminComptes):
    list_display = ["nom", "type", "code", "region_code", "departement_code", "active"]
    list_filter = ["type", "active"]
    search_fields = ["nom", "=code"]
    search_help_text = "Nom, ou code entier."
    ordering = ["type", "nom", "pk"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Everybody reads the organisations; those who administer their territory change them."""
        permis = super().has_change_permission(request, obj)
        return permis and (obj is None or covers_organisation(read_portee(request.user), obj, Role.ADMINISTRATEUR))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        formulaire = OrganisationForm(request.POST or None)
        page = Page("Ajouter une organisation", formulaire=formulaire, bouton="Enregistrer")
        return self.respond(request, page, lambda lu: self._save(request, lu))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        organisation = self.find(request, unquote(object_id))
        if not self.has_change_permission(request, organisation):
            faits = [("Type", organisation.get_type_display()), ("Code", organisation.code or "—")]
            faits += [
                ("Région", organisation.region_code or "—"),
                ("Département", organisation.departement_code or "—"),
            ]
            page = Page(organisation.nom, faits=[*faits, ("Active", "oui" if organisation.active else "non")])
            return self.respond(request, page, lambda lu: "")
        # What is typed goes to a second reading of the row: a refusal shows the page with the name it still has.
        saisie = Organisation.objects.get(pk=organisation.pk)
        ajout = f"{reverse('admin:accounts_mandat_add')}?{urlencode({'organisation': organisation.pk})}"
        page = Page(
            organisation.nom,
            formulaire=OrganisationForm(request.POST or None, instance=saisie),
            bouton="Enregistrer",
            objet=organisation,
            liens=[("Donner un mandat en son nom", ajout)],
        )
        return self.respond(request, page, lambda lu: self._save(request, lu))

    def _save(self, request: HttpRequest, formulaire: Any) -> str:
        save_organisation(formulaire.instance, par=read_agent(request))
        return f"« {formulaire.instance.nom} » est enregistrée."
