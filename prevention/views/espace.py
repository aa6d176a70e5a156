"""The actions of a CPTS, in its space, and those of a structure: list, draft, announcement, counts, paste."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.core.exports import export_csv
from prevention.enums import StatutAction
from prevention.forms import ActionForm, AnnulationForm, CollageForm, TenueForm, read_action
from prevention.models import ActionPrevention
from prevention.services.actions import (
    MODIFIABLES,
    announce_action,
    cancel_action,
    change_action,
    create_action,
    delete_brouillon,
    hold_action,
    list_suites,
    reopen_action,
)
from prevention.services.collage import add_actions, read_actions
from prevention.services.erreurs import ActeInvalide, ActeRefuse
from prevention.views.porteurs import Porteur, ecrit, porte
from zonage.models import Commune

PAR_PAGE = 50
ACTIONS_MAX = 5000
COLONNES_EXPORT = (
    *("jour", "de", "à", "titre", "thème", "campagne", "commune", "code INSEE", "lieu", "état", "créneaux"),
    *("participants", "personnes orientées", "public visé", "partenaires", "publique"),
)


def list_actions(request: HttpRequest, porteur: Porteur) -> Any:
    siennes = ActionPrevention.objects.for_user(request.user).filter(**porteur.filtre)
    return siennes.select_related("commune", "campagne", "mission").order_by("-jour", "-pk")


def find_action(request: HttpRequest, porteur: Porteur, pk: int) -> ActionPrevention:
    action: ActionPrevention = get_object_or_404(
        list_actions(request, porteur).select_related("cpts", "structure"), pk=pk
    )
    return action


def show(
    request: HttpRequest, porteur: Porteur, gabarit: str, titre: str, statut: int = 200, **lies: Any
) -> HttpResponse:
    adresses = porteur.list_adresses(lies.get("action"))
    contexte = porteur.build_contexte(request) | {"titre": titre, "adresses": adresses, **lies}
    return render(request, f"prevention/espace/{gabarit}.html", contexte, status=statut)


def go(porteur: Porteur, action: ActionPrevention | None = None) -> HttpResponseRedirect:
    return HttpResponseRedirect(porteur.url("action", action.pk) if action else porteur.url("actions"))


@require_safe
@porte
def actions(request: HttpRequest, porteur: Porteur) -> HttpResponse:
    """All of them, the latest first, by state when asked."""
    etat = request.GET.get("etat", "")
    siennes = list_actions(request, porteur)
    if etat in StatutAction.values:
        siennes = siennes.filter(statut=etat)
    page = Paginator(siennes, PAR_PAGE).get_page(request.GET.get("page"))
    for lue in page:
        lue.adresse = porteur.url("action", lue.pk)
    return show(
        request,
        porteur,
        "actions",
        "Actions de prévention",
        page=page,
        etat=etat,
        etats=StatutAction.choices,
        aujourdhui=timezone.localdate(),
    )


@require_safe
@porte
def actions_csv(request: HttpRequest, porteur: Porteur) -> Any:
    lignes = (
        [
            *(lue.jour, lue.debut and f"{lue.debut:%H:%M}", lue.fin and f"{lue.fin:%H:%M}", lue.titre),
            *(lue.get_theme_display(), lue.campagne.nom if lue.campagne else "", lue.commune.nom, lue.commune_id),
            *(lue.lieu, lue.get_statut_display(), lue.places, lue.participants, lue.orientes, lue.publics),
            *(lue.partenaires, lue.publique),
        ]
        for lue in list_actions(request, porteur)[:ACTIONS_MAX]
    )
    return export_csv(f"actions-{porteur.code}", COLONNES_EXPORT, lignes)


@require_http_methods(["GET", "HEAD", "POST"])
@porte
@ecrit
def action_new(request: HttpRequest, porteur: Porteur) -> HttpResponse:
    form = ActionForm(porteur.objet, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            action = create_action(porteur.objet, form.build_champs(), par=request.user)
        except ActeRefuse as refus:
            return show_form(request, porteur, form, refus)
        messages.success(request, "Brouillon enregistré : relisez-le, puis annoncez l'action.")
        return go(porteur, action)
    return show_form(request, porteur, form)


@require_http_methods(["GET", "HEAD", "POST"])
@porte
@ecrit
def action_edit(request: HttpRequest, porteur: Porteur, pk: int) -> HttpResponse:
    action = find_action(request, porteur, pk)
    if action.statut not in MODIFIABLES:
        raise Http404
    if request.method != "POST":
        return show_form(
            request, porteur, ActionForm(porteur.objet, action=action, initial=read_action(action)), action=action
        )
    form = ActionForm(porteur.objet, request.POST, action=action)
    if form.is_valid():
        try:
            change_action(action, form.build_champs(), par=request.user, version=form.cleaned_data["version"] or 0)
        except ActeRefuse as refus:
            return show_form(request, porteur, form, refus, action=action)
        messages.success(request, "C'est enregistré.")
        return go(porteur, action)
    return show_form(request, porteur, form, action=action)


def show_form(
    request: HttpRequest,
    porteur: Porteur,
    form: ActionForm,
    refus: ActeRefuse | None = None,
    action: ActionPrevention | None = None,
) -> HttpResponse:
    statut = hold_refus(form, refus)
    communes = Commune.objects.filter(pk__in=porteur.list_communes(au=timezone.localdate())[:600])
    titre = "Modifier l'action" if action else "Nouvelle action"
    lies = {"form": form, "refus": refus, "action": action, "communes": communes.order_by("cle_tri")}
    return show(request, porteur, "action_form", titre, statut, **lies)


def hold_refus(form: Any, refus: ActeRefuse | None) -> int:
    """The faults beside their fields; the status of the page."""
    if refus is None:
        return 422 if form.is_bound and form.errors else 200
    if isinstance(refus, ActeInvalide):
        for champ, phrase in refus.erreurs.items():
            if champ in form.fields:
                form.add_error(champ, phrase)
    return refus.statut_http


@require_safe
@porte
def action(request: HttpRequest, porteur: Porteur, pk: int) -> HttpResponse:
    return show_action(request, porteur, find_action(request, porteur, pk))


def show_action(
    request: HttpRequest, porteur: Porteur, lue: ActionPrevention, refus: ActeRefuse | None = None
) -> HttpResponse:
    suites = list_suites(lue)
    return show(
        request,
        porteur,
        "action",
        lue.titre,
        refus.statut_http if refus else 200,
        action=lue,
        refus=refus,
        modifiable=lue.statut in MODIFIABLES,
        annoncable=lue.statut == StatutAction.BROUILLON,
        annulable=StatutAction.ANNULEE in suites,
        rouvrable=lue.statut in (StatutAction.TENUE, StatutAction.ANNULEE),
        tenable=StatutAction.TENUE in suites and lue.jour <= timezone.localdate(),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@porte
@ecrit
def action_tenir(request: HttpRequest, porteur: Porteur, pk: int) -> HttpResponse:
    lue = find_action(request, porteur, pk)
    if StatutAction.TENUE not in list_suites(lue):
        raise Http404
    form = TenueForm(request.POST if request.method == "POST" else None, initial={"version": lue.version})
    refus: ActeRefuse | None = None
    if request.method == "POST" and form.is_valid():
        try:
            hold_action(lue, par=request.user, au=timezone.localdate(), **form.cleaned_data)
        except ActeRefuse as erreur:
            refus = erreur
        else:
            messages.success(request, "L'action est close, avec ses nombres.")
            return go(porteur, lue)
    return show_acte(request, porteur, lue, form, refus, "Clore l'action avec ses nombres")


@require_http_methods(["GET", "HEAD", "POST"])
@porte
@ecrit
def action_annuler(request: HttpRequest, porteur: Porteur, pk: int) -> HttpResponse:
    lue = find_action(request, porteur, pk)
    if StatutAction.ANNULEE not in list_suites(lue):
        raise Http404
    form = AnnulationForm(request.POST if request.method == "POST" else None, initial={"version": lue.version})
    refus: ActeRefuse | None = None
    if request.method == "POST" and form.is_valid():
        try:
            cancel_action(lue, par=request.user, **form.cleaned_data)
        except ActeRefuse as erreur:
            refus = erreur
        else:
            messages.success(request, "L'action est annulée : le calendrier le dit.")
            return go(porteur, lue)
    return show_acte(request, porteur, lue, form, refus, "Annuler l'action")


def show_acte(
    request: HttpRequest, porteur: Porteur, lue: ActionPrevention, form: Any, refus: ActeRefuse | None, titre: str
) -> HttpResponse:
    statut = hold_refus(form, refus)
    return show(request, porteur, "action_acte", titre, statut, action=lue, form=form, refus=refus)


@require_POST
@porte
@ecrit
def action_annoncer(request: HttpRequest, porteur: Porteur, pk: int) -> HttpResponse:
    return act(request, porteur, pk, announce_action, "L'action est annoncée.")


@require_POST
@porte
@ecrit
def action_rouvrir(request: HttpRequest, porteur: Porteur, pk: int) -> HttpResponse:
    return act(request, porteur, pk, reopen_action, "L'action est rouverte : ses nombres sont retirés.")


def act(request: HttpRequest, porteur: Porteur, pk: int, acte: Callable[..., Any], phrase: str) -> HttpResponse:
    lue = find_action(request, porteur, pk)
    version = request.POST.get("version", "")
    try:
        acte(lue, par=request.user, version=int(version) if version.isdecimal() and len(version) < 10 else -1)
    except ActeRefuse as refus:
        lue.refresh_from_db()
        return show_action(request, porteur, lue, refus)
    messages.success(request, phrase)
    return go(porteur, lue)


@require_POST
@porte
@ecrit
def action_supprimer(request: HttpRequest, porteur: Porteur, pk: int) -> HttpResponse:
    lue = find_action(request, porteur, pk)
    try:
        delete_brouillon(lue, par=request.user)
    except ActeRefuse as refus:
        return show_action(request, porteur, lue, refus)
    messages.success(request, "Le brouillon est supprimé.")
    return go(porteur)


@require_http_methods(["GET", "HEAD", "POST"])
@porte
@ecrit
def actions_coller(request: HttpRequest, porteur: Porteur) -> HttpResponse:
    """A first POST shows the verdict of each line; a second one, « enregistrer », writes the drafts."""
    if porteur.cpts is None:
        raise Http404
    form = CollageForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return show(request, porteur, "coller", "Coller des actions", 422 if form.is_bound else 200, form=form)
    lignes = read_actions(porteur.cpts, form.cleaned_data["texte"])
    refus: ActeRefuse | None = None
    if "enregistrer" in request.POST:
        try:
            nombre = add_actions(porteur.cpts, lignes, par=request.user)
        except ActeRefuse as erreur:
            refus = erreur
        else:
            messages.success(request, f"Brouillons enregistrés : {nombre}. Relisez-les, puis annoncez-les.")
            return go(porteur)
    acceptees = sum(ligne.acceptee for ligne in lignes)
    statut = refus.statut_http if refus else 200
    lies = {"form": form, "lignes": lignes, "acceptees": acceptees, "refus": refus}
    return show(request, porteur, "coller", "Coller des actions", statut, **lies)
