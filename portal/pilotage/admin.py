"""The contradictions found in the figures, in the administration: those to look at first, each with its receipt."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from cpts.admin.listes import PaginateurBorne
from portal.pilotage.admin_objectifs import ObjectifAdmin
from portal.pilotage.constats import build_objet, build_recu, find_controle, list_constats
from portal.pilotage.models import Constat
from portal.pilotage.services.controles import EcartImpossible, put_aside
from portal.pilotage.sources.controles import CONTROLES, Famille
from zonage.models import Departement

__all__ = ["ConstatAdmin", "ObjectifAdmin"]

ETATS = {"ecartees": "Écartées", "resolues": "Résolues", "toutes": "Toutes"}


class EtatFilter(admin.SimpleListFilter):
    """The open ones, unless asked otherwise."""

    title = "état"
    parameter_name = "etat"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(ETATS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Constat]) -> QuerySet[Constat]:
        if self.value() == "toutes":
            return queryset
        if self.value() == "resolues":
            return queryset.filter(resolu_le__isnull=False)
        return queryset.filter(resolu_le__isnull=True, ecarte_le__isnull=self.value() != "ecartees")

    def choices(self, changelist: Any) -> Any:
        for choix in super().choices(changelist):
            yield choix | ({} if choix["display"] in ETATS.values() else {"display": "À regarder"})


class FamilleFilter(admin.SimpleListFilter):
    title = "sorte"
    parameter_name = "sorte"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(famille.name.lower(), famille.value) for famille in Famille]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Constat]) -> QuerySet[Constat]:
        if not self.value():
            return queryset
        codes = [un.code for un in CONTROLES.values() if un.famille.name.lower() == self.value()]
        return queryset.filter(controle__in=codes)


class DepartementFilter(admin.SimpleListFilter):
    """Of those that one reads; what concerns a région or France is in none."""

    title = "département"
    parameter_name = "departement"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        codes = list_constats(request.user).exclude(departement_code="").values("departement_code")
        lus = Departement.objects.filter(pk__in=codes).order_by("code")
        return [(un.code, f"{un.code} – {un.nom}") for un in lus[:150]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Constat]) -> QuerySet[Constat]:
        return queryset.filter(departement_code=self.value()) if self.value() else queryset


class EcartForm(forms.ModelForm):
    motif = forms.CharField(
        label="Pourquoi elle est écartée",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Elle reste écartée tant que ses chiffres ne changent pas ; résolue, elle se ferme d'elle-même.",
    )

    class Meta:
        model = Constat
        fields = ["motif"]


@admin.register(Constat)
class ConstatAdmin(admin.ModelAdmin):
    form = EcartForm
    list_display = ["phrase", "sorte", "recu", "suite"]
    list_display_links = ["phrase"]
    list_filter = [EtatFilter, FamilleFilter, DepartementFilter]
    list_per_page = 50
    show_full_result_count = False
    paginator = PaginateurBorne
    sortable_by = ()
    actions = None
    fields = ["phrase", "regle", "recu", "correction", "jour", "vu_le", "revu_le", "resolu_le", "ecarte_le", "motif"]
    readonly_fields = ["phrase", "regle", "recu", "correction", "jour", "vu_le", "revu_le", "resolu_le", "ecarte_le"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Constat]:
        return list_constats(request.user).order_by("-vu_le", "-pk")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:  # type: ignore[override]
        return super().changelist_view(request, {"title": "Contradictions dans les chiffres"} | (extra_context or {}))

    def changeform_view(  # type: ignore[override]
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        """One act alone: to put it aside."""
        contexte = {"title": "Contradiction", "show_save_and_continue": False}
        return super().changeform_view(request, object_id, form_url, contexte | (extra_context or {}))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Constat | None = None) -> bool:
        """What is solved or put aside is only read."""
        if obj is not None and (obj.resolu_le or obj.ecarte_le):
            return False
        return super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Constat, form: Any, change: bool) -> None:
        try:
            put_aside(obj, form.cleaned_data["motif"], par=request.user)
        except EcartImpossible as refus:
            self.message_user(request, str(refus), messages.ERROR)

    @admin.display(description="contradiction")
    def phrase(self, constat: Constat) -> str:
        return constat.constat

    @admin.display(description="suite")
    def suite(self, constat: Constat) -> str:
        if constat.resolu_le:
            return f"résolue le {timezone.localdate(constat.resolu_le):%d/%m/%Y}"
        if constat.ecarte_le:
            return f"écartée le {timezone.localdate(constat.ecarte_le):%d/%m/%Y}"
        return f"à regarder, vue le {timezone.localdate(constat.vu_le):%d/%m/%Y}"

    @admin.display(description="contrôle")
    def regle(self, constat: Constat) -> str:
        controle = find_controle(constat)
        return controle.libelle if controle else constat.controle

    @admin.display(description="sorte")
    def sorte(self, constat: Constat) -> str:
        controle = find_controle(constat)
        return controle.famille.value if controle else ""

    @admin.display(description="reçu du chiffre")
    def recu(self, constat: Constat) -> SafeString | str:
        lien = build_recu(constat)
        return format_html('<a href="{}">Voir le reçu</a>', lien) if lien else "sans reçu"

    @admin.display(description="là où elle se corrige")
    def correction(self, constat: Constat) -> SafeString | str:
        lien = build_objet(constat)
        return format_html('<a href="{}">Ouvrir la fiche</a>', lien) if lien else "dans les sources du chiffre"
