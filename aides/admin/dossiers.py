"""Files in the administration: their list, and the page on which one is instructed.

The page is the portal's own and needs no script. Each act is checked again by its service: a page proposes, no more.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from aides.admin.contrats import read_agent
from aides.admin.dossiers_actes import ACTES, Acte, Renvoi, read_prefixe
from aides.admin.dossiers_formulaires import DossierForm
from aides.admin.dossiers_page import build_page, list_depuis, make_cadre, record_lecture
from aides.admin.listes import ListeDemandes
from aides.dossiers.droits import list_actions, may_act
from aides.dossiers.erreurs import ActeInvalide, ActeRefuse, VersionPerimee
from aides.models import Courrier, Demande, PieceDossier
from portal.accounts.models import User
from portal.accounts.portee import read_portee
from portal.core.documents import serve_document
from portal.core.models import Evenement
from zonage.admin import LectureSeule

GABARITS = "admin/aides/demande"
PERIMEE = (
    "Ce dossier a changé depuis que vous l'avez ouvert. Relisez ce qui a changé. Votre saisie est gardée : "
    "envoyez-la de nouveau si elle convient encore."
)


@admin.register(Demande)
class DemandeAdmin(ListeDemandes, LectureSeule):
    """The list comes from `aides.admin.listes`."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Demande]:
        """One's own file is read as an applicant reads it, under « Mes dossiers », never from this side."""
        vues = Demande.objects.for_user(request.user).exclude(proprietaire_id=request.user.pk)
        return vues.order_by("-deposee_le", "id")

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Callable[..., HttpResponseBase], str]] = [
            ("<uuid:cle>/acte/<slug:nom>/", require_POST(self.acte_view), "acte"),
            ("<uuid:cle>/pieces/<int:piece>/", require_safe(self.piece_view), "piece"),
            ("<uuid:cle>/courriers/<int:courrier>/", require_safe(self.courrier_view), "courrier"),
        ]
        propres = [
            path(chemin, self.admin_site.admin_view(never_cache(vue)), name=f"aides_demande_{nom}")
            for chemin, vue, nom in pages
        ]
        return [*propres, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        try:
            cle = UUID(object_id)
        except ValueError as erreur:
            raise Http404 from erreur
        demande = self.find(request, cle)
        moi = read_agent(request)
        record_lecture(demande, moi)
        return render(request, f"{GABARITS}/instruction.html", build_page(demande, moi))

    def find(self, request: HttpRequest, cle: UUID) -> Demande:
        """Missing and forbidden answer alike."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        vues = self.get_queryset(request).select_related("commune__departement", "praticien")
        demande = get_object_or_404(vues, pk=cle)
        read_personnes(demande)
        return demande

    def acte_view(self, request: HttpRequest, cle: UUID, nom: str) -> HttpResponse:
        """Do an act. Refused, the page comes back with why, what changed, and everything typed."""
        demande = self.find(request, cle)
        moi = read_agent(request)
        acte = ACTES.get(nom)
        if acte is None:
            raise Http404
        portee = read_portee(moi)
        if not may_act(acte.action, demande, portee):
            raise PermissionDenied
        pieces = list(
            PieceDossier.objects.for_user(moi)
            .filter(demande=demande, retiree_le=None)
            .select_related("document")[:100]
        )
        cadre = make_cadre(demande, moi, list_actions(demande, portee), pieces)
        formulaire = acte.formulaire(request.POST, cadre=cadre, prefix=read_prefixe(nom))
        refus = run_acte(acte, demande, moi, formulaire)
        if refus is None:
            self.message_user(request, f"C'est fait : {acte.libelle.lower()}.")
            return HttpResponseRedirect(reverse("admin:aides_demande_change", args=[demande.pk]))
        return self.show_refus(request, self.find(request, cle), moi, Renvoi(nom, formulaire, refus))

    def show_refus(self, request: HttpRequest, demande: Demande, moi: User, renvoi: Renvoi) -> HttpResponse:
        """After a stale form, the one sent back holds the version of today: sending it again is a new decision."""
        formulaire, statut = renvoi.formulaire, renvoi.refus.statut_http
        version = read_version_envoyee(formulaire)
        depuis = list_depuis(demande, moi, version) if statut == 409 and version is not None else []
        if version is not None and version != demande.version:
            formulaire.data = {**dict(formulaire.data.items()), formulaire.add_prefix("version"): str(demande.version)}
        contexte = {**build_page(demande, moi, renvoi=renvoi), "depuis": depuis}
        return render(request, f"{GABARITS}/instruction.html", contexte, status=statut)

    def piece_view(self, request: HttpRequest, cle: UUID, piece: int) -> HttpResponse:
        demande = self.find(request, cle)
        siennes = PieceDossier.objects.for_user(request.user).select_related("document")
        trouvee = get_object_or_404(siennes, demande=demande, pk=piece)
        reponse = serve_document(trouvee.document, agent=True)
        if reponse.status_code == 200:
            Evenement.objects.create(
                objet=f"aides.demande:{demande.pk}",
                action="ouvrir_piece",
                auteur=read_agent(request),
                details={"piece": trouvee.pk},
            )
        return reponse

    def courrier_view(self, request: HttpRequest, cle: UUID, courrier: int) -> HttpResponse:
        demande = self.find(request, cle)
        siens = Courrier.objects.for_user(request.user).select_related("document")
        document = get_object_or_404(siens, demande=demande, pk=courrier).document
        if document is None:
            raise Http404("Ce courrier n'est pas encore prêt : revenez dans quelques minutes.")
        return serve_document(document, agent=True)


def read_personnes(demande: Demande) -> None:
    """In one query: PostgreSQL takes longer to plan eight joins than to read what they bring."""
    champs = ("instructeur", "propose_par", "decide_par")
    cles = {champ: cle for champ in champs if (cle := getattr(demande, f"{champ}_id")) is not None}
    personnes = User.objects.in_bulk(cles.values()) if cles else {}
    for champ, cle in cles.items():
        setattr(demande, champ, personnes[cle])


def run_acte(acte: Acte, demande: Demande, moi: User, formulaire: DossierForm) -> ActeRefuse | None:
    """None: done. A stale form is said to be so before anything else is said of it."""
    valide = formulaire.is_valid()
    version = read_version_envoyee(formulaire)
    if version is not None and version != demande.version:
        return VersionPerimee(PERIMEE)
    if not valide:
        return ActeInvalide("Rien n'est enregistré : des valeurs sont à corriger ci-dessous.")
    try:
        acte.run(demande, moi, dict(formulaire.cleaned_data))
    except VersionPerimee:
        return VersionPerimee(PERIMEE)
    except ActeRefuse as refus:
        for champ, phrase in getattr(refus, "erreurs", {}).items():
            formulaire.add_error(champ if champ in formulaire.fields else None, phrase)
        return refus
    return None


def read_version_envoyee(formulaire: DossierForm) -> int | None:
    """As it was sent, even when the rest of the form is wrong."""
    lue = str(formulaire.data.get(formulaire.add_prefix("version"), ""))
    return int(lue) if lue.isascii() and lue.isdigit() and len(lue) < 10 else None
