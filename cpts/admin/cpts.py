"""CPTS in the administration: their list, their record, and the same acts as in the space of the coordinators."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cpts.admin.structures_liste import list_departements
from cpts.droits import INSTRUIRE, may_instruct
from cpts.enums import StatutCpts
from cpts.erreurs import ActeInvalide, ActeRefuse
from cpts.forms_vie import (
    FicheForm,
    NouvelleForm,
    build_form,
    describe_changements,
    read_action,
    submit_acte,
)
from cpts.models import Cpts, PieceCpts
from cpts.regles.etapes import list_actions
from cpts.services.vie_creation import create_cpts, update_fiche
from cpts.services.vie_lecture import list_changements_lus, may_act, read_parcours
from portal.accounts.enums import Role, TypeOrganisation
from portal.accounts.invitations import invite_coediteur
from portal.accounts.models import Organisation, User
from portal.accounts.organisations import MandatRefuse
from portal.accounts.portee import read_portee
from portal.core.admin_listes import Choix, Colonne, ListeRapide, Tri
from portal.core.documents import serve_document
from portal.core.keyset import Ordre
from zonage.models import Departement

GABARITS = "admin/cpts/cpts"
PROCHE = 365
"""Days before the end of an ACI from which the list can show it."""


def keep_etat(lignes: QuerySet[Any], valeur: str, request: HttpRequest) -> QuerySet[Any]:
    if valeur == "en_chemin":
        return lignes.exclude(statut__in=[StatutCpts.ACI_SIGNE, StatutCpts.RESILIE, StatutCpts.ABANDONNE])
    if valeur == "terme":
        fin = timezone.localdate() + timedelta(days=PROCHE)
        return lignes.filter(statut=StatutCpts.ACI_SIGNE, aci_fin_le__lte=fin)
    return lignes.filter(statut=valeur)


def list_etats(request: HttpRequest) -> Sequence[tuple[str, str]]:
    groupes = [("en_chemin", "En chemin vers l'ACI"), ("terme", "Terme de l'ACI dans l'année")]
    return [*groupes, *((statut.value, str(statut.label)) for statut in StatutCpts)]


@admin.register(Cpts)
class CptsAdmin(ListeRapide):
    titre = "CPTS"
    nom_export = "cpts"
    recherche_aide = "Code entier, ou mots du nom."
    colonnes = (
        Colonne("Nom", lambda c: c.nom, lien=True, alerte=lambda c: "exemple inventé" if c.demonstration else ""),
        Colonne("Code", lambda c: c.code),
        Colonne("État", lambda c: c.get_statut_display()),
        Colonne("Département", lambda c: c.departement_code),
        Colonne("Siège", lambda c: c.siege.nom if c.siege else None),
        Colonne("ACI signé le", lambda c: c.aci_signe_le),
        Colonne("Terme de l'ACI", lambda c: c.aci_fin_le),
        Colonne("Exemple inventé", lambda c: "oui" if c.demonstration else "non"),
    )
    filtres = (
        Choix("etat", "État", list_etats, keep_etat),
        Choix(
            "departement",
            "Département",
            list_departements,
            lambda lignes, valeur, request: lignes.filter(departement_code=valeur),
        ),
    )
    tris = (
        Tri("nom", "Par nom", Ordre("nom")),
        Tri("aci", "ACI signés en dernier", Ordre("aci_signe_le", descend=True, nul=True)),
        Tri("terme", "Terme le plus proche", Ordre("aci_fin_le", nul=True)),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cpts]:
        return Cpts.objects.for_user(request.user).order_by("nom", "code")

    def read_rows(self, request: HttpRequest) -> QuerySet[Cpts]:
        return Cpts.objects.for_user(request.user).select_related("siege")

    def search_rows(self, lignes: QuerySet[Any], texte: str) -> QuerySet[Any]:
        exacte = lignes.filter(code=texte.lower())
        return exacte if exacte.exists() else lignes.filter(nom__icontains=texte)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A CPTS is given up or terminated; it is never erased."""
        return False

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Any, str]] = [
            ("<slug:code>/acte/<slug:action>/", require_http_methods(["GET", "HEAD", "POST"])(self.acte_view), "acte"),
            ("<slug:code>/modifier/", require_POST(self.modifier_view), "modifier"),
            ("<slug:code>/pieces/<int:pk>/", require_safe(self.piece_view), "piece"),
        ]
        propres = [
            path(chemin, self.admin_site.admin_view(never_cache(vue)), name=f"cpts_cpts_{nom}")
            for chemin, vue, nom in pages
        ]
        return [*propres, *super().get_urls()]

    def find(self, request: HttpRequest, code: str) -> Cpts:
        """Missing and forbidden answer alike."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        trouvee: Cpts = get_object_or_404(self.get_queryset(request).select_related("siege"), pk=code)
        return trouvee

    # --- the pages
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return never_cache(self.show_fiche)(request, self.find(request, object_id))

    def show_fiche(
        self, request: HttpRequest, cpts: Cpts, *, fiche: FicheForm | None = None, refus: ActeRefuse | None = None
    ) -> HttpResponse:
        modifiable = may_instruct(request.user, cpts)
        contexte = {
            "titre": cpts.nom,
            "cpts": cpts,
            "parcours": read_parcours(cpts, request.user, au=timezone.localdate()),
            "changements": list_changements_lus(cpts),
            "fiche": fiche or FicheForm(initial=read_fiche(cpts)),
            "fiche_ouverte": fiche is not None,
            "modifiable": modifiable,
            "refus": refus,
        }
        return render(request, f"{GABARITS}/detail.html", contexte, status=refus.statut_http if refus else 200)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        portee = read_portee(request.user)
        national = "national" in portee.cles(INSTRUIRE)
        form = NouvelleForm(
            request.POST or None,
            departements=None if national else list_instruits(request),
            invite=portee.has_role(Role.ADMINISTRATEUR),
        )
        refus: ActeRefuse | None = None
        if request.method == "POST":
            refus = self._create(request, form)
            if refus is None:
                return self.go(form.cleaned_data["cree"])
        contexte = {"titre": "Nouvelle CPTS", "form": form, "refus": refus}
        return render(request, f"{GABARITS}/creer.html", contexte, status=refus.statut_http if refus else 200)

    def _create(self, request: HttpRequest, form: NouvelleForm) -> ActeRefuse | None:
        if not form.is_valid():
            return ActeInvalide("Corrigez ce qui est signalé.")
        lus = form.cleaned_data
        try:
            cpts = create_cpts(
                par=request.user, departement=lus["departement"], code=lus["code"], **form.build_champs()
            )
        except ActeRefuse as refus:
            for champ, phrase in getattr(refus, "erreurs", {}).items():
                form.add_error(champ if champ in form.fields else None, phrase)
            return refus
        lus["cree"] = cpts
        self.message_user(request, f"{cpts.nom} est enregistrée, avec le code {cpts.code}.", messages.SUCCESS)
        if lus.get("courriel_coordination"):
            self._invite(request, cpts, lus["courriel_coordination"])
        return None

    def _invite(self, request: HttpRequest, cpts: Cpts, courriel: str) -> None:
        organisation = Organisation.objects.get(type=TypeOrganisation.CPTS, code=cpts.code)
        try:
            invite_coediteur(courriel, organisation, par=read_agent(request))
        except MandatRefuse as refus:
            self.message_user(request, f"L'invitation n'est pas partie : {refus}", messages.WARNING)
        else:
            self.message_user(request, "L'invitation à coordonner est envoyée.", messages.SUCCESS)

    def acte_view(self, request: HttpRequest, code: str, action: str) -> HttpResponse:
        """The same form, the same service and the same refusals as in the space."""
        cpts = self.find(request, code)
        choisie = read_action(action)
        impossible = request.method != "POST" and choisie not in list_actions(cpts.statut)
        if impossible or not may_act(request.user, cpts, choisie):
            raise Http404
        form = build_form(request, cpts, choisie)
        refus = submit_acte(request, cpts, form) if request.method == "POST" else None
        if request.method == "POST" and refus is None:
            self.message_user(request, f"C'est enregistré : {choisie.label}.", messages.SUCCESS)
            return self.go(cpts)
        contexte = {
            "titre": choisie.label,
            "cpts": cpts,
            "form": form,
            "refus": refus,
            "changements": describe_changements(refus),
            "retour": reverse("admin:cpts_cpts_change", args=[cpts.pk]),
        }
        return render(request, f"{GABARITS}/acte.html", contexte, status=refus.statut_http if refus else 200)

    def modifier_view(self, request: HttpRequest, code: str) -> HttpResponse:
        cpts = self.find(request, code)
        if not may_instruct(request.user, cpts):
            raise Http404
        form = FicheForm(request.POST)
        try:
            if not form.is_valid():
                raise ActeInvalide("Corrigez ce qui est signalé.")
            update_fiche(cpts, par=request.user, version=form.cleaned_data["version"], **form.build_champs())
        except ActeRefuse as refus:
            return self.show_fiche(request, cpts, fiche=form, refus=refus)
        self.message_user(request, "La fiche est enregistrée.", messages.SUCCESS)
        return self.go(cpts)

    def piece_view(self, request: HttpRequest, code: str, pk: int) -> HttpResponse:
        cpts = self.find(request, code)
        pieces = PieceCpts.objects.for_user(request.user).select_related("document")
        return serve_document(get_object_or_404(pieces, cpts=cpts, pk=pk).document, agent=True)

    def go(self, cpts: Cpts) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:cpts_cpts_change", args=[cpts.pk]))


def list_instruits(request: HttpRequest) -> list[str]:
    """The départements over which somebody instructs."""
    cles = read_portee(request.user).cles(INSTRUIRE)
    regions = [cle.removeprefix("region:") for cle in cles if cle.startswith("region:")]
    propres = [cle.removeprefix("departement:") for cle in cles if cle.startswith("departement:")]
    lus = Departement.objects.filter(region__in=sorted(regions)).order_by("code").values_list("code", flat=True)
    return [*propres, *lus[:150]]


def read_fiche(cpts: Cpts) -> dict[str, Any]:
    champs = {nom: getattr(cpts, nom) for nom in ("nom", "finess", "site_web", "courriel", "telephone", "version")}
    return champs | {"siege": cpts.siege_id or ""}


def read_agent(request: HttpRequest) -> User:
    """Who acts: `admin_view` lets nobody else in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
