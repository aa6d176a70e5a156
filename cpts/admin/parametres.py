"""The amounts of the ACI that no national text gives: a région enters its own, each with its reference."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from cpts.models import ParametreAci
from cpts.services.argent_parametres import CODES
from portal.accounts.enums import Role
from portal.accounts.portee import Portee, read_portee
from portal.core.models import Evenement
from portal.core.outbox import post
from zonage.models import Region

TAILLES = [(0, "Toutes"), *((taille, f"Taille {taille}") for taille in range(1, 5))]
PRORATAS = ("jour", "mois")
TEXTES = {
    "prorata": PRORATAS,
    "fin_anticipee": PRORATAS,
    "frontiere_taille": ("inferieur", "inferieur_ou_egal"),
}


def list_regions(portee: Portee) -> list[str]:
    """The régions whose parameters this person writes; « » is the whole of France."""
    cles = portee.cles([Role.VALIDEUR, Role.ADMINISTRATEUR])
    if "national" in cles:
        return ["", *Region.objects.order_by("code").values_list("code", flat=True)[:50]]
    return sorted(cle.removeprefix("region:") for cle in cles if cle.startswith("region:"))


class ParametreForm(forms.ModelForm):
    regions: "list[str]" = []

    code = forms.ChoiceField(label="Paramètre", choices=list(CODES.items()))
    taille = forms.TypedChoiceField(label="Taille de la CPTS", choices=TAILLES, coerce=int, initial=0)
    region_code = forms.ChoiceField(label="Région", required=False)

    class Meta:
        model = ParametreAci
        fields = ["region_code", "code", "taille", "mission", "periode", "valeur", "texte", "reference", "verifie_le"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "region_code" in self.fields:
            noms = dict(Region.objects.order_by("code").values_list("code", "nom")[:50])
            choix: Any = self.fields["region_code"]
            choix.choices = [(code, noms.get(code, code) if code else "France entière") for code in self.regions]

    def clean_region_code(self) -> str:
        """Nothing chosen is the whole of France: not for who holds a région alone."""
        region = str(self.cleaned_data["region_code"])
        if region not in self.regions:
            raise forms.ValidationError("Choisissez votre région.")
        return region

    def clean_periode(self) -> Any:
        periode = self.cleaned_data["periode"]
        if periode is not None and periode.lower is None:
            raise forms.ValidationError("Donnez le jour où cette valeur commence.")
        return periode

    def clean(self) -> dict[str, Any]:
        lues = super().clean() or {}
        code, texte = lues.get("code", ""), lues.get("texte", "")
        if code in TEXTES and texte not in ("", *TEXTES[code]):
            self.add_error("texte", f"Écrivez « {' » ou « '.join(TEXTES[code])} ».")
        if code not in TEXTES and texte:
            self.add_error("texte", "Ce paramètre est un nombre : écrivez-le dans « valeur ».")
        verifie_le = lues.get("verifie_le")
        if lues.get("valeur") is not None and verifie_le is None:
            self.add_error("verifie_le", "Dites quel jour la valeur a été lue dans sa référence.")
        if verifie_le is not None and verifie_le > timezone.localdate():
            self.add_error("verifie_le", "Ce jour est à venir.")
        return lues


@admin.register(ParametreAci)
class ParametreAciAdmin(admin.ModelAdmin):
    form = ParametreForm
    list_display = [
        "libelle", "region_code", "taille", "mission", "valeur", "texte", "periode", "verifie_le", "demonstration",
    ]  # fmt: skip
    list_filter = ["code", "mission", "taille", "demonstration"]
    search_fields = ["=code", "=region_code", "reference"]
    list_per_page = 50
    sortable_by = ()

    @admin.display(description="paramètre")
    def libelle(self, obj: ParametreAci) -> str:
        return CODES.get(obj.code, obj.code)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Those of France and of one's régions; whoever reads France reads them all."""
        lus = super().get_queryset(request)
        portee = read_portee(request.user)
        regions = portee.filter_territoire(*Role)
        if not regions:
            return lus
        codes = {cle.removeprefix("region:") for cle in portee.cles() if cle.startswith("region:")}
        departements = {cle.removeprefix("departement:") for cle in portee.cles() if cle.startswith("departement:")}
        des = Region.objects.filter(departements__in=sorted(departements)).values("code")
        return lus.filter(Q(region_code__in=["", *sorted(codes)]) | Q(region_code__in=des))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        formulaire = super().get_form(request, obj, change, **kwargs)
        return type("ParametreDesRegions", (formulaire,), {"regions": list_regions(read_portee(request.user))})

    def has_change_permission(self, request: HttpRequest, obj: ParametreAci | None = None) -> bool:
        permis = super().has_change_permission(request, obj)
        return permis and (obj is None or obj.region_code in list_regions(read_portee(request.user)))

    def has_delete_permission(self, request: HttpRequest, obj: ParametreAci | None = None) -> bool:
        """A value ends by dating its period: what was granted with it is explained by it."""
        return False

    def save_model(self, request: HttpRequest, obj: ParametreAci, form: Any, change: bool) -> None:
        """The expected amounts of the contracts of the région follow, in the background."""
        auteur: Any = request.user
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            details = {"code": obj.code, "region": obj.region_code, "taille": obj.taille, "mission": obj.mission}
            details["valeur"] = "" if obj.valeur is None else str(obj.valeur)
            Evenement.objects.create(
                objet=f"cpts.parametreaci:{obj.pk}",
                action="modification" if change else "saisie",
                auteur=auteur,
                details=details,
            )
            post("cpts.missions_parametres", obj.region_code, cle=f"parametres:{obj.region_code}")
