"""Dashboards: the open figures for everybody, all those of one's territories behind an account."""

import json
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cpts.models import Cpts
from cpts.views.espace import dans_espace
from portal.core.exports import export_csv, export_xlsx
from portal.pilotage.droits import list_siens
from portal.pilotage.enums import Theme
from portal.pilotage.forms import VueForm
from portal.pilotage.lecture import list_choix, read_dernier_jour, search_territoires
from portal.pilotage.models import Vue
from portal.pilotage.services.vues import find_defaut, list_vues
from portal.pilotage.tableaux import Tableau, read_tableau
from portal.pilotage.views.parametres import PREMIER_JOUR, Erreurs, Question, read_question
from portal.pilotage.views.tableau_pdf import send_pdf

COLONNES = (
    "Indicateur",
    "Code",
    "Thème",
    "Valeur",
    "Unité",
    "Numérateur",
    "Dénominateur",
    "Depuis le",
    "Démonstration",
    "Objectif",
    "Échéance",
    "Part atteinte (%)",
    "Texte de l'objectif",
)


@require_safe
def chiffres(request: HttpRequest) -> HttpResponseBase:
    """No session, no person: the same page for everybody."""
    return _answer(request, prive=False)


@require_safe
@never_cache
@login_required
def tableau(request: HttpRequest) -> HttpResponseBase:
    """Asked for nothing, it opens on the view chosen by default."""
    if not request.GET and (vue := find_defaut(request.user)):
        return redirect(build_adresse(vue))
    return _answer(request, prive=True)


@require_safe
@dans_espace
def tableau_cpts(request: HttpRequest, cpts: Cpts) -> HttpResponse:
    """From the space of a CPTS."""
    return redirect(f"{reverse('tableau')}?territoire=cpts:{cpts.code}")


def build_adresse(vue: Vue) -> str:
    return f"{reverse('tableau')}?{vue.requete}&vue={vue.pk}"


def _answer(request: HttpRequest, *, prive: bool) -> HttpResponseBase:
    erreurs: Erreurs = []
    question = read_question(request.GET, erreurs, user=request.user if prive else None)
    if question is None:
        return render(request, "pilotage/tableau_vide.html", {"titre": "Chiffres"})
    forme = request.GET.get("format", "")
    if forme in ("csv", "xlsx", "json", "pdf"):
        return _send(request, _read(question, request.user if prive else None), forme)
    return render_tableau(request, question, erreurs, prive=prive)


def render_tableau(
    request: HttpRequest, question: Question, erreurs: Erreurs, *, prive: bool, form: VueForm | None = None
) -> HttpResponse:
    """`form`: the view that was refused, with what was typed."""
    lu = _read(question, request.user if prive else None)
    if not any(ligne.valeur for ligne in lu.lignes) and read_dernier_jour() is None:
        return render(request, "pilotage/tableau_vide.html", {"titre": "Chiffres"})
    contexte = _build_contexte(request, question, lu, erreurs, prive)
    if prive:
        contexte |= _build_vues(request, question, form)
    return render(request, "pilotage/tableau.html", contexte)


def _read(question: Question, user: Any) -> Tableau:
    return read_tableau(
        question.territoire,
        au=question.au,
        depuis=question.depuis,
        user=user,
        themes=question.themes,
        avec=question.avec,
    )


def _send(request: HttpRequest, lu: Tableau, forme: str) -> HttpResponseBase:
    if forme == "json":
        return JsonResponse(_build_json(lu), json_dumps_params={"ensure_ascii": False})
    if forme == "pdf":
        return send_pdf(request, lu)
    exporte = export_csv if forme == "csv" else export_xlsx
    return exporte(f"chiffres-{lu.territoire.type}-{lu.territoire.code}-{lu.au}", COLONNES, _list_lignes(lu))


def _build_contexte(
    request: HttpRequest, question: Question, lu: Tableau, erreurs: Erreurs, prive: bool
) -> dict[str, Any]:
    recherche = request.GET.get("recherche", "").strip()[:60]
    voulus = {":".join(cle) for cle in question.avec}
    return {
        "titre": "Tableau de bord" if prive else "Les chiffres du territoire",
        "tableau": lu,
        "erreurs": erreurs,
        "prive": prive,
        "recu": _split_recu(lu, prive=prive),
        "adresse": reverse("tableau" if prive else "chiffres"),
        "suite": question.build_requete(),
        "recherche": recherche,
        "trouves": search_territoires(recherche) if len(recherche) >= 2 else None,
        "choix": list_choix(),
        "choisi": f"{lu.territoire.type}:{lu.territoire.code}",
        "themes": [(theme.value, theme.label, theme.value in question.themes) for theme in Theme],
        "avec": [(f"{t.type}:{t.code}", t.nom) for t in lu.autres if f"{t.type}:{t.code}" in voulus],
        "siens": _list_siens(request) if prive else [],
        "premier_jour": PREMIER_JOUR,
        "aujourd_hui": timezone.localdate(),
        "demonstration": any(ligne.valeur and ligne.valeur.demonstration for ligne in lu.lignes),
    }


def _split_recu(lu: Tableau, *, prive: bool) -> tuple[str, str]:
    """What comes before and after the code of a figure in the address of its receipt: a hundred lines share them."""
    places = ["CODE", lu.territoire.type, lu.territoire.code]
    adresse = reverse("pilotage_recu" if prive else "chiffre_recu", args=places)
    avant, _, apres = f"{adresse}?au={lu.au}".partition("CODE")
    return avant, apres


def _build_vues(request: HttpRequest, question: Question, form: VueForm | None) -> dict[str, Any]:
    """The views of this person, the one that is open, and the form that keeps this screen."""
    ouverte = request.GET.get("vue", "")
    vues = list_vues(request.user)
    return {
        "vues": [(vue, vue.proprietaire_id == request.user.pk, str(vue.pk) == ouverte) for vue in vues],
        "vue_form": form or VueForm(request.user),
        "requete": question.build_requete(),
        "vue_jour": "" if question.au == timezone.localdate() else f"{question.au:%d/%m/%Y}",
    }


def _list_siens(request: HttpRequest) -> list[tuple[str, str]]:
    return [(f"{t.type}:{t.code}", t.nom) for t in list_siens(request.user)[:60]]


def _list_lignes(lu: Tableau) -> list[list[Any]]:
    lignes = []
    for groupe in lu.groupes:
        for ligne in groupe.lignes:
            une, un = ligne.valeur, ligne.indicateur
            chiffres = [une.numerateur, une.denominateur, une.depuis, une.demonstration] if une else [None] * 4
            vise = ligne.objectif
            objectif = [vise.objectif.valeur, vise.objectif.echeance, vise.part, vise.objectif.source] if vise else []
            debut = [un.libelle, un.code, groupe.libelle, une.valeur if une else None, un.unite]
            lignes.append([*debut, *chiffres, *(objectif or [None] * 4)])
    return lignes


def _build_json(lu: Tableau) -> dict[str, Any]:
    mesures = []
    for ligne in lu.lignes:
        une, un = ligne.valeur, ligne.indicateur
        mesures.append(
            {
                "indicateur": un.code,
                "libelle": un.libelle,
                "unite": un.unite,
                "valeur": une.valeur if une else None,
                "numerateur": une.numerateur if une else None,
                "denominateur": une.denominateur if une else None,
                "depuis": une.depuis if une else None,
                "demonstration": bool(une and une.demonstration),
                "modifie_depuis": ligne.modifie,
                "objectif": ligne.objectif.build_json() if ligne.objectif else None,
            }
        )
    territoire = {"type": lu.territoire.type, "code": lu.territoire.code, "nom": lu.territoire.nom}
    contenu = {"territoire": territoire, "au": lu.au, "mesures": mesures}
    return dict(json.loads(json.dumps(contenu, default=_say, ensure_ascii=False)))


def _say(valeur: Any) -> Any:
    """A decimal is written as a number when it is exact so, a day as ISO 8601."""
    return valeur.isoformat() if isinstance(valeur, date) else float(valeur)
