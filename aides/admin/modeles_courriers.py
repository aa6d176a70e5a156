"""The texts of the letters: dated versions, written by the administrator of a région, with a preview of the PDF."""

import hashlib
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from aides.admin.contrats import read_agent
from aides.courriers.apercu import preview_modele
from aides.courriers.champs import CHAMP, find_inconnus, list_champs
from aides.courriers.textes import EXPEDITEURS, INTRODUCTIONS, SIGNATAIRES, find_recours_defaut
from aides.models import ModeleCourrier, TypeCourrier
from aides.models.courriers import GUICHETS
from portal.accounts.enums import Role
from portal.accounts.portee import read_portee
from portal.core.erreurs import render_error
from portal.core.models import Evenement
from zonage.models import Region

TEXTES = ("expediteur", "adresse", "contact", "introduction", "recours", "signataire")
REPRIS = ("region", "guichet", "type", *TEXTES)
TEXTE_MAX = 4000
SANS_CHAMP = "Les voies de recours s'écrivent sans repère : elles sont reprises telles quelles dans la décision."


class ModeleForm(forms.ModelForm):
    class Meta:
        model = ModeleCourrier
        fields = ["region", "guichet", "type", "a_partir_du", *TEXTES]
        help_texts = {
            "a_partir_du": "Aujourd'hui ou plus tard. Un texte en vigueur ne change plus : on en écrit un nouveau.",
            "expediteur": "La première ligne du courrier, par exemple le nom de l'agence.",
            "contact": "Téléphone ou adresse électronique du service.",
            "introduction": "Une ligne vide sépare deux paragraphes. Vide : le texte du portail.",
            "recours": "Pour une décision, un refus ou une résiliation. Donnez les textes qui les prévoient.",
        }

    def clean_a_partir_du(self) -> Any:
        jour = self.cleaned_data["a_partir_du"]
        if jour < timezone.localdate():
            raise forms.ValidationError(
                "Donnez aujourd'hui ou un jour à venir : les courriers déjà émis ne changent pas."
            )
        return jour

    def clean_recours(self) -> str:
        texte: str = self.cleaned_data["recours"]
        if CHAMP.search(texte):
            raise forms.ValidationError(SANS_CHAMP)
        return texte

    def clean(self) -> dict[str, Any]:
        propres: dict[str, Any] = super().clean() or {}
        if type_courrier := propres.get("type"):
            for nom in TEXTES:
                if inconnus := find_inconnus(propres.get(nom) or "", type_courrier):
                    dits = ", ".join(f"{{{code}}}" for code in inconnus)
                    self.add_error(
                        nom, f"Repère inconnu dans ce type de courrier : {dits}. La liste est sous le formulaire."
                    )
        return propres


@admin.register(ModeleCourrier)
class ModeleCourrierAdmin(admin.ModelAdmin):
    form = ModeleForm
    change_form_template = "admin/aides/modelecourrier/change_form.html"
    list_display = ["titre", "region", "guichet", "a_partir_du"]
    list_filter = ["type", "guichet", "region"]
    list_select_related = ["region"]
    list_per_page = 50
    show_full_result_count = False
    ordering = ["region", "guichet", "type", "-a_partir_du"]
    actions = None

    @admin.display(description="type", ordering="type")
    def titre(self, modele: ModeleCourrier) -> str:
        return modele.get_type_display()

    def get_urls(self) -> list[URLPattern]:
        vue = self.admin_site.admin_view(never_cache(require_POST(self.apercu_view)))
        return [path("apercu/", vue, name="aides_modelecourrier_apercu"), *super().get_urls()]

    def has_change_permission(self, request: HttpRequest, obj: ModeleCourrier | None = None) -> bool:
        """A text in force since yesterday is history; another région's is its own."""
        if obj is not None and (obj.a_partir_du < timezone.localdate() or not self.covers(request, obj.region_id)):
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: ModeleCourrier | None = None) -> bool:
        """A later version replaces it: history is never erased."""
        return False

    def covers(self, request: HttpRequest, region: str) -> bool:
        return read_portee(request.user).covers(region, "", Role.ADMINISTRATEUR)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "region":
            cles = read_portee(request.user).cles([Role.ADMINISTRATEUR])
            codes = [cle.removeprefix("region:") for cle in sorted(cles) if cle.startswith("region:")]
            regions = Region.objects.order_by("nom")
            options["queryset"] = regions if "national" in cles else regions.filter(pk__in=codes)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """« depuis »: another version, to write the next one; « type »: the portal's own text of that letter."""
        donnees: dict[str, Any] = {"a_partir_du": timezone.localdate()}
        depuis = request.GET.get("depuis", "")
        if depuis.isascii() and depuis.isdigit() and len(depuis) < 12:
            ancien = ModeleCourrier.objects.filter(pk=int(depuis)).values(*REPRIS).first()
            return donnees | (ancien or {})
        guichet = request.GET.get("guichet", "ars")
        guichet = guichet if guichet in dict(GUICHETS) else "ars"
        type_courrier = request.GET.get("type", "")
        if type_courrier in TypeCourrier.values:
            donnees |= {
                "type": type_courrier,
                "guichet": guichet,
                "expediteur": EXPEDITEURS[guichet],
                "signataire": SIGNATAIRES[guichet],
                "introduction": INTRODUCTIONS[type_courrier],
                "recours": find_recours_defaut(guichet, type_courrier),
            }
        return donnees

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        contexte = {
            "types": TypeCourrier.choices,
            "guichets": GUICHETS,
            "reperes": [(libelle, list_champs(code)) for code, libelle in TypeCourrier.choices],
            "recreer": self.has_add_permission(request),
            "show_save_and_continue": False,
            "show_save_and_add_another": False,
        }
        return super().changeform_view(request, object_id, form_url, contexte | (extra_context or {}))

    def save_model(self, request: HttpRequest, obj: ModeleCourrier, form: Any, change: bool) -> None:
        if not self.covers(request, obj.region_id):
            raise PermissionDenied
        super().save_model(request, obj, form, change)
        textes = "\n".join(getattr(obj, nom) for nom in TEXTES)
        Evenement.objects.create(
            objet=f"aides.modelecourrier:{obj.pk}",
            action="modifier" if change else "creer",
            auteur=read_agent(request),
            details={
                "type": obj.type,
                "region": obj.region_id,
                "textes_sha256": hashlib.sha256(textes.encode()).hexdigest(),
            },
        )

    def apercu_view(self, request: HttpRequest) -> HttpResponse:
        """The PDF of the text being written, over examples; nothing is saved."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        modele = ModeleCourrier(type=request.POST.get("type", ""), guichet=request.POST.get("guichet", ""))
        if modele.type not in TypeCourrier.values or modele.guichet not in dict(GUICHETS):
            return render_error(request, 400, message="Choisissez d'abord qui écrit et le type de courrier.")
        for nom in TEXTES:
            setattr(modele, nom, request.POST.get(nom, "").replace("\0", "")[:TEXTE_MAX])
        reponse = HttpResponse(preview_modele(modele), content_type="application/pdf")
        reponse["Content-Disposition"] = 'inline; filename="apercu.pdf"'
        return reponse
