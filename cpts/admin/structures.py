"""Structures in the administration: their list, and the page from which one is moved forward, corrected, completed.

The page is the portal's own and needs no script. Each act is checked again by its service: a page proposes, no more.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cpts.admin.structures_formulaires import (
    ActeForm,
    CreationForm,
    DepartForm,
    EquipierForm,
    PieceForm,
    StructureForm,
    suggest_cpts,
)
from cpts.admin.structures_liste import COLONNES, FILTRES, TRIS, search
from cpts.admin.structures_page import build_page, read_regions
from cpts.droits import may_edit_structure
from cpts.models import PieceStructure, Structure
from cpts.regles.vie_structures import find_etape
from cpts.services.structures import Acte, apply_acte, create_structure, edit_structure
from cpts.services.structures_equipe import Arrivee, add_equipier, add_piece, end_equipier
from cpts.services.structures_refus import StructureRefusee
from portal.accounts.models import User
from portal.core.admin_listes import ListeRapide
from portal.core.documents import serve_document

GABARITS = "admin/cpts/structure"
NATURES = {"signer": "contrat", "labelliser": "labellisation", "deposer": "projet"}
"""The nature of the document that comes with an act; « decision » otherwise."""


@admin.register(Structure)
class StructureAdmin(ListeRapide):
    titre = "Structures"
    nom_export = "structures"
    colonnes = COLONNES
    filtres = FILTRES
    tris = TRIS
    defaut = {"tri": "nom"}
    recherche_aide = "Numéro FINESS, mots du nom, ou début du nom de la commune."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Structure]:
        return Structure.objects.for_user(request.user).order_by("nom", "pk")

    def read_rows(self, request: HttpRequest) -> QuerySet[Structure]:
        return Structure.objects.for_user(request.user).select_related("commune", "cpts")

    def search_rows(self, lignes: QuerySet[Any], texte: str) -> QuerySet[Any]:
        return search(lignes, texte)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A structure closes; it is never erased."""
        return False

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Callable[..., HttpResponseBase], str]] = [
            ("<int:cle>/acte/<slug:nom>/", require_POST(self.acte_view), "acte"),
            ("<int:cle>/modifier/", require_POST(self.modifier_view), "modifier"),
            ("<int:cle>/rattacher/", require_POST(self.rattacher_view), "rattacher"),
            ("<int:cle>/equipe/", require_POST(self.equipe_view), "equipe"),
            ("<int:cle>/equipe/<int:ligne>/", require_POST(self.depart_view), "depart"),
            ("<int:cle>/pieces/", require_POST(self.deposer_view), "deposer"),
            ("<int:cle>/pieces/<int:piece>/", require_safe(self.piece_view), "piece"),
        ]
        propres = [
            path(chemin, self.admin_site.admin_view(never_cache(vue)), name=f"cpts_structure_{nom}")
            for chemin, vue, nom in pages
        ]
        return [*propres, *super().get_urls()]

    # --- the pages
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not object_id.isdecimal() or len(object_id) > 18:
            raise Http404
        return never_cache(self.show_fiche)(request, self.find(request, int(object_id)))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        formulaire = CreationForm(request.POST or None, regions=read_regions(request.user))
        statut = 200
        if request.method == "POST":
            statut = 422
            if formulaire.is_valid() and (creee := self._create(request, formulaire)) is not None:
                self.message_user(request, f"{creee.nom} : la structure est enregistrée.", messages.SUCCESS)
                return self.go(creee)
        contexte = {"titre": "Nouvelle structure", "formulaire": formulaire}
        return render(request, f"{GABARITS}/creer.html", contexte, status=statut)

    def _create(self, request: HttpRequest, formulaire: CreationForm) -> Structure | None:
        try:
            return create_structure(
                formulaire.read_champs(),
                par=read_agent(request),
                statut=formulaire.cleaned_data["statut"],
                jours=formulaire.read_jours(),
            )
        except StructureRefusee as refus:
            formulaire.explain(refus.erreurs or {"": str(refus)})
            return None

    def find(self, request: HttpRequest, cle: int) -> Structure:
        """Missing and forbidden answer alike."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        vues = self.get_queryset(request).select_related("commune", "commune__departement", "cpts", "parent")
        return get_object_or_404(vues, pk=cle)

    def find_ecrite(self, request: HttpRequest, cle: int) -> Structure:
        """Who may read but not write is answered as if it were not there."""
        structure = self.find(request, cle)
        if not may_edit_structure(request.user, structure):
            raise Http404("Vous n'instruisez pas cette structure.")
        return structure

    def show_fiche(
        self,
        request: HttpRequest,
        structure: Structure,
        *,
        lies: dict[str, forms.Form] | None = None,
        refus: StructureRefusee | None = None,
        statut: int = 200,
    ) -> HttpResponse:
        """The page. `lies`: the forms sent back with what was typed; `refus`: why nothing was written."""
        contexte = build_page(structure, read_agent(request), lies or {}) | {"refus": refus}
        return render(request, f"{GABARITS}/detail.html", contexte, status=refus.statut_http if refus else statut)

    def go(self, structure: Structure) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:cpts_structure_change", args=[structure.pk]))

    # --- what is sent
    def acte_view(self, request: HttpRequest, cle: int, nom: str) -> HttpResponse:
        structure = self.find_ecrite(request, cle)
        etape = find_etape(structure.type, nom)
        if etape is None:
            raise Http404("Ce type de structure n'a pas cet acte.")
        formulaire = ActeForm(request.POST, request.FILES, structure=structure, code=nom, etape=etape)

        def do(par: User, propres: dict[str, Any]) -> None:
            acte = Acte(nom, propres["jour"], propres["commentaire"], propres.get("finess", ""))
            ecrit = apply_acte(structure, acte, par=par, version=propres["version"])
            if propres["document"]:
                nature = NATURES.get(nom, "decision")
                add_piece(structure, propres["document"], nature=nature, libelle=etape.fait, par=par, acte=ecrit)

        return self.run(request, structure, formulaire, nom, do, f"{etape.fait} : enregistré.")

    def modifier_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        structure = self.find_ecrite(request, cle)
        formulaire = StructureForm(request.POST, structure=structure, regions=read_regions(request.user))

        def do(par: User, propres: dict[str, Any]) -> None:
            edit_structure(structure, formulaire.read_champs(), par=par, version=propres["version"])

        return self.run(request, structure, formulaire, "modifier", do, "La fiche est enregistrée.")

    def rattacher_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        """Accept the CPTS that the perimeters propose; which one is read again here."""
        structure = self.find_ecrite(request, cle)
        proposee = suggest_cpts(structure)
        version = request.POST.get("version", "")
        if proposee is None or not version.isdecimal() or len(version) > 9:
            refus = StructureRefusee("Aucun périmètre approuvé ne propose d'autre CPTS pour cette commune.")
            return self.show_fiche(request, structure, refus=refus)
        try:
            edit_structure(structure, {"cpts": proposee}, par=read_agent(request), version=int(version))
        except StructureRefusee as refus:
            return self.show_fiche(request, structure, refus=refus)
        self.message_user(request, f"Rattachée à {proposee.nom}.", messages.SUCCESS)
        return self.go(structure)

    def equipe_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        structure = self.find_ecrite(request, cle)

        def do(par: User, propres: dict[str, Any]) -> None:
            arrivee = Arrivee(
                profession=propres["profession"],
                debut=propres["debut"],
                nombre=propres["nombre"],
                etp=propres["etp"],
                rpps=propres["rpps"],
            )
            add_equipier(structure, arrivee, par=par)

        return self.run(request, structure, EquipierForm(request.POST), "equipe", do, "L'équipe est à jour.")

    def depart_view(self, request: HttpRequest, cle: int, ligne: int) -> HttpResponse:
        structure = self.find_ecrite(request, cle)

        def do(par: User, propres: dict[str, Any]) -> None:
            end_equipier(structure, ligne, par=par, le=propres["le"])

        formulaire = DepartForm(request.POST, cle=ligne)
        return self.run(request, structure, formulaire, f"depart-{ligne}", do, "Le départ est enregistré.")

    def deposer_view(self, request: HttpRequest, cle: int) -> HttpResponse:
        structure = self.find_ecrite(request, cle)

        def do(par: User, propres: dict[str, Any]) -> None:
            add_piece(structure, propres["document"], nature=propres["nature"], libelle=propres["libelle"], par=par)

        formulaire = PieceForm(request.POST, request.FILES)
        return self.run(request, structure, formulaire, "piece", do, "Le document est joint.")

    def piece_view(self, request: HttpRequest, cle: int, piece: int) -> HttpResponse:
        structure = self.find(request, cle)
        vues = PieceStructure.objects.for_user(request.user).filter(structure=structure)
        return serve_document(get_object_or_404(vues.select_related("document"), pk=piece).document, agent=True)

    def run(
        self,
        request: HttpRequest,
        structure: Structure,
        formulaire: forms.Form,
        nom: str,
        do: Callable[[User, dict[str, Any]], None],
        fait: str,
    ) -> HttpResponse:
        """Check the form, do the act in one transaction, and come back; or the page with what was typed."""
        if not formulaire.is_valid():
            return self.show_fiche(request, structure, lies={nom: formulaire}, statut=422)
        try:
            with transaction.atomic():
                do(read_agent(request), formulaire.cleaned_data)
        except StructureRefusee as refus:
            for champ, phrase in refus.erreurs.items():
                formulaire.add_error(champ if champ in formulaire.fields else None, phrase)
            structure = self.find(request, structure.pk)
            return self.show_fiche(request, structure, lies={nom: formulaire}, refus=refus)
        self.message_user(request, fait, messages.SUCCESS)
        return self.go(structure)


def read_agent(request: HttpRequest) -> User:
    """Who acts: `admin_view` lets nobody else in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
