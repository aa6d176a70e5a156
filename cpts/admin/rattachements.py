"""The claims: a list of those that wait, and one page where the proof is beside what the Annuaire publishes."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from cpts.admin.listes import PaginateurBorne
from cpts.enums import StatutRattachement
from cpts.models import Rattachement
from cpts.services.rattachements import (
    MOTIF_MAX,
    RattachementImpossible,
    list_lieux,
    may_decide,
    refuse_rattachement,
    revoke_rattachement,
    validate_rattachement,
)
from portal.core.documents import is_servable, serve_document
from portal.core.models import Evenement

HISTORIQUE_MAX = 20
TOUTES = "toutes"
ACTES = {
    "demande": "Demandé, avec un justificatif",
    "retrait": "Demande retirée par la personne",
    "validation": "Validé par Pro Santé Connect",
    "valide": "Validé",
    "refuse": "Refusé",
    "retire": "Rattachement retiré par un agent",
}


def list_actes(rattachement: Rattachement) -> list[tuple[Evenement, str]]:
    """The latest acts, with their words. The claim itself was found among those that the agent sees."""
    lus = Evenement.objects.filter(objet=f"cpts.rattachement:{rattachement.pk}").select_related("auteur")
    return [
        (acte, ACTES.get(acte.action, acte.action)) for acte in lus.order_by("-survenu_le", "-pk")[:HISTORIQUE_MAX]
    ]


class StatutFilter(admin.SimpleListFilter):
    """Those that wait, unless something else is asked."""

    title = "statut"
    parameter_name = "statut"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*StatutRattachement.choices, (TOUTES, "Toutes")]

    def choices(self, changelist: Any) -> Any:
        actuel = self.value() or StatutRattachement.DEMANDE.value
        for valeur, libelle in self.lookup_choices:
            yield {
                "selected": actuel == str(valeur),
                "query_string": changelist.get_query_string({self.parameter_name: valeur}),
                "display": libelle,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        valeur = self.value() or StatutRattachement.DEMANDE.value
        return queryset if valeur == TOUTES else queryset.filter(statut=valeur)


@admin.register(Rattachement)
class RattachementAdmin(admin.ModelAdmin):
    list_display = ["cree_le", "praticien_id", "profession", "departement_code", "moyen", "statut"]
    list_display_links = ["cree_le", "praticien_id"]
    list_filter = [StatutFilter]
    list_select_related = ["praticien"]
    list_per_page = 50
    show_full_result_count = False
    paginator = PaginateurBorne
    search_fields = ["=praticien__rpps"]
    search_help_text = "Numéro RPPS entier."
    ordering = ["cree_le", "pk"]
    sortable_by = ()
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return Rattachement.objects.for_user(request.user).order_by("cree_le", "pk")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="profession")
    def profession(self, rattachement: Rattachement) -> str:
        return str(rattachement.praticien.get_profession_display())

    @admin.display(description="preuve")
    def moyen(self, rattachement: Rattachement) -> str:
        return "Justificatif" if rattachement.document_id else "Pro Santé Connect"

    def get_urls(self) -> list[Any]:
        preuve = self.admin_site.admin_view(self.preuve_view)
        return [path("<int:pk>/preuve/", preuve, name="cpts_rattachement_preuve"), *super().get_urls()]

    def _find(self, request: HttpRequest, pk: str) -> Rattachement:
        """Missing and forbidden answer alike."""
        rattachement = self.get_object(request, pk)
        if rattachement is None or not self.has_view_permission(request, rattachement):
            raise Http404("Cette demande n'existe pas, ou n'est pas de votre territoire.")
        return rattachement

    def preuve_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        rattachement = self._find(request, str(pk))
        if rattachement.document is None or not may_decide(request.user, rattachement):
            raise Http404("Aucun justificatif à lire.")
        return serve_document(rattachement.document, agent=True)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if object_id is None:
            raise Http404("Une demande vient de la personne elle-même.")
        vue = self._decide if request.method == "POST" else self._show
        return never_cache(vue)(request, self._find(request, unquote(object_id)))

    def _decide(self, request: HttpRequest, rattachement: Rattachement) -> HttpResponse:
        acte, motif = request.POST.get("acte", ""), request.POST.get("motif", "")
        par: Any = request.user
        try:
            if acte == "valider":
                validate_rattachement(rattachement.pk, par=par)
            elif acte == "refuser":
                refuse_rattachement(rattachement.pk, par=par, motif=motif)
            elif acte == "retirer":
                revoke_rattachement(rattachement.pk, par=par, motif=motif)
            else:
                raise RattachementImpossible("Choisissez une décision.")
        except RattachementImpossible as refus:
            rattachement.refresh_from_db()
            return self._show(request, rattachement, erreur=str(refus), motif=motif, statut=409)
        faits = {"valider": "validée", "refuser": "refusée", "retirer": "retirée"}
        self.message_user(request, f"Demande {faits[acte]} : la personne est prévenue.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:cpts_rattachement_changelist"))

    def _show(
        self, request: HttpRequest, rattachement: Rattachement, *, erreur: str = "", motif: str = "", statut: int = 200
    ) -> HttpResponse:
        document = rattachement.document
        contexte = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": f"Rattachement au RPPS {rattachement.praticien_id}",
            "rattachement": rattachement,
            "praticien": rattachement.praticien,
            "titulaire": rattachement.proprietaire,
            "lieux": list_lieux(rattachement.praticien, au=timezone.localdate()),
            "document": document,
            "lisible": document is not None and is_servable(document, agent=True),
            "image": document is not None and document.type_mime in ("image/png", "image/jpeg"),
            "peut_decider": may_decide(request.user, rattachement),
            "le_mien": rattachement.proprietaire_id == request.user.pk,
            "actes": list_actes(rattachement),
            "erreur": erreur,
            "motif": motif[: 2 * MOTIF_MAX],
            "motif_max": MOTIF_MAX,
        }
        return TemplateResponse(request, "admin/cpts/rattachement/decision.html", contexte, status=statut)
