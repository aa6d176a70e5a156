"""Campaigns: their record, targets and objectives, the files of their figures, the opening and the closing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from cpts.droits import INSTRUIRE
from portal.accounts.portee import read_portee
from portal.core.models import Evenement
from prevention.admin.rendu import read_agent, show
from prevention.droits import may_close, may_create, may_manage
from prevention.forms_admin import (
    CampagneForm,
    CibleForm,
    FichierForm,
    ObjectifForm,
    SaisieForm,
    read_campagne,
)
from prevention.models import Campagne, Cible, FichierReleves, Objectif
from prevention.services.campagnes import close_campagne, open_campagne
from prevention.services.erreurs import ActeInvalide, ActeRefuse, explained
from prevention.services.import_releves import TAILLE_MAX, abandon_fichier, confirm_fichier, receive_fichier
from prevention.services.releves import Origine, add_releve
from prevention.territoires import read_noms
from zonage.admin import LectureSeule
from zonage.models import Region

FICHIERS_MAX = 20
OBJECTIFS_MAX = 200
EVENEMENTS_MAX = 30
CHAMPS_CIBLE = tuple(CibleForm.base_fields)
ACTES = {
    "creation": "Campagne créée",
    "fiche": "Fiche modifiée",
    "cible": "Population visée enregistrée",
    "objectif": "Objectif ajouté",
    "ouverture": "Saison ouverte",
    "cloture": "Saison close",
    "releves": "Relevés chargés",
    "releve_saisi": "Relevé saisi",
    "releve_corrige": "Relevé corrigé",
}


@admin.register(Campagne)
class CampagneAdmin(LectureSeule):
    """Its pages are the portal's own and need no script; each act is checked again by its service."""

    list_display = ["nom", "theme", "region_code", "periode", "statut"]
    list_filter = ["statut", "theme"]
    search_fields = ["=code", "nom"]
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campagne]:
        return Campagne.objects.for_user(request.user).order_by("-periode", "nom", "pk")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(list_regions(request)) and request.user.has_perm("prevention.add_campagne")

    def get_urls(self) -> list[URLPattern]:
        les_deux = require_http_methods(["GET", "HEAD", "POST"])
        pages: list[tuple[str, Callable[..., HttpResponseBase], str]] = [
            ("<int:cle>/fiche/", les_deux(self.fiche_view), "fiche"),
            ("<int:cle>/ouvrir/", require_POST(self.ouvrir_view), "ouvrir"),
            ("<int:cle>/clore/", require_POST(self.clore_view), "clore"),
            ("<int:cle>/cible/", les_deux(self.cible_view), "cible"),
            ("<int:cle>/cible/<int:cible>/", les_deux(self.cible_view), "cible_change"),
            ("<int:cle>/objectif/", les_deux(self.objectif_view), "objectif"),
            ("<int:cle>/saisir/", les_deux(self.saisir_view), "saisir"),
            ("<int:cle>/fichier/", les_deux(self.fichier_view), "fichier"),
            ("<int:cle>/fichier/<int:fichier>/", les_deux(self.rapport_view), "rapport"),
        ]
        propres = [
            path(chemin, self.admin_site.admin_view(never_cache(vue)), name=f"prevention_campagne_{nom}")
            for chemin, vue, nom in pages
        ]
        return [*propres, *super().get_urls()]

    # --- finding
    def find(self, request: HttpRequest, cle: int) -> Campagne:
        """Missing and out of sight answer alike."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        campagne: Campagne = get_object_or_404(self.get_queryset(request).select_related("precedente"), pk=cle)
        return campagne

    def find_ecrite(self, request: HttpRequest, cle: int) -> Campagne:
        campagne = self.find(request, cle)
        if not may_manage(request.user, campagne):
            raise PermissionDenied
        return campagne

    def go(self, campagne: Campagne) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:prevention_campagne_change", args=[campagne.pk]))

    # --- the record
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = build_form(request)
        if request.method != "POST" or not form.is_valid():
            return show(request, "fiche", "Nouvelle campagne", form=form)
        champs = form.build_champs()
        if not may_create(request.user, champs["region_code"]):
            raise PermissionDenied
        try:
            campagne = save_campagne(Campagne(**champs), "creation", request)
        except ActeRefuse as refus:
            return show(request, "fiche", "Nouvelle campagne", refus=refus, form=form)
        self.message_user(request, "Campagne créée. Ajoutez maintenant la population visée.")
        return self.go(campagne)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not object_id.isdecimal() or len(object_id) > 18:
            raise Http404
        campagne = self.find(request, int(object_id))
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied  # each act has an address of its own
        return self.show_campagne(request, campagne)

    def show_campagne(self, request: HttpRequest, campagne: Campagne, refus: ActeRefuse | None = None) -> HttpResponse:
        objectifs = list(campagne.objectifs.select_related("cible").order_by("cible__rang", "territoire_type", "pk"))
        noms = read_noms((lu.territoire_type, lu.territoire_code) for lu in objectifs[:OBJECTIFS_MAX])
        evenements = Evenement.objects.filter(objet=f"prevention.campagne:{campagne.code}").select_related("auteur")
        return show(
            request,
            "campagne",
            campagne.nom,
            refus=refus,
            campagne=campagne,
            dernier_jour=campagne.periode.upper - timedelta(days=1),
            cibles=campagne.cibles.order_by("rang", "code")[:20],
            objectifs=[(lu, noms.get((lu.territoire_type, lu.territoire_code), "")) for lu in objectifs],
            fichiers=campagne.fichiers.defer("contenu").select_related("cible").order_by("-pk")[:FICHIERS_MAX],
            gere=may_manage(request.user, campagne) and not campagne.est_close,
            ouvrable=may_manage(request.user, campagne) and campagne.statut == "brouillon",
            closable=may_close(request.user, campagne) and campagne.statut == "ouverte",
            actes=[(e, ACTES.get(e.action, e.action)) for e in evenements.order_by("-pk")[:EVENEMENTS_MAX]],
        )

    def fiche_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        campagne = self.find_ecrite(request, cle)
        form = build_form(request, campagne)
        refus: ActeRefuse | None = None
        if request.method == "POST" and form.is_valid():
            champs = form.build_champs()
            if not may_create(request.user, champs["region_code"]):
                raise PermissionDenied
            for nom, valeur in champs.items():
                setattr(campagne, nom, valeur)
            try:
                save_campagne(campagne, "fiche", request)
            except ActeRefuse as erreur:
                refus = erreur
            else:
                self.message_user(request, "C’est enregistré.")
                return self.go(campagne)
        return show(request, "fiche", f"Modifier : {campagne.nom}", refus=refus, form=form, campagne=campagne)

    # --- opening, closing
    def ouvrir_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        campagne = self.find_ecrite(request, cle)
        try:
            open_campagne(campagne, par=read_agent(request))
        except ActeRefuse as refus:
            return self.show_campagne(request, campagne, refus)
        self.message_user(request, "La saison est ouverte : sa page est publique.")
        return self.go(campagne)

    def clore_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        campagne = self.find(request, cle)
        if not may_close(request.user, campagne):
            raise PermissionDenied
        try:
            close_campagne(campagne, par=read_agent(request), au=timezone.localdate())
        except ActeRefuse as refus:
            return self.show_campagne(request, campagne, refus)
        self.message_user(request, "La saison est close : elle ne se modifie plus, elle se corrige.")
        return self.go(campagne)

    # --- targets and objectives
    def cible_view(self, request: HttpRequest, cle: int, cible: int | None = None) -> HttpResponse:
        campagne = self.find_ecrite(request, cle)
        lue = get_object_or_404(campagne.cibles, pk=cible) if cible else Cible(campagne=campagne)
        initial = {nom: getattr(lue, nom) for nom in CHAMPS_CIBLE} if cible else {"rang": 1, "annees": 1}
        form = CibleForm(request.POST if request.method == "POST" else None, initial=initial)
        refus: ActeRefuse | None = None
        if request.method == "POST" and form.is_valid():
            for nom, valeur in form.cleaned_data.items():
                setattr(lue, nom, valeur)
            try:
                save_avec(
                    lue, campagne, "cible", request, unique={"code": "Cette campagne a déjà une cible de ce code."}
                )
            except ActeRefuse as erreur:
                refus = erreur
            else:
                self.message_user(request, "C’est enregistré.")
                return self.go(campagne)
        return show(request, "saisie", "Population visée", refus=refus, form=form, campagne=campagne)

    def objectif_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        campagne = self.find_ecrite(request, cle)
        form = ObjectifForm(campagne, request.POST if request.method == "POST" else None)
        refus: ActeRefuse | None = None
        if request.method == "POST" and form.is_valid():
            lus = form.cleaned_data
            objectif = Objectif(
                campagne=campagne,
                cible=form.cible_choisie,
                territoire_type=lus["niveau"],
                territoire_code=lus["code"],
                taux=lus["taux"],
                source=lus["source"],
            )
            try:
                save_avec(
                    objectif, campagne, "objectif", request, unique={"code": "Ce territoire a déjà un objectif."}
                )
            except ActeRefuse as erreur:
                refus = erreur
            else:
                self.message_user(request, "L’objectif est ajouté.")
                return self.go(campagne)
        return show(request, "saisie", "Nouvel objectif", refus=refus, form=form, campagne=campagne)

    # --- figures
    def saisir_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        campagne = self.find_ecrite(request, cle)
        form = SaisieForm(campagne, request.POST if request.method == "POST" else None)
        refus: ActeRefuse | None = None
        if request.method == "POST" and form.is_valid():
            lus = form.cleaned_data
            origine = Origine(lus["source"], lus["millesime"])
            agent = read_agent(request)
            try:
                add_releve(form.cible_choisie, form.build_saisie(), origine, par=agent, au=timezone.localdate())
            except ActeRefuse as erreur:
                refus = erreur
            else:
                self.message_user(request, "Le relevé est enregistré.")
                return self.go(campagne)
        return show(request, "saisie", "Saisir un relevé", refus=refus, form=form, campagne=campagne)

    def fichier_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        campagne = self.find_ecrite(request, cle)
        envoye = (request.POST, request.FILES) if request.method == "POST" else ()
        form = FichierForm(campagne, *envoye)
        refus: ActeRefuse | None = None
        if request.method == "POST" and form.is_valid():
            lus = form.cleaned_data
            recu = lus["fichier"]
            octets = recu.read() if recu.size <= TAILLE_MAX else b""
            try:
                fichier = receive_fichier(
                    form.cible_choisie,
                    nom=recu.name,
                    octets=octets,
                    source=lus["source"],
                    millesime=lus["millesime"],
                    par=read_agent(request),
                    au=timezone.localdate(),
                )
            except ActeRefuse as erreur:
                refus = erreur
            else:
                return self.go_rapport(fichier)
        return show(request, "saisie", "Déposer un fichier de relevés", refus=refus, form=form, campagne=campagne)

    def go_rapport(self, fichier: FichierReleves) -> HttpResponseRedirect:
        return HttpResponseRedirect(
            reverse("admin:prevention_campagne_rapport", args=[fichier.campagne_id, fichier.pk])
        )

    def rapport_view(self, request: HttpRequest, cle: int, fichier: int) -> HttpResponse:
        """The report by line and column; a POST confirms the odd figures that are ticked, or gives the file up."""
        campagne = self.find(request, cle)
        tous = FichierReleves.objects.for_user(request.user).filter(campagne=campagne)
        lu: FichierReleves = get_object_or_404(tous.select_related("import_run", "cible"), pk=fichier)
        refus: ActeRefuse | None = None
        if request.method == "POST":
            if not may_manage(request.user, campagne):
                raise PermissionDenied
            try:
                if "abandonner" in request.POST:
                    abandon_fichier(lu)
                else:
                    confirmees = set(request.POST.getlist("confirme"))
                    confirm_fichier(lu, confirmees=confirmees, par=read_agent(request), au=timezone.localdate())
            except ActeRefuse as erreur:
                refus = erreur
            else:
                return self.go_rapport(lu)
        gere = may_manage(request.user, campagne)
        lies = {"campagne": campagne, "fichier": lu, "run": lu.import_run, "gere": gere}
        return show(request, "rapport", f"Fichier {lu.nom}", refus=refus, **lies)


def list_regions(request: HttpRequest) -> list[Region]:
    """Those that this person writes campaigns for."""
    portee = read_portee(request.user)
    return [region for region in Region.objects.order_by("nom")[:30] if portee.covers(region.code, "-", *INSTRUIRE)]


def build_form(request: HttpRequest, campagne: Campagne | None = None) -> CampagneForm:
    nationale = may_create(request.user, "")
    envoye = request.POST if request.method == "POST" else None
    initial = read_campagne(campagne) if campagne else None
    return CampagneForm(envoye, initial=initial, regions=list_regions(request), nationale=nationale)


def save_campagne(campagne: Campagne, action: str, request: HttpRequest) -> Campagne:
    save_avec(campagne, campagne, action, request, unique={"code": "Une autre campagne a déjà ce code."})
    return campagne


def save_avec(objet: Any, campagne: Campagne, action: str, request: HttpRequest, *, unique: dict[str, str]) -> None:
    """Save it with its line in the journal. `unique`: the sentence by field when another row has its key."""
    try:
        with explained(), transaction.atomic():
            objet.save()
            Evenement.objects.create(
                objet=f"prevention.campagne:{campagne.code}", action=action, auteur=read_agent(request)
            )
    except IntegrityError as erreur:
        nom = getattr(getattr(erreur.__cause__, "diag", None), "constraint_name", "") or ""
        if "code" in nom or nom in ("cible_une_par_code", "objectif_un_par_territoire"):
            raise ActeInvalide("Il existe déjà.", unique) from erreur
        raise
