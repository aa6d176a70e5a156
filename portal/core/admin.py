"""Runs of imports and the journal, to be read only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from portal.core.models import Evenement, ImportRun


class Lecture(admin.ModelAdmin):
    list_per_page = 50
    show_full_result_count = False
    list_select_related = ["auteur"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ImportRun)
class ImportRunAdmin(Lecture):
    list_display = ["source", "fichier", "statut", "lignes_lues", "lignes_ecrites", "anomalies", "commence_le"]
    list_filter = ["statut", "source"]
    search_fields = ["fichier", "=empreinte"]


@admin.register(Evenement)
class EvenementAdmin(Lecture):
    list_display = ["survenu_le", "action", "objet", "auteur"]
    list_filter = ["action"]
    search_fields = ["=objet"]
