"""Letters in the administration: their list, and the page of each: its file, its verification, what may be done."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from aides.admin.contrats import read_agent
from aides.codes_recus import format_code
from aides.courriers.emission import (
    ATTESTABLES,
    MOTIF_MAX,
    build_adresse,
    cancel_courrier,
    issue_attestation,
    replace_courrier,
    retry_courrier,
)
from aides.dossiers.droits import list_acteurs
from aides.dossiers.erreurs import ActeRefuse, DroitRefuse
from aides.dossiers.etats import Acteur
from aides.models import Courrier, Demande
from portal.accounts.models import User
from portal.accounts.portee import read_portee
from portal.core.documents import serve_document
from portal.core.models import Evenement
from zonage.admin import LectureSeule

GABARIT = "admin/aides/courrier/detail.html"
ACTES = ("annuler", "remplacer", "relancer")
FAITS = {
    "annuler": "Le courrier est annulé : sa vérification le dit désormais.",
    "remplacer": "Un nouveau courrier remplace celui-ci.",
    "relancer": "Le fichier est demandé de nouveau.",
}


class MotifForm(forms.Form):
    motif = forms.CharField(
        label="Motif",
        max_length=MOTIF_MAX,
        help_text="Lu par les agents seuls. Sans nom de personne.",
        widget=forms.TextInput(attrs={"class": "fr-input", "autocomplete": "off"}),
    )


class EtatFilter(admin.SimpleListFilter):
    title = "fichier"
    parameter_name = "etat"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("a_generer", "À générer"), ("pret", "Prêt"), ("annule", "Annulé")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Courrier]) -> QuerySet[Courrier]:
        match self.value():
            case "a_generer":
                return queryset.filter(empreinte="")
            case "pret":
                return queryset.filter(document__isnull=False, annule_le=None)
            case "annule":
                return queryset.filter(annule_le__isnull=False)
        return queryset


@admin.register(Courrier)
class CourrierAdmin(LectureSeule):
    list_display = ["numero", "type", "dossier", "etat", "cree_le"]
    list_filter = [EtatFilter, "type"]
    list_select_related = ["demande"]
    search_fields = ["=numero", "=demande__numero"]
    actions = None

    @admin.display(description="dossier")
    def dossier(self, courrier: Courrier) -> str:
        return courrier.demande.numero or "—"

    @admin.display(description="fichier")
    def etat(self, courrier: Courrier) -> str:
        return describe_etat(courrier)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Courrier]:
        """The letters of one's own file are read under « Mes dossiers »."""
        vus = Courrier.objects.for_user(request.user).exclude(demande__proprietaire_id=request.user.pk)
        return vus.defer("donnees").order_by("-cree_le", "-pk")

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Callable[..., HttpResponseBase], str]] = [
            ("attestation/<uuid:cle>/", require_POST(self.attestation_view), "attestation"),
            ("<int:cle>/fichier/", require_safe(self.fichier_view), "fichier"),
            ("<int:cle>/acte/<slug:nom>/", require_POST(self.acte_view), "acte"),
        ]
        propres = [
            path(chemin, self.admin_site.admin_view(never_cache(vue)), name=f"aides_courrier_{nom}")
            for chemin, vue, nom in pages
        ]
        return [*propres, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not object_id.isascii() or not object_id.isdigit() or len(object_id) > 18:
            raise Http404
        return self.show(request, self.find(request, int(object_id)))

    def find(self, request: HttpRequest, cle: int) -> Courrier:
        """Missing and forbidden answer alike."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        liees = ("demande", "document", "remplace_par", "annule_par", "cree_par")
        return get_object_or_404(self.get_queryset(request).select_related(*liees), pk=cle)

    def show(
        self,
        request: HttpRequest,
        courrier: Courrier,
        *,
        refus: ActeRefuse | None = None,
        renvoi: tuple[str, MotifForm] | None = None,
    ) -> HttpResponse:
        """The page. `renvoi`: the form sent back with what was typed."""
        agit = can_act(courrier.demande, read_agent(request))
        formulaires = {nom: MotifForm(prefix=nom) for nom in ("remplacer", "annuler")}
        if renvoi is not None:
            formulaires[renvoi[0]] = renvoi[1]
        contexte = {
            "titre": f"Courrier {courrier.numero}",
            "courrier": courrier,
            "etat": describe_etat(courrier),
            "code": format_code(courrier.code),
            "verification": build_adresse(courrier.code),
            "formulaires": formulaires if agit and courrier.annule_le is None else {},
            "relance": agit and not courrier.empreinte,
            "atteste": agit and courrier.demande.statut in ATTESTABLES,
            "refus": refus,
        }
        return render(request, GABARIT, contexte, status=refus.statut_http if refus else 200)

    def fichier_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        courrier = self.find(request, cle)
        if courrier.document is None:
            raise Http404("Ce courrier n'est pas encore prêt : revenez dans quelques minutes.")
        Evenement.objects.create(
            objet=f"aides.courrier:{courrier.pk}", action="ouvrir", auteur=read_agent(request), details={}
        )
        return serve_document(courrier.document, agent=True)

    def acte_view(self, request: HttpRequest, cle: int, nom: str) -> HttpResponse:
        """Cancel, replace, ask again for the file. Refused, the page comes back with why and what was typed."""
        courrier = self.find(request, cle)
        moi = read_agent(request)
        if nom not in ACTES:
            raise Http404
        if not can_act(courrier.demande, moi):
            raise PermissionDenied
        formulaire = MotifForm(request.POST, prefix=nom)
        renvoi = (nom, formulaire) if nom != "relancer" else None
        if renvoi is not None and not formulaire.is_valid():
            refus = ActeRefuse("Dites pourquoi : rien n'est enregistré.")
            return self.show(request, courrier, refus=refus, renvoi=renvoi)
        try:
            suite = run_acte(nom, courrier, moi, formulaire)
        except ActeRefuse as refuse:
            return self.show(request, self.find(request, cle), refus=refuse, renvoi=renvoi)
        self.message_user(request, FAITS[nom])
        return HttpResponseRedirect(reverse("admin:aides_courrier_change", args=[suite.pk]))

    def attestation_view(self, request: HttpRequest, cle: UUID) -> HttpResponse:
        """That the contract of a file runs today."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        visibles = Demande.objects.for_user(request.user).exclude(proprietaire_id=request.user.pk)
        demande = get_object_or_404(visibles.select_related("commune__departement__region"), pk=cle)
        try:
            courrier = issue_attestation(demande, par=read_agent(request))
        except DroitRefuse as refus:
            raise PermissionDenied from refus
        except ActeRefuse as refus:
            self.message_user(request, str(refus), 40)
            return HttpResponseRedirect(reverse("admin:aides_courrier_changelist"))
        self.message_user(request, "L'attestation est émise.")
        return HttpResponseRedirect(reverse("admin:aides_courrier_change", args=[courrier.pk]))


def run_acte(nom: str, courrier: Courrier, par: User, formulaire: MotifForm) -> Courrier:
    """Returns the letter to show next."""
    if nom == "relancer":
        retry_courrier(courrier, par=par)
        return courrier
    motif = formulaire.cleaned_data["motif"]
    if nom == "remplacer":
        return replace_courrier(courrier, par=par, motif=motif)
    cancel_courrier(courrier, par=par, motif=motif)
    return courrier


def can_act(demande: Demande, user: User) -> bool:
    return Acteur.INSTRUCTEUR in list_acteurs(demande, read_portee(user))


def describe_etat(courrier: Courrier) -> str:
    if courrier.annule_le:
        return "Remplacé" if courrier.remplace_par_id else "Annulé"
    if courrier.document_id:
        return "Prêt"
    return "Effacé" if courrier.empreinte else "À générer"
