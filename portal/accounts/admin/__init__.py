"""The administration of accounts: organisations, mandats, invitations and people, each act by its service."""

from portal.accounts.admin.comptes import UserAdmin
from portal.accounts.admin.conservation import DureeConservationAdmin, EffacementAdmin, PassageConservationAdmin
from portal.accounts.admin.invitations import InvitationAdmin
from portal.accounts.admin.mandats import MandatAdmin
from portal.accounts.admin.organisations import OrganisationAdmin

__all__ = [
    "DureeConservationAdmin",
    "EffacementAdmin",
    "InvitationAdmin",
    "MandatAdmin",
    "OrganisationAdmin",
    "PassageConservationAdmin",
    "UserAdmin",
]
