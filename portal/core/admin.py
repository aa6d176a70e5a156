"""Runs of imports, the journal and the outbox: read only, but for what an operator takes up again or drops."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from portal.core.executions import ask_cancel
from portal.core.journal import read_derniere
from portal.core.models import Creneau, Envoi, Evenement, Execution, ImportRun
from portal.core.outbox import RelancerImpossible, cancel, read_etat, relaunch


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
    """What one may see of it (`for_user`), under the result of the last verification."""

    list_display = ["survenu_le", "action", "objet", "auteur"]
    list_filter = ["action"]
    search_fields = ["=objet"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Evenement]:
        return Evenement.objects.for_user(request.user).order_by("-survenu_le", "-pk")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"verification": read_derniere(), **(extra_context or {})})


@admin.register(Envoi)
class EnvoiAdmin(Lecture):
    """What waits, what failed. Those who may change an envoi take it out of quarantine, or drop it."""

    list_display = ["pk", "tache", "cle", "statut", "tentatives", "cree_le", "prochain_essai_le", "fait_le", "erreur"]
    list_filter = ["statut", "tache"]
    list_select_related = []
    search_fields = ["=cle", "=tache"]
    actions = ["relancer", "annuler"]

    def has_operer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("core.change_envoi")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"etat": read_etat(), **(extra_context or {})})

    @admin.action(description="Relancer les envois en quarantaine", permissions=["operer"])
    def relancer(self, request: HttpRequest, queryset: QuerySet[Envoi]) -> None:
        relances = 0
        for envoi_id in queryset.order_by("pk").values_list("pk", flat=True)[:200]:
            try:
                relaunch(envoi_id, par=request.user)
                relances += 1
            except RelancerImpossible as refus:
                self.message_user(request, str(refus), messages.WARNING)
        if relances:
            self.message_user(request, f"{relances} envoi(s) relancé(s).", messages.SUCCESS)

    @admin.action(description="Abandonner les envois qui ne sont pas faits", permissions=["operer"])
    def annuler(self, request: HttpRequest, queryset: QuerySet[Envoi]) -> None:
        cles = queryset.order_by("pk").values_list("pk", flat=True)[:200]
        abandonnes = sum(cancel(envoi_id, par=request.user) for envoi_id in cles)
        self.message_user(request, f"{abandonnes} envoi(s) abandonné(s).", messages.SUCCESS)


@admin.register(Creneau)
class CreneauAdmin(Lecture):
    list_display = ["nom", "creneau", "pris_le"]
    list_filter = ["nom"]
    list_select_related = []


@admin.register(Execution)
class ExecutionAdmin(Lecture):
    """The runs of long jobs. Those who may change an exécution ask it to stop."""

    list_display = ["pk", "libelle", "etat", "avancement", "lignes_lues", "lignes_ecrites", "commencee_le", "duree"]
    list_filter = ["statut", "nature"]
    list_select_related = []
    actions = ["annuler"]

    def has_operer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("core.change_execution")

    @admin.display(description="état")
    def etat(self, execution: Execution) -> str:
        return str(execution.etat.label)

    @admin.display(description="avancement")
    def avancement(self, execution: Execution) -> str:
        return f"{execution.etapes_faites}/{execution.etapes_prevues} {execution.etape}"

    @admin.action(description="Arrêter les exécutions en cours", permissions=["operer"])
    def annuler(self, request: HttpRequest, queryset: QuerySet[Execution]) -> None:
        demandes = sum(ask_cancel(execution, par=request.user) for execution in queryset.order_by("pk")[:200])
        self.message_user(
            request, f"Arrêt demandé pour {demandes} exécution(s) : chacune s'arrête à son étape suivante."
        )
