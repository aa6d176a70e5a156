"""The administration: for the agents who hold a mandat in force, and for those who keep the machine."""

from django.contrib import admin
from django.http import HttpRequest

from portal.accounts.portee import read_portee


class SiteAdministration(admin.AdminSite):
    site_header = "Administration de Maillage"
    site_title = "Administration de Maillage"
    index_title = "Mes tâches"
    empty_value_display = "—"

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and read_portee(request.user).est_agent
