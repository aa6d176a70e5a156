"""The permissions of the administration, from the mandats in force (`portal.accounts.roles`)."""

from typing import Any

from django.contrib.auth.backends import BaseBackend

from portal.accounts.portee import read_portee
from portal.accounts.roles import DROITS, is_allowed


class MandatBackend(BaseBackend):
    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        app, _, nom = perm.partition(".")
        verbe, _, modele = nom.partition("_")
        return any(is_allowed(mandat.role, app, verbe, modele) for mandat in read_portee(user_obj).mandats)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return any(
            cle.startswith(f"{app_label}.")
            for mandat in read_portee(user_obj).mandats
            for cle in DROITS.get(mandat.role, {})
        )
