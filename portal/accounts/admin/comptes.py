"""The accounts. Who administers a perimeter closes and opens them; what holds rights is for who keeps the machine."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from portal.accounts.admin.mandats import describe_etat
from portal.accounts.admin.socle import AdminComptes, Page, describe_perimetre, name_person, read_agent
from portal.accounts.facteurs import find_device
from portal.accounts.forms_mandats import ConfirmationForm
from portal.accounts.models import Mandat, User
from portal.accounts.organisations import covers_person, set_active
from portal.accounts.portee import read_portee

MANDATS_MAX = 20


@admin.register(User)
class UserAdmin(AdminComptes, DjangoUserAdmin):
    list_display = ["personne", "email", "is_active", "last_login"]
    list_filter = ["is_active"]
    list_display_links = ["personne", "email"]
    ordering = ["email", "pk"]
    search_fields = ["=email", "last_name"]
    search_help_text = "Adresse électronique entière, ou nom."
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        ("Personne", {"fields": ["first_name", "last_name"]}),
        ("Droits", {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["email", "usable_password", "password1", "password2"]})]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = ()

    @admin.display(description="personne")
    def personne(self, user: User) -> str:
        return user.get_full_name() or f"Compte {user.pk}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return User.objects.for_user(request.user).order_by("email", "pk")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """An account opens by an invitation: only who keeps the machine makes one by hand."""
        return request.user.is_superuser and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """These fields hold rights, passwords and addresses: nobody gains one by oneself (docs/adr/0112)."""
        return request.user.is_superuser and super().has_change_permission(request, obj)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.user.is_superuser:
            return DjangoUserAdmin.change_view(self, request, object_id, form_url, extra_context)
        user: User = self.find(request, unquote(object_id))
        agent = read_agent(request)
        portee = read_portee(agent)
        permis = request.user.has_perm("accounts.change_user") and user.pk != agent.pk and covers_person(portee, user)
        page = Page(
            name_person(user),
            faits=list_faits(user),
            formulaire=ConfirmationForm(request.POST or None) if permis else None,
            bouton="Fermer ce compte" if user.is_active else "Rouvrir ce compte",
            explication=(
                "Fermer un compte met fin à ses sessions. Ses mandats restent écrits et valent de nouveau s'il rouvre."
            ),
            objet=user,
        )

        def switch(formulaire: Any) -> str:
            set_active(user, not user.is_active, par=agent)
            return f"Le compte de {name_person(user)} est {'rouvert' if user.is_active else 'fermé'}."

        return self.respond(request, page, switch)


def list_faits(user: User) -> list[tuple[str, Any]]:
    mandats = Mandat.objects.select_related("organisation").filter(user=user).order_by("-pk")[:MANDATS_MAX]
    return [
        ("Adresse électronique", user.email),
        ("État", "ouvert" if user.is_active else "fermé"),
        ("Dernière connexion", timezone.localtime(user.last_login) if user.last_login else None),
        ("Second facteur", "oui" if find_device(user) else "non"),
        *(
            (
                f"Mandat {describe_etat(mandat)}",
                f"{mandat.get_role_display()}, {mandat.organisation.nom}, "
                + describe_perimetre(mandat.perimetre, mandat.get_perimetre_display(), mandat.perimetre_code),
            )
            for mandat in mandats
        ),
    ]
