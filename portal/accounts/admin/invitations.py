"""Invitations: sent, followed, called back. The link itself is never shown: it is in the mail alone."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from portal.accounts.admin.socle import AdminComptes, Page, describe_perimetre, name_person, read_agent
from portal.accounts.enums import Role, TypePerimetre
from portal.accounts.forms_mandats import ConfirmationForm, PropositionForm
from portal.accounts.invitations import invite, is_open, may_see, revoke_invitation
from portal.accounts.models import Invitation, Organisation
from portal.accounts.organisations import MandatRefuse
from portal.accounts.portee import read_portee


def describe_etat(invitation: Invitation) -> str:
    if invitation.acceptee_le:
        return "acceptée"
    if invitation.annulee_le:
        return "annulée"
    return "en attente" if is_open(invitation) else "expirée"


class EtatFilter(admin.SimpleListFilter):
    title = "état"
    parameter_name = "etat"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("attente", "En attente"), ("acceptee", "Acceptées"), ("annulee", "Annulées"), ("expiree", "Expirées")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "acceptee":
            return queryset.filter(acceptee_le__isnull=False)
        if self.value() == "annulee":
            return queryset.filter(annulee_le__isnull=False)
        libres = queryset.filter(acceptee_le=None, annulee_le=None)
        if self.value() == "attente":
            return libres.filter(expire_le__gt=timezone.now())
        return libres.filter(expire_le__lte=timezone.now()) if self.value() == "expiree" else queryset


@admin.register(Invitation)
class InvitationAdmin(AdminComptes):
    list_display = ["courriel", "role", "territoire", "cree_le", "expire_le", "etat"]
    list_filter = [EtatFilter]
    list_select_related = ["invite_par"]
    search_fields = ["=courriel"]
    search_help_text = "Adresse électronique entière."
    ordering = ["-cree_le", "-pk"]

    @admin.display(description="rôle")
    def role(self, invitation: Invitation) -> str:
        return str(Role(invitation.mandat["role"]).label) if invitation.mandat else ""

    @admin.display(description="périmètre")
    def territoire(self, invitation: Invitation) -> str:
        lu = invitation.mandat
        if not lu:
            return ""
        return describe_perimetre(lu["perimetre"], TypePerimetre(lu["perimetre"]).label, lu["perimetre_code"])

    @admin.display(description="état")
    def etat(self, invitation: Invitation) -> str:
        return describe_etat(invitation)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        agent = read_agent(request)
        page = Page(
            "Inviter une personne",
            formulaire=PropositionForm(request.POST or None, par=agent),
            bouton="Envoyer l'invitation",
            explication="La personne reçoit un lien qui sert une fois, pendant sept jours, et ouvre son mandat.",
        )

        def send(formulaire: Any) -> str:
            invite(formulaire.cleaned_data["courriel"], formulaire.read_proposition(), par=agent)
            return "L'invitation part par courrier électronique."

        return self.respond(request, page, send)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        invitation: Invitation = self.find(request, unquote(object_id))
        agent = read_agent(request)
        permis = self.has_change_permission(request) and is_open(invitation)
        permis = permis and (invitation.invite_par_id == agent.pk or may_see(read_portee(agent), invitation))
        page = Page(
            f"Invitation du {timezone.localtime(invitation.cree_le):%d/%m/%Y}",
            faits=self.list_faits(invitation),
            formulaire=ConfirmationForm(request.POST or None) if permis else None,
            bouton="Annuler cette invitation",
            explication="Le lien envoyé ne sert plus à rien dès l'annulation.",
            objet=invitation,
        )

        def revoke(formulaire: Any) -> str:
            if not revoke_invitation(invitation, par=agent):
                raise MandatRefuse("Cette invitation n'était déjà plus en attente.")
            return "L'invitation est annulée."

        return self.respond(request, page, revoke)

    def list_faits(self, invitation: Invitation) -> list[tuple[str, Any]]:
        lu = invitation.mandat
        organisation = Organisation.objects.filter(pk=lu.get("organisation")).first() if lu else None
        return [
            ("Adresse électronique", invitation.courriel),
            ("Organisation", organisation),
            ("Rôle", self.role(invitation)),
            ("Périmètre", self.territoire(invitation)),
            ("Envoyée par", name_person(invitation.invite_par)),
            ("Expire le", timezone.localtime(invitation.expire_le)),
            ("État", describe_etat(invitation)),
        ]
