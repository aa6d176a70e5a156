"""Meetings in the space: the list, a draft saved as it is written, attendance, minutes, deletion."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from cpts.droits import may_edit
from cpts.erreurs import ActeInvalide, ActeRefuse
from cpts.forms_espace import CollageForm, CompteRenduForm, PresenceForm, ReunionForm, read_annee
from cpts.models import Cpts, Mission, Presence, Reunion
from cpts.services.indemnites import IndemniteLue, read_indemnites
from cpts.services.membres import nom_membre, profession_membre
from cpts.services.missions_calculs import find_annee, read_indicateurs
from cpts.services.reunions import (
    count_presences,
    delete_reunion,
    find_annees,
    list_manques,
    list_missions,
    list_reunions,
    open_reunion,
    remove_compte_rendu,
    save_reunion,
    set_compte_rendu,
)
from cpts.services.reunions_presences import (
    add_collage,
    add_membres,
    add_presence,
    list_presences,
    list_suggestions,
    nom_presence,
    profession_presence,
    read_presences,
    remove_presence,
    set_indemnite,
    sign_presences,
)
from cpts.views.espace import dans_espace
from cpts.views.espace_pages import Saisie, read_cles, redirect, render_page, reserve
from portal.accounts.portee import read_portee
from portal.core.documents import serve_document

RUBRIQUE = "espace_reunions"
FAITS = {
    "brouillon": "Brouillon enregistré.",
    "tenue": "Réunion enregistrée.",
    "presences": "Feuille de présence enregistrée.",
    "compte-rendu": "Compte rendu enregistré.",
    "supprimee": "Réunion supprimée : ce qu'elle comptait a été repris.",
}


@require_http_methods(["GET", "HEAD", "POST"])
@dans_espace
@reserve(lecture=True)
def reunions(request: HttpRequest, cpts: Cpts) -> HttpResponse:
    """The list; POST opens a draft."""
    saisie = Saisie()
    if request.method == "POST":
        reponse = saisie.attempt(lambda: go(open_reunion(cpts, par=request.user)))
        if reponse:
            return reponse
    annees = find_annees(cpts)
    annee = read_annee(request.GET.get("annee", ""), 0) or None
    lues = list_reunions(cpts, annee=annee)
    contexte = {
        "titre": "Réunions",
        "reunions": [(reunion, list_manques(reunion)) for reunion in lues],
        "annees": annees,
        "annee": annee,
        "fait": FAITS.get(request.GET.get("fait", "")),
    }
    return render_page(request, cpts, RUBRIQUE, "reunions", contexte, saisie)


def go(reunion: Reunion, fait: str = "", ancre: str = "") -> HttpResponse:
    adresse = reverse("espace_reunion", args=[reunion.cpts_id, reunion.pk])
    return redirect(f"{adresse}{f'?fait={fait}' if fait else ''}{ancre}")


def find_reunion(request: HttpRequest, cpts: Cpts, cle: int) -> Reunion:
    lues = Reunion.objects.for_user(request.user).filter(cpts=cpts).select_related("cpts", "mission", "compte_rendu")
    return get_object_or_404(lues, pk=cle)


def make_form(cpts: Cpts, reunion: Reunion, donnees: Any = None) -> ReunionForm:
    initial = {nom: getattr(reunion, nom) for nom in ReunionForm.base_fields}
    return ReunionForm(donnees, initial=initial, missions=Mission.objects.filter(cpts=cpts).order_by("type", "pk"))


@require_http_methods(["GET", "HEAD", "POST"])
@dans_espace
@reserve(lecture=True)
def reunion(request: HttpRequest, cpts: Cpts, cle: int) -> HttpResponse:
    """The page of a meeting; POST saves its fields, as a draft or as held."""
    lue = find_reunion(request, cpts, cle)
    saisie = Saisie()
    if request.method == "POST":
        if request.headers.get("X-Maillage") == "enregistrement":
            return save_script(request, cpts, lue)
        reponse = saisie.attempt(lambda: save(request, cpts, lue, saisie))
        if reponse:
            return reponse
    return show(request, cpts, lue, saisie)


def save(request: HttpRequest, cpts: Cpts, lue: Reunion, saisie: Saisie) -> HttpResponse:
    champs = saisie.clean("reunion", make_form(cpts, lue, request.POST))
    tenue = request.POST.get("geste") == "tenue"
    save_reunion(lue, champs, par=request.user, version=champs["version"], tenue=tenue)
    return go(lue, "brouillon" if lue.brouillon else "tenue")


def save_script(request: HttpRequest, cpts: Cpts, lue: Reunion) -> HttpResponse:
    """Saved by the page itself, while it is written: the draft only."""
    formulaire = make_form(cpts, lue, request.POST)
    if not formulaire.is_valid():
        return JsonResponse({"erreurs": {nom: str(e[0]) for nom, e in formulaire.errors.items()}}, status=422)
    champs = formulaire.cleaned_data
    try:
        save_reunion(lue, champs, par=request.user, version=champs["version"])
    except ActeInvalide as refus:
        return JsonResponse({"erreurs": refus.erreurs or {"": str(refus)}}, status=422)
    except ActeRefuse as refus:
        return JsonResponse({"refus": str(refus)}, status=refus.statut_http)
    le = timezone.localtime()
    return JsonResponse({"version": lue.version, "le": f"{le.hour}\u00a0h\u00a0{le.minute:02d}"})


def show(request: HttpRequest, cpts: Cpts, lue: Reunion, saisie: Saisie) -> HttpResponse:
    presences = list_presences(lue)
    count_presences(presences, lue)
    ecrit = may_edit(request.user, cpts)
    contexte = {
        "titre": lue.titre,
        "reunion": lue,
        "manques": list_manques(lue),
        "presences": [(une, nom_presence(une), profession_presence(une)) for une in presences],
        "formulaire": saisie.show("reunion", lambda: make_form(cpts, lue)),
        "presence": saisie.show("presence", PresenceForm),
        "collage": saisie.show("collage", CollageForm),
        "compte_rendu": saisie.show("compte_rendu", CompteRenduForm),
        "suggestions": [
            (m.pk, nom_membre(m), profession_membre(m)) for m in (list_suggestions(lue, presences) if ecrit else ())
        ],
        "effets": list_effets(cpts, lue),
        "depassements": list_depassements(cpts, lue, presences),
        "fait": FAITS.get(request.GET.get("fait", "")),
    }
    return render_page(request, cpts, RUBRIQUE, "reunion", contexte, saisie)


def list_depassements(cpts: Cpts, lue: Reunion, presences: Sequence[Presence]) -> list[IndemniteLue]:
    """Those of the sheet who received more than the cap of the year."""
    noms = {nom_presence(une) for une in presences if une.indemnite}
    if not noms:
        return []
    return [une for une in read_indemnites(cpts, lue.jour.year).depassements if une.nom in noms]


def list_effets(cpts: Cpts, lue: Reunion) -> list[Any]:
    """The computed indicators of the mission served, the year of the meeting: what it counts for."""
    if lue.mission_id is None:
        return []
    annee = find_annee(cpts, lue.jour)
    lus = read_indicateurs(cpts, [annee], au=timezone.localdate())[annee].get(lue.mission_id, [])
    return [lu for lu in lus if lu.indicateur.calcul]


@require_http_methods(["GET", "HEAD", "POST"])
@dans_espace
@reserve(lecture=True)
def presences(request: HttpRequest, cpts: Cpts, cle: int) -> HttpResponse:
    """One gesture on the attendance sheet; opened again, the address leads to the sheet."""
    lue = find_reunion(request, cpts, cle)
    if request.method != "POST":
        return go(lue, ancre="#presences")
    saisie = Saisie()
    geste = request.POST.get("geste", "")
    if geste in ("apercu", "coller"):
        return paste(request, cpts, lue, saisie, ecrire=geste == "coller")
    reponse = saisie.attempt(lambda: change_feuille(request, lue, geste, saisie))
    return reponse or show(request, cpts, lue, saisie)


def change_feuille(request: HttpRequest, lue: Reunion, geste: str, saisie: Saisie) -> HttpResponse:
    par = request.user
    if geste == "ajouter":
        champs = saisie.clean("presence", PresenceForm(request.POST))
        add_presence(lue, par=par, **champs)
    elif geste == "membres":
        add_membres(lue, read_cles(request.POST.getlist("membre")), par=par)
    elif geste == "signatures":
        sign_presences(lue, read_cles(request.POST.getlist("signe")), par=par)
    elif geste.startswith(("retirer-", "indemnite-")):
        nom, _, cle = geste.partition("-")
        presence = find_presence(request, lue, cle)
        if nom == "retirer":
            remove_presence(presence, par=par)
        else:
            formulaire = PresenceForm({"nom": "-", "indemnite": request.POST.get(f"montant-{cle}", "")})
            if not formulaire.is_valid():
                phrase = formulaire.errors.get("indemnite", ["Écrivez un montant."])[0]
                raise ActeInvalide(f"Indemnité de {nom_presence(presence)} : {phrase}")
            set_indemnite(presence, formulaire.cleaned_data["indemnite"], par=par)
    else:
        raise ActeInvalide("Ce bouton n'existe pas : rechargez la page.")
    return go(lue, "presences", "#presences")


def find_presence(request: HttpRequest, lue: Reunion, cle: str) -> Presence:
    cles = read_cles([cle])
    lues = Presence.objects.for_user(request.user).filter(reunion=lue).select_related("reunion__cpts", "membre")
    return get_object_or_404(lues, pk=cles[0] if cles else 0)


def paste(request: HttpRequest, cpts: Cpts, lue: Reunion, saisie: Saisie, *, ecrire: bool) -> HttpResponse:
    """The report of a pasted attendance, line by line; then its lines accepted are written."""
    lignes: list[Any] = []

    def act() -> HttpResponse:
        texte = saisie.clean("collage", CollageForm(request.POST))["texte"]
        lignes.extend(read_presences(lue, texte))
        if ecrire:
            add_collage(lue, lignes, par=request.user)
            return go(lue, "presences", "#presences")
        contexte = {
            "titre": "Feuille de présence collée",
            "reunion": lue,
            "lignes": lignes,
            "acceptees": sum(ligne.acceptee for ligne in lignes),
            "collage": saisie.formulaires["collage"],
        }
        return render_page(request, cpts, RUBRIQUE, "presences_coller", contexte)

    return saisie.attempt(act) or show(request, cpts, lue, saisie)


@require_http_methods(["GET", "HEAD", "POST"])
@dans_espace
@reserve(lecture=True)
def compte_rendu(request: HttpRequest, cpts: Cpts, cle: int) -> HttpResponse:
    """The minutes, to keep; POST puts them in place or takes them away."""
    lue = find_reunion(request, cpts, cle)
    if request.method != "POST":
        if lue.compte_rendu is None:
            raise Http404
        return serve_document(lue.compte_rendu, agent=read_portee(request.user).est_agent)
    saisie = Saisie()

    def act() -> HttpResponse:
        if request.POST.get("geste") == "retirer":
            remove_compte_rendu(lue, par=request.user)
        else:
            champs = saisie.clean("compte_rendu", CompteRenduForm(request.POST, request.FILES))
            set_compte_rendu(lue, champs["fichier"], par=request.user)
        return go(lue, "compte-rendu", "#compte-rendu")

    return saisie.attempt(act) or show(request, cpts, lue, saisie)


@require_http_methods(["GET", "HEAD", "POST"])
@dans_espace
@reserve()
def reunion_supprimer(request: HttpRequest, cpts: Cpts, cle: int) -> HttpResponse:
    lue = find_reunion(request, cpts, cle)
    saisie = Saisie()
    if request.method == "POST":

        def act() -> HttpResponse:
            delete_reunion(lue, par=request.user)
            return redirect(f"{reverse('espace_reunions', args=[cpts.code])}?fait=supprimee")

        if reponse := saisie.attempt(act):
            return reponse
    contexte = {
        "titre": "Supprimer la réunion",
        "reunion": lue,
        "effets": [] if lue.brouillon else list_effets(cpts, lue),
        "missions": list_missions(cpts),
    }
    return render_page(request, cpts, RUBRIQUE, "reunion_supprimer", contexte, saisie)
