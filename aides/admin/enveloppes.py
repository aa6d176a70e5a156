"""The envelopes in the administration: opened, raised with a reason, and the files behind what each holds."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from aides.admin.campagnes import add_erreurs, read_agent
from aides.admin.campagnes_formulaires import EnveloppeForm, MontantForm, list_regions
from aides.contrats.budget import compute_engagement
from aides.contrats.enveloppes import (
    change_montant,
    list_consommation,
    list_dispositifs,
    list_enveloppes,
    may_manage,
    open_enveloppe,
)
from aides.dossiers.erreurs import ActeInvalide, ActeRefuse
from aides.models import Enveloppe
from portal.accounts.enums import Role
from portal.accounts.portee import read_portee
from zonage.admin import LectureSeule

GABARITS = "admin/aides/enveloppe"
DOSSIERS_MAX = 100
ENVELOPPES_MAX = 200


@admin.register(Enveloppe)
class EnveloppeAdmin(LectureSeule):
    """Its pages are the portal's own and need no script."""

    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Enveloppe]:
        return list_enveloppes(read_portee(request.user))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        contexte = {
            "titre": "Enveloppes",
            "enveloppes": self.get_queryset(request)[:ENVELOPPES_MAX],
            "peut_ouvrir": bool(list_regions(read_portee(request.user), Role.ADMINISTRATEUR)),
        }
        return render(request, f"{GABARITS}/liste.html", contexte)

    @method_decorator(never_cache)
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        regions = list_regions(read_portee(request.user), Role.ADMINISTRATEUR)
        if not self.has_view_permission(request) or not regions:
            raise PermissionDenied
        formulaire = EnveloppeForm(request.POST or None, regions=regions, dispositifs=list_dispositifs())
        refus: ActeRefuse | None = None
        if request.method == "POST" and formulaire.is_valid():
            try:
                enveloppe = open_enveloppe(par=read_agent(request), **formulaire.cleaned_data)
            except ActeRefuse as erreur:
                refus = erreur
                add_erreurs(formulaire, erreur)
            else:
                self.message_user(request, "L'enveloppe est ouverte.")
                return HttpResponseRedirect(reverse("admin:aides_enveloppe_change", args=[enveloppe.pk]))
        contexte = {"titre": "Ouvrir une enveloppe", "formulaire": formulaire, "refus": refus}
        statut = refus.statut_http if refus else 422 if formulaire.errors else 200
        return render(request, f"{GABARITS}/ouvrir.html", contexte, status=statut)

    @method_decorator(never_cache)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not object_id.isdecimal() or len(object_id) > 18:
            raise Http404
        enveloppe = get_object_or_404(self.get_queryset(request), pk=int(object_id))
        gere = may_manage(read_portee(request.user), enveloppe.region_id)
        if request.method != "POST":
            return self.show(request, enveloppe, MontantForm(initial=read_initial(enveloppe)) if gere else None)
        if not gere:
            raise PermissionDenied
        formulaire = MontantForm(request.POST)
        refus: ActeRefuse | None = ActeInvalide("Des valeurs sont à corriger ci-dessous.")
        if formulaire.is_valid():
            try:
                change_montant(enveloppe, par=read_agent(request), **formulaire.cleaned_data)
                refus = None
            except ActeRefuse as erreur:
                refus = erreur
                add_erreurs(formulaire, erreur)
        if refus is None:
            self.message_user(request, "Le montant est changé.")
            return HttpResponseRedirect(reverse("admin:aides_enveloppe_change", args=[enveloppe.pk]))
        enveloppe.refresh_from_db()
        return self.show(request, enveloppe, formulaire, refus=refus)

    def show(
        self,
        request: HttpRequest,
        enveloppe: Enveloppe,
        formulaire: forms.Form | None,
        *,
        refus: ActeRefuse | None = None,
    ) -> HttpResponse:
        dossiers = list_consommation(enveloppe, request.user)[:DOSSIERS_MAX]
        contexte = {
            "titre": str(enveloppe),
            "enveloppe": enveloppe,
            "reste": enveloppe.montant - enveloppe.engage,
            "sigles": [sigle for code, sigle in list_dispositifs() if code in enveloppe.dispositifs],
            "dossiers": [(dossier, compute_engagement(dossier)) for dossier in dossiers],
            "maximum": DOSSIERS_MAX,
            "formulaire": formulaire,
            "refus": refus,
        }
        return render(request, f"{GABARITS}/detail.html", contexte, status=refus.statut_http if refus else 200)


def read_initial(enveloppe: Enveloppe) -> dict[str, Any]:
    return {"avant": enveloppe.montant, "montant": enveloppe.montant}
