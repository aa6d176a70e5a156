"""What the checks found, in the administration: open first, each linked to where it is mended."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from aides.dossiers.controles import build_lien, record_controles
from aides.dossiers.controles_regles import CONTROLES, Gravite
from aides.models import Anomalie
from zonage.admin import LectureSeule


class ControleFilter(admin.SimpleListFilter):
    title = "contrôle"
    parameter_name = "controle"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(((code, controle.libelle) for code, controle in CONTROLES.items()), key=lambda choix: choix[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Anomalie]) -> QuerySet[Anomalie]:
        return queryset.filter(controle=self.value()) if self.value() else queryset


class GraviteFilter(admin.SimpleListFilter):
    title = "gravité"
    parameter_name = "gravite"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(gravite.value, gravite.value.capitalize()) for gravite in Gravite]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Anomalie]) -> QuerySet[Anomalie]:
        if not self.value():
            return queryset
        return queryset.filter(controle__in=[c.code for c in CONTROLES.values() if c.gravite == self.value()])


class OuverteFilter(admin.SimpleListFilter):
    """The open ones, unless asked otherwise."""

    title = "état"
    parameter_name = "etat"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("closes", "N'est plus vraie"), ("toutes", "Toutes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Anomalie]) -> QuerySet[Anomalie]:
        if self.value() == "toutes":
            return queryset
        return queryset.filter(close_le__isnull=self.value() != "closes")

    def choices(self, changelist: Any) -> Any:
        for choix in super().choices(changelist):
            yield choix | ({"display": "À regarder"} if choix["display"] not in ("N'est plus vraie", "Toutes") else {})


@admin.register(Anomalie)
class AnomalieAdmin(LectureSeule):
    list_display = ["libelle", "gravite", "constat", "dossier", "departement_code", "vue_le", "close_le"]
    list_display_links = None
    list_filter = [OuverteFilter, GraviteFilter, ControleFilter, "departement_code"]
    list_select_related = ["demande__contrat"]
    search_fields = ["=demande__numero"]
    actions = ["run_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Anomalie]:
        return Anomalie.objects.for_user(request.user).order_by("-vue_le", "-pk")

    @admin.display(description="contrôle")
    def libelle(self, anomalie: Anomalie) -> str:
        controle = CONTROLES.get(anomalie.controle)
        return controle.libelle if controle else anomalie.controle

    @admin.display(description="gravité")
    def gravite(self, anomalie: Anomalie) -> str:
        controle = CONTROLES.get(anomalie.controle)
        return controle.gravite.value if controle else ""

    @admin.display(description="dossier")
    def dossier(self, anomalie: Anomalie) -> SafeString:
        return format_html('<a href="{}">{}</a>', build_lien(anomalie.demande, anomalie.cle), anomalie.demande.numero)

    @admin.action(description="Relancer les contrôles sur ces dossiers")
    def run_again(self, request: HttpRequest, queryset: QuerySet[Anomalie]) -> None:
        cles = sorted(set(queryset.order_by().values_list("demande_id", flat=True)[:500]))
        bilan = record_controles(cles)
        self.message_user(
            request,
            f"{len(cles)} dossier(s) contrôlé(s) : {bilan.ouvertes} anomalie(s) nouvelle(s), "
            f"{bilan.confirmees} toujours vraie(s), {bilan.closes} close(s).",
        )
