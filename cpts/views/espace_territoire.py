"""« Structures », « Chiffres » and « Diagnostics » in the space of a CPTS."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cpts.droits import may_edit, may_instruct
from cpts.erreurs import ActeInvalide
from cpts.forms_territoire import DonneeForm, TerritoireForm
from cpts.models import Cpts, DonneeTerritoire, TerritoireEnregistre
from cpts.regles.donnees_territoire import DEFINITIONS
from cpts.services.espace_territoire import (
    Chiffre,
    filter_donnees,
    list_donnees,
    list_enregistres,
    propose_structure,
    read_structures,
    remove_territoire,
    save_territoire,
    write_donnee,
)
from cpts.services.perimetres_rapprochement import LIGNES_MAX, match_ecrits, split_texte
from cpts.views.espace import build_contexte, dans_espace
from cpts.views.espace_pages import Saisie, read_cles, redirect
from portal.core.historique import list_changements

POST = ["GET", "HEAD", "POST"]
CODES_MAX = 200


def show(
    request: HttpRequest, cpts: Cpts, rubrique: str, gabarit: str, contexte: dict[str, Any], saisie: Saisie
) -> HttpResponse:
    tout = build_contexte(request, cpts, rubrique) | {"refus": saisie.refus} | contexte
    return render(request, f"cpts/espace/{gabarit}.html", tout, status=saisie.statut)


def check_post(request: HttpRequest, cpts: Cpts) -> None:
    """Who only reads meets the same page as for what does not exist."""
    if request.method == "POST" and not may_edit(request.user, cpts):
        raise Http404


def read_cle(request: HttpRequest) -> int:
    cles = read_cles([request.POST.get("cle", "")])
    if not cles:
        raise ActeInvalide("Rien n’est choisi : rechargez la page.")
    return cles[0]


@require_http_methods(POST)
@dans_espace
def structures(request: HttpRequest, cpts: Cpts) -> HttpResponse:
    """Those of the CPTS, and those on its communes that it may claim."""
    check_post(request, cpts)
    saisie = Saisie()
    if request.method == "POST":
        reponse = saisie.attempt(lambda: _propose(request, cpts))
        if reponse is not None:
            return reponse
    contexte = {"titre": "Structures", "structures": read_structures(cpts, au=timezone.localdate())}
    return show(request, cpts, "espace_structures", "structures", contexte, saisie)


def _propose(request: HttpRequest, cpts: Cpts) -> HttpResponse:
    structure = propose_structure(cpts, read_cle(request), par=request.user)
    messages.success(request, f"Le rattachement est proposé à l’ARS : {structure.nom}.")
    return redirect(reverse("espace_structures", args=[cpts.code]))


@require_http_methods(POST)
@dans_espace
def donnees(request: HttpRequest, cpts: Cpts) -> HttpResponse:
    """Figures that no file gives, with their source, and what they were before."""
    check_post(request, cpts)
    saisie = Saisie()
    instruit = may_instruct(request.user, cpts)
    if request.method == "POST":
        reponse = saisie.attempt(lambda: _write(request, cpts, saisie, instruit=instruit))
        if reponse is not None:
            return reponse
    contexte = {
        "titre": "Chiffres du territoire",
        "donnees": [(donnee, DEFINITIONS[donnee.code]) for donnee in list_donnees(cpts)],
        "definitions": DEFINITIONS.values(),
        "form": saisie.show("donnee", lambda: DonneeForm(instruit=instruit)),
    }
    return show(request, cpts, "espace_donnees", "donnees", contexte, saisie)


def _write(request: HttpRequest, cpts: Cpts, saisie: Saisie, *, instruit: bool) -> HttpResponse:
    lus = saisie.clean("donnee", DonneeForm(request.POST, instruit=instruit))
    donnee = write_donnee(cpts, Chiffre(**lus), par=request.user)
    messages.success(request, f"Chiffre enregistré : {DEFINITIONS[donnee.code].libelle}.")
    return redirect(reverse("espace_donnees", args=[cpts.code]))


@require_safe
@dans_espace
def donnee(request: HttpRequest, cpts: Cpts, cle: int) -> HttpResponse:
    """One figure and what it was before each change."""
    trouvee: DonneeTerritoire = get_object_or_404(filter_donnees(cpts), pk=cle)
    contexte = {
        "titre": DEFINITIONS[trouvee.code].libelle,
        "donnee": trouvee,
        "definition": DEFINITIONS[trouvee.code],
        "changements": list_changements(DonneeTerritoire, trouvee.pk),
    }
    return show(request, cpts, "espace_donnees", "donnee", contexte, Saisie())


@require_http_methods(POST)
@dans_espace
def territoires(request: HttpRequest, cpts: Cpts) -> HttpResponse:
    """The territories saved, each with its diagnosis; a POST saves one, or removes one."""
    check_post(request, cpts)
    saisie = Saisie()
    douteuses: list[Any] = []
    if request.method == "POST":
        reponse = saisie.attempt(lambda: _save(request, cpts, saisie, douteuses))
        if reponse is not None:
            return reponse
    contexte = {
        "titre": "Diagnostics",
        "enregistres": list_enregistres(cpts),
        "form": saisie.show("territoire", lambda: TerritoireForm(initial=read_initial(request))),
        "douteuses": douteuses,
    }
    return show(request, cpts, "espace_territoires", "territoires", contexte, saisie)


def _save(request: HttpRequest, cpts: Cpts, saisie: Saisie, douteuses: list[Any]) -> HttpResponse:
    if request.POST.get("acte") == "retirer":
        siens = TerritoireEnregistre.objects.for_user(request.user)
        trouve: TerritoireEnregistre = get_object_or_404(siens, cpts=cpts, pk=read_cle(request))
        remove_territoire(trouve, par=request.user)
        messages.success(request, "Le territoire est retiré.")
        return redirect(reverse("espace_territoires", args=[cpts.code]))
    lus = saisie.clean("territoire", TerritoireForm(request.POST))
    ecrits = split_texte(lus["texte"])
    if len(ecrits) > LIGNES_MAX:
        raise ActeInvalide("Trop de lignes.", {"texte": f"{LIGNES_MAX} communes au plus."})
    rapprochees = match_ecrits(ecrits, departements=[cpts.departement_code])
    douteuses += [une for une in rapprochees if une.code is None]
    if douteuses:
        phrase = "Certaines lignes ne désignent pas une seule commune : écrivez leur code, ou retirez-les."
        raise ActeInvalide(phrase, {"texte": f"{len(douteuses)} ligne(s) à corriger."})
    codes = [une.code for une in rapprochees if une.code]
    ecrit = save_territoire(cpts, lus["nom"], codes, par=request.user)
    messages.success(request, f"Territoire enregistré : {len(ecrit.communes)} communes.")
    return redirect(reverse("espace_territoires", args=[cpts.code]))


def read_initial(request: HttpRequest) -> dict[str, str]:
    """What « enregistrer ce territoire » of the public page brings: a list of codes in the address."""
    codes = [code for code in request.GET.get("communes", "").split(",") if len(code) == 5 and code.isalnum()]
    return {"texte": "\n".join(codes[:CODES_MAX]), "nom": request.GET.get("nom", "")[:120]}


@require_safe
@never_cache
@login_required
def territoires_choix(request: HttpRequest) -> HttpResponse:
    """« Enregistrer ce territoire » from the public page: in which CPTS."""
    siennes = list(Cpts.objects.for_user(request.user).order_by("nom", "code")[: CODES_MAX + 1])
    siennes = [cpts for cpts in siennes if may_edit(request.user, cpts)]
    requete = request.GET.urlencode()
    if len(siennes) == 1:
        return redirect(f"{reverse('espace_territoires', args=[siennes[0].code])}?{requete}")
    contexte = {"titre": "Enregistrer ce territoire", "liste": siennes[:CODES_MAX], "requete": requete}
    return render(request, "cpts/espace/territoires_choix.html", contexte)
