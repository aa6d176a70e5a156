"""The tables of the zoning in the administration: read here, written by imports and by the pages of arrêtés."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from zonage.models import Apl, Classement, Commune, Niveau, Territoire


class LectureSeule(admin.ModelAdmin):
    """Rows that only an importer writes."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class EnVigueurFilter(admin.SimpleListFilter):
    title = "en vigueur"
    parameter_name = "en_vigueur"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("oui", "Aujourd'hui"), ("non", "Pas aujourd'hui")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        au = timezone.localdate()  # the edge decides the day
        if self.value() == "oui":
            return queryset.filter(periode__contains=au)
        if self.value() == "non":
            return queryset.exclude(periode__contains=au)
        return queryset


@admin.register(Classement)
class ClassementAdmin(LectureSeule):
    """Rows are written on the pages of their arrêté, which check the région, the communes and the draft."""

    list_display = ["territoire", "profession", "niveau", "statut", "periode", "arrete", "publie"]
    list_filter = [EnVigueurFilter, "profession", "niveau", "statut", "origine"]
    list_select_related = ["territoire", "niveau", "arrete"]
    search_fields = ["territoire__libelle", "=territoire__code", "arrete__numero"]


@admin.register(Territoire)
class TerritoireAdmin(admin.ModelAdmin):
    list_display = ["libelle", "code", "type", "region_attribution"]
    list_filter = ["type"]
    list_select_related = ["region_attribution"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["=code", "libelle"]

    def has_delete_permission(self, request: HttpRequest, obj: Territoire | None = None) -> bool:
        return False


@admin.register(Commune)
class CommuneAdmin(LectureSeule):
    list_display = ["nom", "code_insee", "departement", "population"]
    list_filter = ["departement__region"]
    list_select_related = ["departement"]
    search_fields = ["=code_insee", "nom"]


@admin.register(Niveau)
class NiveauAdmin(admin.ModelAdmin):
    list_display = ["libelle", "code", "famille", "rang", "couleur"]
    list_filter = ["famille"]
    list_per_page = 50
    search_fields = ["=code", "libelle"]

    def has_delete_permission(self, request: HttpRequest, obj: Niveau | None = None) -> bool:
        return False


@admin.register(Apl)
class AplAdmin(LectureSeule):
    list_display = ["code_publie", "commune", "profession", "millesime", "apl", "origine"]
    list_filter = ["profession", "millesime", "origine"]
    list_select_related = ["commune"]
    search_fields = ["=code_publie", "=commune__code_insee"]
