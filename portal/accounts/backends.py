"""The permissions of the administration, from the mandats in force (`portal.accounts.roles`)."""

from typing import Any

from django.core.exceptions import PermissionDenied

from portal.accounts.portee import read_portee
from portal.accounts.roles import DROITS, is_allowed

VERBES = frozenset({"view", "add", "change", "delete"})


class MandatBackend:
    """The first to know a permission: for who holds a mandat, the table of roles alone gives these verbs.

    A permission of another kind (« validate ») may still be given to one person. Signs nobody in, finds nobody.
    """

    def authenticate(self, request: Any, **credentials: Any) -> None:
        return None

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Raises PermissionDenied, which asks nothing more of the backends that follow."""
        app, _, nom = perm.partition(".")
        verbe, _, modele = nom.partition("_")
        mandats = read_portee(user_obj).mandats
        if any(is_allowed(mandat.role, app, verbe, modele) for mandat in mandats):
            return True
        if mandats and verbe in VERBES:
            raise PermissionDenied
        return False

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        mandats = read_portee(user_obj).mandats
        if any(cle.startswith(f"{app_label}.") for mandat in mandats for cle in DROITS.get(mandat.role, {})):
            return True
        if mandats:
            raise PermissionDenied
        return False
