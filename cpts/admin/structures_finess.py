"""What FINESS proposes: a list, a page for each, and bulk acts through the same service."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from cpts.admin.structures_formulaires import build_choix
from cpts.admin.structures_liste import list_departements
from cpts.enums import GenreProposition, StatutProposition, TypeStructure
from cpts.models import PropositionFiness, Structure
from cpts.regles.vie_structures import CENTRES
from cpts.services.structures_finess import accept_proposition, explain_refus, may_decide, reject_proposition
from cpts.services.structures_refus import ActeImpossible, StructureRefusee
from portal.accounts.enums import ROLES_AGENT
from portal.accounts.models import User
from portal.accounts.portee import read_portee
from portal.core.admin_listes import Choix, Colonne, ListeRapide, Tri
from portal.core.admin_masse import ActeEnMasse, RangeeRefusee
from portal.core.keyset import Ordre
from zonage.models import Commune

CHOIX_CENTRES = [("", "FINESS ne le dit pas : choisissez"), *((type_.value, type_.label) for type_ in CENTRES)]
NOMS = {"finess_ej": "FINESS de l'entité juridique", "ouverte_le": "ouverte le", "fermee_le": "fermée le"}


class AccepterForm(forms.Form):
    """The type that FINESS does not tell; only centres of health need it."""

    type = build_choix("Type des centres de santé créés", CHOIX_CENTRES, required=False)

    def __init__(self, *args: Any, request: HttpRequest | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class EcarterForm(forms.Form):
    motif = forms.CharField(
        label="Motif",
        max_length=300,
        widget=forms.TextInput(attrs={"class": "fr-input"}),
        error_messages={"required": "Écrivez pourquoi la proposition est écartée."},
    )

    def __init__(self, *args: Any, request: HttpRequest | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


def explain_accepter(proposition: PropositionFiness, user: Any, donnees: dict[str, Any]) -> str:
    if not may_decide(user, proposition):
        return "Cette proposition n'est pas de votre territoire."
    return explain_refus(proposition, donnees.get("type", ""))


def explain_ecarter(proposition: PropositionFiness, user: Any, donnees: dict[str, Any]) -> str:
    if not may_decide(user, proposition):
        return "Cette proposition n'est pas de votre territoire."
    return "" if proposition.statut == StatutProposition.A_TRAITER else "Cette proposition est déjà décidée."


def run_accepter(proposition: PropositionFiness, user: Any, version: int, donnees: dict[str, Any]) -> str:
    try:
        return accept_proposition(proposition.pk, par=user, type_=donnees.get("type", ""))
    except StructureRefusee as refus:
        raise RangeeRefusee(say_refus(refus), perimee=isinstance(refus, ActeImpossible)) from refus


def run_ecarter(proposition: PropositionFiness, user: Any, version: int, donnees: dict[str, Any]) -> str:
    try:
        reject_proposition(proposition.pk, par=user, motif=donnees["motif"])
    except StructureRefusee as refus:
        raise RangeeRefusee(say_refus(refus), perimee=isinstance(refus, ActeImpossible)) from refus
    return "Écartée"


def say_refus(refus: StructureRefusee) -> str:
    return " ".join([str(refus), *(phrase for phrase in refus.erreurs.values() if phrase != str(refus))])


def name_proposition(proposition: PropositionFiness) -> str:
    if proposition.structure is not None:
        return proposition.structure.nom
    return str(proposition.apres.get("nom", ""))


def show_valeur(nom: str, valeur: Any) -> str:
    if valeur in (None, ""):
        return "—"
    choix: dict[Any, Any] = dict(TypeStructure.choices) if nom == "type" else {}
    return str(choix.get(valeur, valeur))


def list_differences(proposition: PropositionFiness) -> list[tuple[str, str, str]]:
    """Field, before, after."""
    lignes = []
    for nom in sorted({*proposition.avant, *proposition.apres}):
        champ: Any = Structure._meta.get_field(nom)
        libelle = NOMS.get(nom) or str(champ.verbose_name)
        avant, apres = proposition.avant.get(nom), proposition.apres.get(nom)
        lignes.append((libelle[:1].upper() + libelle[1:], show_valeur(nom, avant), show_valeur(nom, apres)))
    return lignes


COLONNES: Sequence[Colonne] = (
    Colonne("FINESS", lambda p: p.finess, lien=True),
    Colonne("Genre", lambda p: p.get_genre_display()),
    Colonne("Structure", name_proposition),
    Colonne("Ce qui change", lambda p: ", ".join(ligne[0] for ligne in list_differences(p))),
    Colonne("Département", lambda p: p.departement_code),
    Colonne("État", lambda p: p.get_statut_display()),
)


@admin.register(PropositionFiness)
class PropositionFinessAdmin(ListeRapide):
    titre = "Propositions de FINESS"
    nom_export = "propositions_finess"
    colonnes = COLONNES
    filtres = (
        Choix(
            "statut",
            "État",
            lambda request: StatutProposition.choices,
            lambda lignes, valeur, request: lignes.filter(statut=valeur),
        ),
        Choix(
            "genre",
            "Genre",
            lambda request: GenreProposition.choices,
            lambda lignes, valeur, request: lignes.filter(genre=valeur),
        ),
        Choix(
            "departement",
            "Département",
            list_departements,
            lambda lignes, valeur, request: lignes.filter(departement_code=valeur),
        ),
    )
    tris = (Tri("finess", "Par numéro", Ordre("finess")),)
    defaut = {"statut": StatutProposition.A_TRAITER.value, "tri": "finess"}
    recherche_aide = "Numéro FINESS."
    actes_en_masse = (
        ActeEnMasse("accepter", "Accepter", explain_accepter, run_accepter, AccepterForm, "Acceptée"),
        ActeEnMasse("ecarter", "Écarter", explain_ecarter, run_ecarter, EcarterForm, "Écartée"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[PropositionFiness]:
        """Of the territory; what could not be placed is read at the national level."""
        vues = PropositionFiness.objects.filter(read_portee(request.user).filter_territoire(*ROLES_AGENT))
        return vues.order_by("finess", "pk")

    def read_rows(self, request: HttpRequest) -> QuerySet[PropositionFiness]:
        return self.get_queryset(request).select_related("structure")

    def search_rows(self, lignes: QuerySet[Any], texte: str) -> QuerySet[Any]:
        return lignes.filter(finess="".join(texte.split()).upper())

    def name_row(self, ligne: Any) -> str:
        return f"{ligne.finess} · {ligne.get_genre_display()} · {name_proposition(ligne)}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not object_id.isdecimal() or len(object_id) > 18:
            raise Http404
        proposition = get_object_or_404(self.read_rows(request), pk=int(object_id))
        vue = self.decide if request.method == "POST" else self.show_fiche
        return never_cache(vue)(request, proposition)

    def show_fiche(
        self,
        request: HttpRequest,
        proposition: PropositionFiness,
        *,
        refus: str = "",
        ecarter: EcarterForm | None = None,
        statut: int = 200,
    ) -> HttpResponse:
        commune = Commune.objects.filter(pk=proposition.apres.get("commune", "")).first()
        contexte = {
            "titre": f"FINESS {proposition.finess}",
            "proposition": proposition,
            "nom": name_proposition(proposition),
            "commune": commune,
            "differences": list_differences(proposition),
            "decidable": may_decide(request.user, proposition) and proposition.statut == StatutProposition.A_TRAITER,
            "accepter": AccepterForm() if proposition.apres.get("type") == "" else None,
            "ecarter": ecarter or EcarterForm(),
            "refus": refus,
        }
        return render(request, "admin/cpts/propositionfiness/detail.html", contexte, status=statut)

    def decide(self, request: HttpRequest, proposition: PropositionFiness) -> HttpResponse:
        par = request.user
        if not isinstance(par, User) or not may_decide(par, proposition):
            raise Http404("Vous ne décidez pas de cette proposition.")
        ecarter = EcarterForm(request.POST) if "ecarter" in request.POST else None
        try:
            if ecarter is None:
                phrase = accept_proposition(proposition.pk, par=par, type_=request.POST.get("type", ""))
            elif ecarter.is_valid():
                reject_proposition(proposition.pk, par=par, motif=ecarter.cleaned_data["motif"])
                phrase = "La proposition est écartée : elle ne sera pas proposée de nouveau."
            else:
                return self.show_fiche(request, proposition, ecarter=ecarter, statut=422)
        except StructureRefusee as refus:
            return self.show_fiche(request, proposition, refus=say_refus(refus), statut=refus.statut_http)
        self.message_user(request, phrase, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:cpts_propositionfiness_changelist"))
