"""Arrêtés in the administration: a draft, its file, its rows, its preview, its publication. No script is needed.

Each act is checked again by its service; a page only proposes. Drafts are read by the agents of their région; what is
published, by all.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.models import User
from portal.accounts.portee import read_portee
from portal.core.models import Evenement
from zonage.admin.base import EnVigueurFilter
from zonage.admin.formulaires import FicheForm, FichierForm, MotifForm, NouveauForm, read_fiche
from zonage.admin.pages_apercu import PagesApercu
from zonage.admin.pages_brouillon import PagesBrouillon
from zonage.admin.rendu import ACTIONS, GABARITS, describe_arrete, render_page
from zonage.admin.socle import read_agent
from zonage.enums import StatutArrete, StatutFichier
from zonage.models import Arrete, Region
from zonage.services import PublicationImpossible, return_arrete
from zonage.services.brouillons import SaisieRefusee, change_fiche, copy_en_vigueur, create_brouillon
from zonage.services.brouillons_fichier import close_interrompus
from zonage.services.brouillons_rejets import find_fichier, list_rejets
from zonage.services.publication import (
    ECRIVENT,
    is_author,
    list_reserves,
    may_publish,
    may_write,
    propose_brouillon,
)

REPRISE = 3
EVENEMENTS_MAX = 50


@admin.register(Arrete)
class ArreteAdmin(PagesBrouillon, PagesApercu):
    list_display = ["__str__", "region", "profession", "numero", "periode", "statut", "origine"]
    list_filter = [EnVigueurFilter, "statut", "profession", "origine"]
    list_select_related = ["region"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["=numero", "region__nom"]
    actions = None
    change_list_template = f"{GABARITS}/change_list.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Asked by every page that shows the tables: from the mandats alone."""
        cles = read_portee(request.user).cles(ECRIVENT)
        return super().has_add_permission(request) and any(
            cle == "national" or cle.startswith("region:") for cle in cles
        )

    def has_delete_permission(self, request: HttpRequest, obj: Arrete | None = None) -> bool:
        """History is never erased: an arrêté is closed by dating the end of its period."""
        return False

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Callable[..., HttpResponseBase], str]] = [
            ("comparer/", require_safe(self.comparer_view), "comparer"),
            ("<int:cle>/fiche/", require_http_methods(["GET", "HEAD", "POST"])(self.fiche_view), "fiche"),
            ("<int:cle>/fichier/", require_POST(self.fichier_view), "fichier"),
            ("<int:cle>/fichier/<int:fichier>/", require_safe(self.octets_view), "octets"),
            ("<int:cle>/copie/", require_POST(self.copie_view), "copie"),
            ("<int:cle>/lignes/", require_http_methods(["GET", "HEAD", "POST"])(self.lignes_view), "lignes"),
            ("<int:cle>/rejets/", require_http_methods(["GET", "HEAD", "POST"])(self.rejets_view), "rejets"),
            ("<int:cle>/apercu/", require_http_methods(["GET", "HEAD", "POST"])(self.apercu_view), "apercu"),
            ("<int:cle>/proposer/", require_POST(self.proposer_view), "proposer"),
            ("<int:cle>/reprendre/", require_POST(self.reprendre_view), "reprendre"),
            ("<int:cle>/publier/", require_http_methods(["GET", "HEAD", "POST"])(self.publier_view), "publier"),
            ("<int:cle>/retirer/", require_http_methods(["GET", "HEAD", "POST"])(self.retirer_view), "retirer"),
            ("<int:cle>/annexe/", require_safe(self.annexe_view), "annexe"),
        ]
        propres = [
            path(chemin, self.admin_site.admin_view(never_cache(vue)), name=f"zonage_arrete_{nom}")
            for chemin, vue, nom in pages
        ]
        return [*propres, *super().get_urls()]

    # --- a new draft
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        formulaire = NouveauForm(request.POST or None, regions=list_regions(read_agent(request)))
        if request.method != "POST" or not formulaire.is_valid():
            return render_page(request, "creer", "Nouvel arrêté", formulaire=formulaire)
        propres = formulaire.cleaned_data
        champs = formulaire.build_champs() | {"region_id": propres["region"], "profession": propres["profession"]}
        arrete = create_brouillon(champs, par=read_agent(request))
        if propres["depart"] == "vigueur":
            return self.copie_view(request, arrete.pk)
        self.message_user(request, "Brouillon créé : déposez maintenant son fichier.")
        return self.go(arrete)

    # --- the page of an arrêté
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not object_id.isdecimal() or len(object_id) > 18:
            raise Http404
        arrete = self.find(request, int(object_id))
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied  # each act has an address of its own
        return self.show(request, arrete)

    def show(
        self, request: HttpRequest, arrete: Arrete, *, refus: Exception | None = None, **lies: Any
    ) -> HttpResponse:
        """The page; `lies`: the forms sent back with what was typed, `refus`: why nothing was written."""
        agent = read_agent(request)
        brouillon, propose = arrete.statut == StatutArrete.BROUILLON, arrete.statut == StatutArrete.PROPOSE
        if brouillon:
            close_interrompus(arrete)
        ecrit, publie = may_write(agent, arrete.region_id), may_publish(agent, arrete.region_id)
        fichiers = list(arrete.fichiers.defer("octets").select_related("execution", "depose_par").order_by("-pk")[:20])
        en_cours = bool(fichiers) and fichiers[0].statut == StatutFichier.EN_ATTENTE
        contexte: dict[str, Any] = {
            "arrete": arrete,
            "faits": describe_arrete(arrete),
            "lignes": arrete.classements.count(),
            "fichiers": fichiers,
            "fichier": find_fichier(arrete),
            "rejets": list_rejets(arrete).count(),
            "reserves": list_reserves(arrete, au=timezone.localdate()) if brouillon else [],
            "peut_ecrire": ecrit and brouillon,
            "peut_publier": publie and propose and not is_author(agent, arrete),
            "auteur": publie and propose and is_author(agent, arrete),
            "peut_reprendre": propose and (ecrit or publie),
            "peut_retirer": publie and arrete.statut == StatutArrete.PUBLIE and arrete.publie_par_id is not None,
            "reprise": REPRISE if en_cours else 0,
            "actes": list_actes(arrete),
            "fichier_form": lies.get("fichier_form") or FichierForm(),
            "motif_form": lies.get("motif_form") or MotifForm(auto_id="motif-%s", initial={"motif": arrete.motif}),
        }
        return render_page(request, "detail", str(arrete), refus=refus, **contexte)

    def fiche_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        arrete = self.find_ecrit(request, cle)
        formulaire = FicheForm(request.POST if request.method == "POST" else None, initial=read_fiche(arrete))
        refus: Exception | None = None
        if request.method == "POST" and formulaire.is_valid():
            try:
                change_fiche(arrete, formulaire.build_champs(), par=read_agent(request))
            except PublicationImpossible as erreur:
                refus = erreur
            else:
                self.message_user(request, "C’est enregistré.")
                return self.go(arrete)
        return render_page(request, "fiche", f"Modifier : {arrete}", arrete=arrete, formulaire=formulaire, refus=refus)

    def copie_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        """Begin from the zoning in force on the eve of the effect."""
        arrete = self.find_ecrit(request, cle)
        veille = arrete.periode.lower - timedelta(days=1)
        try:
            lignes = copy_en_vigueur(arrete, au=veille, par=read_agent(request))
        except (PublicationImpossible, SaisieRefusee) as refus:
            return self.show(request, self.find(request, cle), refus=refus)
        self.message_user(request, f"Lignes copiées du zonage en vigueur le {veille:%d/%m/%Y} : {lignes}.")
        return self.go(arrete)

    # --- from a draft to a proposal, and back
    def proposer_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        arrete = self.find_ecrit(request, cle)
        try:
            propose_brouillon(arrete, par=read_agent(request), motif=request.POST.get("motif", "")[:500])
        except (PublicationImpossible, SaisieRefusee) as refus:
            lie = MotifForm(auto_id="motif-%s", initial={"motif": request.POST.get("motif", "")})
            return self.show(request, self.find(request, cle), refus=refus, motif_form=lie)
        self.message_user(request, "Proposé : une autre personne peut le publier.")
        return self.go(arrete)

    def reprendre_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        arrete, agent = self.find(request, cle), read_agent(request)
        if not may_write(agent, arrete.region_id) and not may_publish(agent, arrete.region_id):
            raise PermissionDenied
        formulaire = MotifForm(request.POST, auto_id="reprise-%s")
        if not formulaire.is_valid():
            refus = SaisieRefusee("Dites pourquoi cet arrêté est repris en brouillon.")
            return self.show(request, arrete, refus=refus)
        try:
            return_arrete(arrete, par=agent, motif=formulaire.cleaned_data["motif"])
        except PublicationImpossible as erreur:
            return self.show(request, self.find(request, cle), refus=erreur)
        self.message_user(request, "Repris en brouillon : il peut être modifié.")
        return self.go(arrete)


def list_regions(agent: User) -> list[Region]:
    """The régions that this person writes for."""
    cles = read_portee(agent).cles(ECRIVENT)
    toutes = Region.objects.order_by("nom")
    siennes = [cle.removeprefix("region:") for cle in cles if cle.startswith("region:")]
    return list(toutes[:50] if "national" in cles else toutes.filter(code__in=siennes)[:50])


def list_actes(arrete: Arrete) -> list[tuple[Evenement, str]]:
    siens = Evenement.objects.filter(objet=f"zonage.arrete:{arrete.pk}").select_related("auteur").order_by("-pk")
    return [(acte, ACTIONS.get(acte.action, acte.action)) for acte in siens[:EVENEMENTS_MAX]]
