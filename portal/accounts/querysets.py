"""Who sees the accounts, the mandats and the invitations (`for_user`)."""

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db.models import Q

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
    """Those that one sent; all of them for who manages the accounts of the whole country."""

    def for_portee(self, portee: "Portee") -> Self:
        if "national" in portee.cles(GESTION):
            return self
        return self.filter(invite_par_id=portee.personne) if portee.personne else self.none()


class UserQuerySet(PorteeQuerySet):
    """Oneself, and who holds or held a mandat of an organisation of one's territory for who manages the accounts."""

    def for_portee(self, portee: "Portee") -> Self:
        gerees = portee.filter_territoire(*GESTION, prefixe="mandats__organisation__")
        if not gerees:
            return self
        visibles = self.model._default_manager.filter(gerees).values("pk")
        return self.filter(Q(pk=portee.personne) | Q(pk__in=visibles))
