"""The administration of prevention: campaigns with their targets and files, figures, actions."""

from prevention.admin.actions import ActionPreventionAdmin
from prevention.admin.campagnes import CampagneAdmin
from prevention.admin.releves import ReleveAdmin

__all__ = ["ActionPreventionAdmin", "CampagneAdmin", "ReleveAdmin"]
