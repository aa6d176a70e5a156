"""« Périmètre » in the space of a CPTS: the one in force, the drafts, the old ones; the editor; the answer."""

from datetime import date
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from cpts.droits import may_decide, may_edit
from cpts.enums import StatutPerimetre
from cpts.forms_perimetre import ReponseForm, SoumissionForm, read_jour, read_saisie
from cpts.lecture_perimetres import Unite, find_perimetre
from cpts.models import Cpts, Perimetre
from cpts.services.perimetres import (
    PerimetreModifie,
    PerimetreRefuse,
    approve_perimetre,
    note_brouillon,
    open_brouillon,
    refuse_perimetre,
    remove_brouillon,
    resume_brouillon,
    submit_perimetre,
)
from cpts.services.perimetres_apercu import Apercu, build_apercu
from cpts.services.perimetres_groupes import RAYON_MAX_KM, list_familles
from cpts.views.espace import build_contexte, dans_espace
from cpts.views.perimetre_carte import build_carte
from cpts.views.perimetre_edition import Issue, apply_saisie, find_departements, read_version
from portal.accounts.models import User

RUBRIQUE = "espace_perimetre"
PERIMETRES_MAX = 60
FETCH = "fetch"


@require_safe
@dans_espace
def perimetres(request: HttpRequest, cpts: Cpts) -> HttpResponse:
    """The perimeter in force on a day (today, or `?au=`), and the others."""
    au = read_jour(request.GET.get("au", "")) or timezone.localdate()
    en_vigueur = find_perimetre(cpts.code, au)
    tous = Perimetre.objects.filter(cpts=cpts).exclude(statut=StatutPerimetre.RETIRE)
    apercu = build_apercu(en_vigueur, au) if en_vigueur else None
    contexte = build_contexte(request, cpts, RUBRIQUE) | {
        "titre": "Périmètre",
        "au": au,
        "aujourdhui": timezone.localdate(),
        "perimetre": en_vigueur,
        "apercu": apercu,
        "carte": build_carte(apercu, cpts, modifiable=False) if apercu else None,
        "ouverts": tous.filter(statut__in=[StatutPerimetre.BROUILLON, StatutPerimetre.SOUMIS]).order_by("-pk")[:20],
        "decides": tous.filter(statut__in=[StatutPerimetre.APPROUVE, StatutPerimetre.REFUSE]).order_by(
            "-effet_le", "-pk"
        )[:PERIMETRES_MAX],
    }
    return render(request, "cpts/perimetre/liste.html", contexte)


@require_POST
@dans_espace
def perimetre_new(request: HttpRequest, cpts: Cpts) -> HttpResponse:
    check_edit(request, cpts)
    try:
        perimetre = open_brouillon(cpts, par=read_personne(request))
    except PerimetreRefuse as refus:
        messages.error(request, str(refus))
        return HttpResponseRedirect(reverse("espace_perimetre", args=[cpts.code]))
    return go(perimetre)


@require_safe
@dans_espace
def perimetre_detail(request: HttpRequest, cpts: Cpts, cle: int) -> HttpResponse:
    return show(request, cpts, find(cpts, cle))


@require_POST
@dans_espace
def perimetre_modifier(request: HttpRequest, cpts: Cpts, cle: int) -> HttpResponse:
    """One edit of a draft, saved at once; with scripts, only the part of the page that changes comes back."""
    check_edit(request, cpts)
    perimetre = find(cpts, cle)
    saisie = read_saisie(request.POST)
    par = read_personne(request)
    try:
        if saisie.acte == "note":
            return note(request, cpts, perimetre)
        if saisie.acte == "supprimer":
            remove_brouillon(perimetre, par=par, version=read_version(saisie))
            messages.success(request, "Le brouillon est supprimé.")
            return HttpResponseRedirect(reverse("espace_perimetre", args=[cpts.code]))
        if saisie.acte == "reprendre":
            resume_brouillon(perimetre, par=par, version=read_version(saisie))
            messages.success(request, "Le périmètre est de nouveau un brouillon.")
            return go(perimetre)
        issue = apply_saisie(perimetre, saisie, par=par)
    except PerimetreRefuse as refus:
        return show(request, cpts, find(cpts, cle), refus=refus, tapee=saisie.tapee)
    if issue.rapport:
        return show(request, cpts, perimetre, issue=issue, tapee=saisie.tapee)
    if request.headers.get("X-Requested-With") == FETCH:
        return show(request, cpts, perimetre, issue=issue)
    messages.success(request, issue.phrase)
    return go(perimetre)


def note(request: HttpRequest, cpts: Cpts, perimetre: Perimetre) -> HttpResponse:
    """What is typed before the submission is kept as it is."""
    formulaire = SoumissionForm(request.POST)
    if not formulaire.is_valid():
        return show(request, cpts, perimetre, formulaire=formulaire)
    lus = formulaire.cleaned_data
    version = read_version(read_saisie(request.POST))
    note_brouillon(perimetre, version=version, motif=lus["motif"], effet_le=lus["effet_le"])
    return show(request, cpts, perimetre, issue=Issue("Motif et jour d’effet enregistrés."))


@require_POST
@dans_espace
def perimetre_soumettre(request: HttpRequest, cpts: Cpts, cle: int) -> HttpResponse:
    check_edit(request, cpts)
    perimetre = find(cpts, cle)
    formulaire = SoumissionForm(request.POST)
    if not formulaire.is_valid():
        return show(request, cpts, perimetre, formulaire=formulaire)
    lus = formulaire.cleaned_data
    try:
        submit_perimetre(
            perimetre,
            par=read_personne(request),
            version=read_version(read_saisie(request.POST)),
            motif=lus["motif"],
            effet_le=lus["effet_le"],
        )
    except PerimetreRefuse as refus:
        return show(request, cpts, find(cpts, cle), refus=refus, formulaire=formulaire)
    messages.success(request, "Le périmètre est soumis : l’ARS va répondre. Jusque-là, l’ancien reste en vigueur.")
    return go(perimetre)


@require_POST
@dans_espace
def perimetre_decider(request: HttpRequest, cpts: Cpts, cle: int) -> HttpResponse:
    """Approve or refuse: who may not meets the page of what does not exist."""
    if not may_decide(request.user, cpts):
        raise Http404
    perimetre = find(cpts, cle)
    reponse = ReponseForm(request.POST)
    if not reponse.is_valid():
        return show(request, cpts, perimetre, reponse=reponse)
    version, par = read_version(read_saisie(request.POST)), read_personne(request)
    commentaire = reponse.cleaned_data["commentaire"]
    try:
        if request.POST.get("acte") == "approuver":
            approve_perimetre(perimetre, par=par, version=version, commentaire=commentaire)
            messages.success(request, "Le périmètre est approuvé. L’ancien est gardé avec ses dates.")
        else:
            refuse_perimetre(perimetre, par=par, version=version, commentaire=commentaire)
            messages.success(request, "Le périmètre est refusé : la CPTS lit votre réponse.")
    except PerimetreRefuse as refus:
        return show(request, cpts, find(cpts, cle), refus=refus, reponse=reponse)
    return go(perimetre)


# --- what the pages share


def find(cpts: Cpts, cle: int) -> Perimetre:
    return get_object_or_404(Perimetre.objects.filter(cpts=cpts).select_related("cpts"), pk=cle)


def check_edit(request: HttpRequest, cpts: Cpts) -> None:
    if not may_edit(request.user, cpts):
        raise Http404


def read_personne(request: HttpRequest) -> User:
    return cast(User, request.user)


def go(perimetre: Perimetre) -> HttpResponse:
    return HttpResponseRedirect(reverse("espace_perimetre_detail", args=[perimetre.cpts_id, perimetre.pk]))


def find_jour(perimetre: Perimetre) -> date:
    """The day on which a perimeter is read: its first one, or today while nobody gave it."""
    return perimetre.effet_le or timezone.localdate()


def show(
    request: HttpRequest,
    cpts: Cpts,
    perimetre: Perimetre,
    *,
    refus: PerimetreRefuse | None = None,
    issue: Issue | None = None,
    formulaire: SoumissionForm | None = None,
    reponse: ReponseForm | None = None,
    tapee: dict[str, Any] | None = None,
) -> HttpResponse:
    """The page of a perimeter, or its changing part when scripts ask for it. A refusal keeps what was typed."""
    partie = request.headers.get("X-Requested-With") == FETCH
    contexte = build_contexte(request, cpts, RUBRIQUE)
    modifiable = perimetre.statut == StatutPerimetre.BROUILLON and contexte["peut_ecrire"]
    apercu = build_apercu(perimetre, find_jour(perimetre), issue.heritages if issue else None)
    contexte |= {
        "titre": f"{perimetre.get_statut_display()} n° {perimetre.pk}",
        "perimetre": perimetre,
        "apercu": apercu,
        "carte": build_carte(apercu, cpts, modifiable=modifiable),
        "modifiable": modifiable,
        "lignes": [(unite, apercu.autres.get(unite.code, ())) for unite in apercu.unites],
        "ajoutees": {unite.code for unite in apercu.ajoutees},
        "voisinage": list_voisinage(apercu),
        "repond": perimetre.statut == StatutPerimetre.SOUMIS
        and contexte["peut_decider"]
        and perimetre.soumis_par_id != request.user.pk,
        "refus": refus,
        "issue": issue,
        "tapee": tapee or {},
    }
    if not partie:
        contexte |= {
            "rayon_max": RAYON_MAX_KM,
            "familles": list_familles(find_departements(perimetre)) if modifiable else (),
            "formulaire": formulaire
            or SoumissionForm(initial={"motif": perimetre.motif, "effet_le": perimetre.effet_le}),
            "reponse": reponse or ReponseForm(),
        }
    gabarit = "cpts/perimetre/_editeur.html" if partie else "cpts/perimetre/detail.html"
    return render(request, gabarit, contexte, status=find_statut(refus, formulaire, reponse))


def list_voisinage(apercu: Apercu) -> list[tuple[Unite, tuple[Cpts, ...], bool]]:
    """What one may add from where one is: the communes removed, then the neighbours, with the CPTS that cover them."""
    retirees = {unite.code for unite in apercu.retirees}
    hors = [*apercu.retirees, *(unite for unite in apercu.voisines if unite.code not in retirees)]
    return [(unite, apercu.autres.get(unite.code, ()), unite.code in retirees) for unite in hors]


def find_statut(refus: PerimetreRefuse | None, *formulaires: Any) -> int:
    if refus is not None:
        return 409 if isinstance(refus, PerimetreModifie) else 422
    return 422 if any(lu is not None and lu.errors for lu in formulaires) else 200
