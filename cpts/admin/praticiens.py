"""The practitioners of the Annuaire santé and the supply of each commune: public data, read only."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from cpts.admin.listes import LectureSeule
from cpts.models import LieuExercice, OffreCommune, Praticien
from cpts.sources.rpps import RPPS
from zonage.calculs.noms import cle_tri
from zonage.models import Commune, Departement

COMMUNES_MAX = 2_000
"""More than any département has."""


class DepartementFilter(admin.SimpleListFilter):
    """The département of a place of practice still open."""

    title = "département d'exercice"
    parameter_name = "departement"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        lus = Departement.objects.order_by("code").values_list("code", "nom")[:150]
        return [(code, f"{code} – {nom}") for code, nom in lus]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if not self.value():
            return queryset
        # The codes themselves, not a join: the planner then knows how few places there are, and goes by their index.
        communes = Commune.objects.filter(departement=self.value()).order_by("pk").values_list("pk", flat=True)
        ouverts = LieuExercice.objects.filter(commune__in=list(communes[:COMMUNES_MAX]), periode__upper_inf=True)
        return queryset.filter(pk__in=ouverts.values("praticien_id"))


class LieuExerciceInline(admin.TabularInline):
    model = LieuExercice
    template = "admin/cpts/lieux.html"
    fields = ("commune", "code_publie", "mode_exercice", "enseigne", "finess", "siret", "periode")
    readonly_fields = ("commune", "code_publie", "mode_exercice", "enseigne", "finess", "siret", "periode")
    extra = 0
    can_delete = False
    ordering = ["-periode", "pk"]
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("commune")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever reads the practitioner reads the places: both are published together."""
        return request.user.has_perm("cpts.view_praticien")


@admin.register(Praticien)
class PraticienAdmin(LectureSeule):
    list_display = ["rpps", "nom", "prenom", "profession", "specialite", "vu_le"]
    list_filter = ["profession", DepartementFilter]
    search_fields = ["rpps", "cle_nom"]
    search_help_text = "Numéro RPPS entier, ou début du nom (puis du prénom). La liste s'arrête à 5 000 praticiens."
    ordering = ["rpps"]
    sortable_by = ()
    exclude = ["cle_nom"]
    inlines = [LieuExerciceInline]

    class Media:
        css = {"all": ["css/rattachement.css"]}

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """Eleven digits: that RPPS. Else the beginning of the name, whatever its accents: an index answers both."""
        compact = "".join(search_term.split())
        if RPPS.fullmatch(compact):
            return queryset.filter(pk=compact), False
        cle = cle_tri(search_term)
        if not search_term.strip():
            return queryset, False
        return (
            queryset.filter(cle_nom__startswith=cle).order_by("cle_nom", "rpps") if cle else queryset.none()
        ), False


@admin.register(OffreCommune)
class OffreCommuneAdmin(LectureSeule):
    list_display = ["commune", "profession", "jour", "praticiens", "liberaux"]
    list_filter = ["profession"]
    list_select_related = ["commune"]
    search_fields = ["=commune__code_insee"]
    search_help_text = "Code INSEE de la commune."
    ordering = ["commune", "profession", "-jour"]
    sortable_by = ()
