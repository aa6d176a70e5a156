"""Who sees the accounts, the mandats and the invitations (`for_user`)."""

from datetime import date
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.db.models import IntegerField, Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from portal.accounts.enums import Role
from portal.core.querysets import PorteeQuerySet, TerritorialiseQuerySet

if TYPE_CHECKING:
    from portal.accounts.portee import Portee

__all__ = ["InvitationQuerySet", "MandatQuerySet", "OrganisationQuerySet", "TerritorialiseQuerySet", "UserQuerySet"]

GESTION = (Role.ADMINISTRATEUR, Role.AUDITEUR)
"""Who reads the accounts and mandats of others, within a perimeter."""


class OrganisationQuerySet(PorteeQuerySet):
    """Names of public bodies: every agent reads them; the others, those in whose name they act."""

    def for_portee(self, portee: "Portee") -> Self:
        return self if portee.est_agent else self.filter(pk__in=sorted(portee.organisations))


class MandatQuerySet(PorteeQuerySet):
    def en_vigueur(self, *, au: date) -> Self:
        return self.filter(periode__contains=au, organisation__active=True)

    def for_portee(self, portee: "Portee") -> Self:
        """One's own, and those of the organisations of one's territory for who manages the accounts."""
        gerees = portee.filter_territoire(*GESTION, prefixe="organisation__")
        return self.filter(gerees | Q(user_id=portee.personne)) if gerees else self


class InvitationQuerySet(PorteeQuerySet):
    """Those that one sent, and those for the organisations of one's territory for who manages the accounts."""

    def for_portee(self, portee: "Portee") -> Self:
        gerees = portee.filter_territoire(*GESTION)
        if not gerees:
            return self
        organisations = apps.get_model("accounts.Organisation")._default_manager
        lignes = self.annotate(pour=Cast(KeyTextTransform("organisation", "mandat"), IntegerField()))
        return lignes.filter(Q(invite_par_id=portee.personne) | Q(pour__in=organisations.filter(gerees).values("pk")))


class UserQuerySet(PorteeQuerySet):
    """Oneself, and who holds or held a mandat of an organisation of one's territory for who manages the accounts."""

    def for_portee(self, portee: "Portee") -> Self:
        gerees = portee.filter_territoire(*GESTION, prefixe="mandats__organisation__")
        if not gerees:
            return self
        visibles = self.model._default_manager.filter(gerees).values("pk")
        return self.filter(Q(pk=portee.personne) | Q(pk__in=visibles))
