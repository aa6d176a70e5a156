"""For which day and which rules the table of éligibilités was computed; its own key has two columns, and no admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from aides.models import JeuEligibilite


@admin.register(JeuEligibilite)
class JeuEligibiliteAdmin(admin.ModelAdmin):
    list_display = ["__str__", "jour", "lignes", "ouverts", "change_le", "verifie_le", "execution"]
    list_select_related = ["execution"]

    @admin.display(description="dispositifs ouverts")
    def ouverts(self, jeu: JeuEligibilite) -> int:
        return len(jeu.versions)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
