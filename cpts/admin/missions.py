"""Missions and years of the ACI in the administration: lists to search; the acts are in the space of the CPTS."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import number_format
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


class ClosFilter(admin.SimpleListFilter):
    title = "clôture"
    parameter_name = "clos"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("non", "En cours ou à venir"), ("oui", "Clos")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ExerciceAci]) -> QuerySet[ExerciceAci]:
        return queryset.filter(clos_le__isnull=self.value() == "non") if self.value() in ("oui", "non") else queryset


@admin.register(ExerciceAci)
class ExerciceAciAdmin(DeCptsAdmin):
    list_display = ["cpts", "rang", "du_au", "taille", "habitants", "clos_le"]
    list_filter = ["rang", "taille", ClosFilter]
    ordering = ["cpts", "rang"]
    fields = ["espace", "cpts", "rang", "du_au", "taille", "habitants", "clos_le", "lignes"]
    readonly_fields = ["espace", "du_au", "habitants", "lignes"]

    @admin.display(description="dans l'espace de la CPTS")
    def espace(self, obj: ExerciceAci) -> SafeString:
        adresse = reverse("espace_argent", args=[obj.cpts_id])
        return format_html('<a href="{}#e{}">Ouvrir le grand livre : montants, preuves</a>', adresse, obj.pk)

    @admin.display(description="période", ordering="periode")
    def du_au(self, obj: ExerciceAci) -> str:
        return f"du {obj.periode.lower:%d/%m/%Y} au {obj.periode.upper - timedelta(days=1):%d/%m/%Y}"

    @admin.display(description="population")
    def habitants(self, obj: ExerciceAci) -> str:
        return "" if obj.population is None else number_format(obj.population, force_grouping=True)

    @admin.display(description="lignes de l'ACI")
    def lignes(self, obj: ExerciceAci) -> SafeString:
        """In euros; a table of our own, where the one of Django is not read by everybody."""
        lues = LigneAci.objects.filter(exercice=obj).order_by("mission", "volet")
        return render_to_string("admin/cpts/exercice_lignes.html", {"lignes": lues, "exercice": obj})
