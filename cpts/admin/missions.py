"""Missions and years of the ACI in the administration: lists to search; the acts are in the space of the CPTS."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from cpts.admin.listes import LectureSeule
from cpts.models import ExerciceAci, LigneAci, Mission


class DeCptsAdmin(LectureSeule):
    """Rows of a CPTS, those that the agent may read."""

    list_select_related = ["cpts"]
    search_fields = ["cpts__nom", "=cpts__code"]
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        lus: Any = super().get_queryset(request)
        visibles: QuerySet = lus.for_user(request.user)
        return visibles


@admin.register(Mission)
class MissionAdmin(DeCptsAdmin):
    list_display = ["cpts", "type", "statut", "demarrage_limite", "demarree_le", "deploiement_limite", "deployee_le"]
    list_filter = ["type", "statut"]
    ordering = ["cpts", "type", "pk"]
    fields = [
        "espace", "cpts", "type", "statut", "demarrage_limite", "demarree_le", "deploiement_limite", "deployee_le",
        "evaluee_le", "description",
    ]  # fmt: skip
    readonly_fields = ["espace"]

    @admin.display(description="dans l'espace de la CPTS")
    def espace(self, obj: Mission) -> SafeString:
        adresse = reverse("espace_mission", args=[obj.cpts_id, obj.type])
        return format_html('<a href="{}">Ouvrir la mission : indicateurs, preuves, actes</a>', adresse)


class LigneInline(admin.TabularInline):
    model = LigneAci
    fields = ("mission", "volet", "prevu", "accorde", "avance", "avance_le", "solde", "solde_le", "origine")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        lus: Any = super().get_queryset(request)
        visibles: QuerySet = lus.for_user(request.user)
        return visibles


@admin.register(ExerciceAci)
class ExerciceAciAdmin(DeCptsAdmin):
    list_display = ["cpts", "rang", "periode", "taille", "population", "clos_le"]
    list_filter = ["rang", "taille", ("clos_le", admin.EmptyFieldListFilter)]
    ordering = ["cpts", "rang"]
    fields = ["espace", "cpts", "rang", "periode", "taille", "population", "clos_le"]
    readonly_fields = ["espace"]
    inlines = [LigneInline]

    @admin.display(description="dans l'espace de la CPTS")
    def espace(self, obj: ExerciceAci) -> SafeString:
        adresse = reverse("espace_argent", args=[obj.cpts_id])
        return format_html('<a href="{}#e{}">Ouvrir le grand livre : montants, preuves</a>', adresse, obj.pk)
