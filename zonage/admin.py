"""The zoning in the administration: drafts are written here; proposing and publishing are two acts of two persons."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from zonage.enums import StatutArrete
from zonage.models import Apl, Arrete, Classement, Commune, Niveau, Territoire
from zonage.services import PublicationImpossible, propose_arrete, publish_arrete, retract_arrete


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


@admin.register(Arrete)
class ArreteAdmin(admin.ModelAdmin):
    list_display = ["__str__", "region", "profession", "numero", "periode", "statut", "origine"]
    list_filter = [EnVigueurFilter, "statut", "profession", "origine"]
    list_select_related = ["region"]
    list_per_page = 50
    search_fields = ["=numero", "region__nom"]
    actions = ["propose", "publish", "retract"]
    fields = [
        "region", "profession", "numero", "date_signature", "date_publication", "periode", "millesime_cog", "source",
        "lien", "statut", "origine", "propose_par", "publie_par",
    ]  # fmt: skip
    readonly_fields = ["statut", "origine", "propose_par", "publie_par"]

    def has_change_permission(self, request: HttpRequest, obj: Arrete | None = None) -> bool:
        """Only a draft may be rewritten: what is proposed is what will be published."""
        fige = obj is not None and obj.statut != StatutArrete.BROUILLON
        return not fige and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Arrete | None = None) -> bool:
        """History is never erased: an arrêté is closed by dating the end of its period."""
        return False

    @admin.action(description="Proposer les arrêtés choisis", permissions=["change"])
    def propose(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._act(request, queryset, propose_arrete, "proposé : une autre personne peut le publier")

    @admin.action(description="Publier les arrêtés choisis", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._act(request, queryset, publish_arrete, "publié")

    @admin.action(description="Retirer les arrêtés choisis (annule leur publication)", permissions=["change"])
    def retract(self, request: HttpRequest, queryset: QuerySet) -> None:
        fait = "retiré, redevenu brouillon ; les personnes prévenues reçoivent un rectificatif"
        self._act(request, queryset, retract_arrete, fait)

    def _act(self, request: HttpRequest, queryset: QuerySet, acte: Any, fait: str) -> None:
        for arrete in queryset.order_by("pk")[:20]:
            try:
                acte(arrete, par=request.user)
            except PublicationImpossible as refus:
                self.message_user(request, f"{arrete} : {refus}", messages.ERROR)
            else:
                self.message_user(request, f"{arrete} : {fait}.", messages.SUCCESS)


@admin.register(Classement)
class ClassementAdmin(admin.ModelAdmin):
    list_display = ["territoire", "profession", "niveau", "statut", "periode", "arrete", "publie"]
    list_filter = [EnVigueurFilter, "profession", "niveau", "statut", "origine"]
    list_select_related = ["territoire", "niveau", "arrete"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["territoire__libelle", "=territoire__code", "arrete__numero"]
    autocomplete_fields = ["territoire", "arrete"]
    exclude = ["publie", "origine"]

    def has_change_permission(self, request: HttpRequest, obj: Classement | None = None) -> bool:
        """Rows of an arrêté that left the draft are what two persons agreed on."""
        fige = obj is not None and obj.arrete.statut != StatutArrete.BROUILLON
        return not fige and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Classement | None = None) -> bool:
        """A classement is closed by dating the end of its period: history is never erased."""
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "arrete":
            kwargs["queryset"] = Arrete.objects.filter(statut=StatutArrete.BROUILLON).order_by("-pk")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


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
