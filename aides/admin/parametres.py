"""Regional parameters in the administration: one person proposes, another validates; a validated value is frozen."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from aides.models import ArchiveRegle, ParametreRegional, StatutParametre
from aides.parametres import ValidationImpossible, dismiss_parametre, propose_parametre, validate_parametre
from aides.regles.parametres import PARAMETRES
from zonage.admin import EnVigueurFilter, LectureSeule


class ParametreForm(forms.ModelForm):
    code = forms.ChoiceField(label="Paramètre", choices=list(PARAMETRES.items()))

    class Meta:
        model = ParametreRegional
        fields = ["region", "code", "valeur", "periode", "reference", "verifie_le"]

    def clean_periode(self) -> Any:
        periode = self.cleaned_data["periode"]
        if periode is not None and periode.lower is None:
            raise forms.ValidationError("Donnez le jour où cette valeur commence.")
        return periode


@admin.register(ParametreRegional)
class ParametreRegionalAdmin(admin.ModelAdmin):
    form = ParametreForm
    list_display = ["libelle", "region", "valeur", "periode", "statut", "verifie_le"]
    list_filter = [EnVigueurFilter, "statut", "region"]
    list_select_related = ["region"]
    list_per_page = 50
    search_fields = ["=code", "region__nom"]
    readonly_fields = ["statut", "propose_par", "valide_par", "valide_le"]
    actions = ["propose", "validate", "dismiss"]

    def has_change_permission(self, request: HttpRequest, obj: ParametreRegional | None = None) -> bool:
        """Only a draft may be rewritten: what is proposed is what will be validated."""
        fige = obj is not None and obj.statut != StatutParametre.BROUILLON
        return not fige and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: ParametreRegional | None = None) -> bool:
        """A value ends by dating its period: history is never erased."""
        return False

    @admin.action(description="Proposer les valeurs choisies", permissions=["change"])
    def propose(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._act(request, queryset, propose_parametre, "proposé : une autre personne peut le valider")

    @admin.action(description="Valider les valeurs choisies", permissions=["change"])
    def validate(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._act(request, queryset, validate_parametre, "validé")

    @admin.action(description="Écarter les valeurs choisies", permissions=["change"])
    def dismiss(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._act(request, queryset, dismiss_parametre, "écarté")

    def _act(self, request: HttpRequest, queryset: QuerySet, acte: Any, fait: str) -> None:
        for parametre in queryset.order_by("pk")[:20]:
            try:
                acte(parametre, par=request.user)
            except ValidationImpossible as refus:
                self.message_user(request, f"{parametre} : {refus}", messages.ERROR)
            else:
                self.message_user(request, f"{parametre} : {fait}.", messages.SUCCESS)


@admin.register(ArchiveRegle)
class ArchiveRegleAdmin(LectureSeule):
    list_display = ["code", "empreinte", "vue_le"]
    list_filter = ["code"]
    search_fields = ["=empreinte", "=code"]
