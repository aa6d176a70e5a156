"""The targets in the administration: set, ended, never removed."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from cpts.admin.listes import PaginateurBorne
from portal.pilotage.atteinte import say_objectif
from portal.pilotage.droits import list_objectifs, may_set_objectif
from portal.pilotage.forms import FinObjectifForm, ObjectifForm
from portal.pilotage.lecture import find_indicateur
from portal.pilotage.models import Objectif
from portal.pilotage.services.objectifs import ObjectifRefuse, end_objectif, set_objectif

ETATS = {"finis": "Finis", "tous": "Tous"}
LUS = ("chiffre", "lieu", "vise", "debut", "fin_dite", "source", "reference", "demonstration", "recu", "saisi_le")


class EtatFilter(admin.SimpleListFilter):
    """Those in force, unless asked otherwise."""

    title = "état"
    parameter_name = "etat"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(ETATS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Objectif]) -> QuerySet[Objectif]:
        if self.value() == "tous":
            return queryset
        en_cours = Q(fin__isnull=True) | Q(fin__gt=timezone.localdate())
        return queryset.exclude(en_cours) if self.value() == "finis" else queryset.filter(en_cours)

    def choices(self, changelist: Any) -> Any:
        for choix in super().choices(changelist):
            yield choix | ({} if choix["display"] in ETATS.values() else {"display": "En vigueur"})


@admin.register(Objectif)
class ObjectifAdmin(admin.ModelAdmin):
    list_display = ["chiffre", "lieu", "vise", "debut", "fin_dite", "texte_court", "demonstration"]
    list_filter = [EtatFilter, "territoire__type", "demonstration"]
    search_fields = ["=indicateur", "territoire__nom", "=territoire__code", "source"]
    list_per_page = 50
    show_full_result_count = False
    paginator = PaginateurBorne
    sortable_by = ()
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Objectif]:
        return list_objectifs(request.user).select_related("territoire").order_by("-saisi_le", "-pk")

    def get_form(self, request: HttpRequest, obj: Objectif | None = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None:
            return super().get_form(request, obj, change, form=FinObjectifForm, **kwargs)
        formulaire = super().get_form(request, obj, change, form=ObjectifForm, **kwargs)
        return type("ObjectifDePersonne", (formulaire,), {"user": request.user})

    def get_fields(self, request: HttpRequest, obj: Objectif | None = None) -> Any:
        if obj is None:
            return ObjectifForm.field_order
        permis = self.has_change_permission(request, obj)
        return [*LUS, *(("fin", "motif_fin") if permis else ("motif_fin",))]

    def get_readonly_fields(self, request: HttpRequest, obj: Objectif | None = None) -> Any:
        return () if obj is None else LUS

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str | list[str]]:
        """From the receipt of a figure: which one, and where."""
        return {cle: request.GET.get(cle, "")[:80] for cle in ("indicateur", "maille", "code")}

    def has_change_permission(self, request: HttpRequest, obj: Objectif | None = None) -> bool:
        """A target that is over is only read; the others, by who may set one there."""
        permis = super().has_change_permission(request, obj)
        if obj is None or not permis:
            return permis
        finie = obj.fin is not None and obj.fin <= timezone.localdate()
        return not finie and may_set_objectif(request.user, obj.territoire)

    def has_delete_permission(self, request: HttpRequest, obj: Objectif | None = None) -> bool:
        return False

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Objectif:
        instance: Objectif = form.instance
        return instance

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing is related: the act wrote the row."""

    def save_model(self, request: HttpRequest, obj: Objectif, form: Any, change: bool) -> None:
        if not change:
            fait = set_objectif(form.build_saisie(), par=request.user)
            obj.pk = fait.pk
            obj.refresh_from_db()
            return
        try:
            end_objectif(obj, form.cleaned_data["fin"], form.cleaned_data["motif_fin"], par=request.user)
        except ObjectifRefuse as refus:
            self.message_user(request, str(refus), messages.ERROR)

    @admin.display(description="indicateur")
    def chiffre(self, obj: Objectif) -> str:
        un = find_indicateur(obj.indicateur)
        return un.libelle if un else obj.indicateur

    @admin.display(description="territoire")
    def lieu(self, obj: Objectif) -> str:
        return f"{obj.territoire.nom} ({obj.territoire.get_type_display()})"

    @admin.display(description="objectif")
    def vise(self, obj: Objectif) -> str:
        un = find_indicateur(obj.indicateur)
        return say_objectif(obj, un) if un else str(obj.valeur)

    @admin.display(description="fin", ordering=F("fin"))
    def fin_dite(self, obj: Objectif) -> str:
        if obj.fin is None:
            return "en vigueur"
        return "jamais compté : remplacé le jour même" if obj.fin == obj.debut else f"{obj.fin:%d/%m/%Y}"

    @admin.display(description="texte qui le fixe")
    def texte_court(self, obj: Objectif) -> str:
        return str(Truncator(obj.source).chars(60))

    @admin.display(description="reçu du chiffre")
    def recu(self, obj: Objectif) -> SafeString:
        adresse = reverse("pilotage_recu", args=[obj.indicateur, obj.territoire.type, obj.territoire.code])
        return format_html('<a href="{}">Voir le reçu</a>', adresse)
