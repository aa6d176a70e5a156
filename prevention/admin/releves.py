"""Figures: a list, and one page where a wrong one is corrected beside all that it replaced."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from prevention.admin.rendu import read_agent, show
from prevention.droits import may_correct
from prevention.forms_admin import CorrectionForm, read_releve
from prevention.lecture import build_taux
from prevention.models import Releve
from prevention.services.erreurs import ActeRefuse
from prevention.services.releves import correct_releve, list_versions
from prevention.territoires import name_territoire
from zonage.admin import LectureSeule


@admin.register(Releve)
class ReleveAdmin(LectureSeule):
    list_display = [
        *("territoire_type", "territoire_code", "campagne", "cible", "periode", "numerateur", "denominateur"),
        *("statut", "secret", "courant"),
    ]
    list_display_links = ["territoire_type", "territoire_code"]
    list_filter = ["courant", "territoire_type", "statut", "campagne"]
    list_select_related = ["campagne", "cible"]
    search_fields = ["=territoire_code"]
    search_help_text = "Code du territoire, entier : 71076, 71, 71-chalonnais…"
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Releve]:
        return Releve.objects.for_user(request.user).order_by("-pk")

    def get_urls(self) -> list[URLPattern]:
        corriger = self.admin_site.admin_view(never_cache(require_POST(self.corriger_view)))
        return [path("<int:cle>/corriger/", corriger, name="prevention_releve_corriger"), *super().get_urls()]

    def find(self, request: HttpRequest, cle: int) -> Releve:
        if not self.has_view_permission(request):
            raise PermissionDenied
        lus = self.get_queryset(request).select_related("campagne", "cible", "fichier__import_run", "saisi_par")
        releve: Releve = get_object_or_404(lus.defer("fichier__contenu"), pk=cle)
        return releve

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not object_id.isdecimal() or len(object_id) > 18:
            raise Http404
        releve = self.find(request, int(object_id))
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        return self.show_releve(request, releve, CorrectionForm(initial=read_releve(releve)))

    def corriger_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        releve = self.find(request, cle)
        if not may_correct(request.user, releve):
            raise PermissionDenied
        form = CorrectionForm(request.POST)
        if not form.is_valid():
            return self.show_releve(request, releve, form)
        lus = form.cleaned_data
        try:
            nouveau = correct_releve(
                releve,
                form.build_effectif(),
                statut=lus["statut"],
                motif=lus["motif"],
                note=releve.note,
                par=read_agent(request),
                au=timezone.localdate(),
            )
        except ActeRefuse as refus:
            return self.show_releve(request, releve, form, refus)
        self.message_user(request, "Le relevé est corrigé. L’ancien est gardé, avec le motif.")
        return HttpResponseRedirect(reverse("admin:prevention_releve_change", args=[nouveau.pk]))

    def show_releve(
        self, request: HttpRequest, releve: Releve, form: CorrectionForm, refus: ActeRefuse | None = None
    ) -> HttpResponse:
        nom = name_territoire(releve.territoire_type, releve.territoire_code)
        return show(
            request,
            "releve",
            f"{releve.campagne.nom} : {nom}",
            refus=refus,
            form=form,
            releve=releve,
            nom=nom,
            taux=build_taux(releve, lambda lu: True),
            versions=list_versions(releve),
            corrigeable=releve.courant and may_correct(request.user, releve),
        )
