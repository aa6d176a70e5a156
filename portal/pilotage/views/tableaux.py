"""Dashboards: the open figures for everybody, all those of one's territories behind an account."""

import json
from collections.abc import Sequence
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
from portal.accounts.portee import read_portee
from portal.core.exports import export_csv, export_xlsx
from portal.pilotage.droits import filter_siens
from portal.pilotage.enums import Theme
from portal.pilotage.lecture import find_cle, list_choix, search_territoires, sort_territoires
from portal.pilotage.models import Territoire
from portal.pilotage.tableaux import AVEC_MAX, Tableau, default_depuis, read_tableau
from portal.pilotage.views.parametres import PREMIER_JOUR, Erreurs, read_jour

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
)


@require_safe
def chiffres(request: HttpRequest) -> HttpResponseBase:
    """No session, no person: the same page for everybody."""
    return _answer(request, prive=False)


@require_safe
@never_cache
@login_required
def tableau(request: HttpRequest) -> HttpResponseBase:
    return _answer(request, prive=True)


@require_safe
@dans_espace
def tableau_cpts(request: HttpRequest, cpts: Cpts) -> HttpResponse:
    """From the space of a CPTS."""
    return redirect(f"{reverse('tableau')}?territoire=cpts:{cpts.code}")


def _answer(request: HttpRequest, *, prive: bool) -> HttpResponseBase:
    erreurs: Erreurs = []
    au = read_jour(request, "au", "Jour", timezone.localdate(), erreurs)
    depuis = read_jour(request, "depuis", "Comparer au", default_depuis(au), erreurs)
    territoire = _read_territoire(request, prive, erreurs)
    themes = [theme for theme in request.GET.getlist("theme")[:10] if theme in Theme.values]
    if territoire is None:
        return render(request, "pilotage/tableau_vide.html", {"titre": "Chiffres"})
    avec = _read_avec(request, erreurs)
    lu = read_tableau(territoire, au=au, depuis=depuis, user=request.user if prive else None, themes=themes, avec=avec)
    forme = request.GET.get("format", "")
    if forme in ("csv", "xlsx"):
        exporte = export_csv if forme == "csv" else export_xlsx
        return exporte(f"chiffres-{territoire.type}-{territoire.code}-{au}", COLONNES, _list_lignes(lu))
    if forme == "json":
        return JsonResponse(_build_json(lu), json_dumps_params={"ensure_ascii": False})
    return render(request, "pilotage/tableau.html", _build_contexte(request, lu, erreurs, themes, prive))


def _build_contexte(
    request: HttpRequest, lu: Tableau, erreurs: Erreurs, themes: Sequence[str], prive: bool
) -> dict[str, Any]:
    recherche = request.GET.get("recherche", "").strip()[:60]
    prefixe = "pilotage_recu" if prive else "chiffre_recu"
    adresse = reverse("tableau" if prive else "chiffres")
    parametres = request.GET.copy()
    for cle in ("format", "recherche"):
        parametres.pop(cle, None)
    return {
        "titre": "Tableau de bord" if prive else "Les chiffres du territoire",
        "tableau": lu,
        "erreurs": erreurs,
        "prive": prive,
        "prefixe": prefixe,
        "adresse": adresse,
        "suite": parametres.urlencode(),
        "recherche": recherche,
        "trouves": search_territoires(recherche) if len(recherche) >= 2 else None,
        "choix": list_choix(),
        "choisi": f"{lu.territoire.type}:{lu.territoire.code}",
        "themes": [(theme.value, theme.label, theme.value in themes) for theme in Theme],
        "avec": [
            (f"{t.type}:{t.code}", t.nom) for t in lu.autres if f"{t.type}:{t.code}" in request.GET.getlist("avec")
        ],
        "siens": _list_siens(request) if prive else [],
        "premier_jour": PREMIER_JOUR,
        "aujourd_hui": timezone.localdate(),
        "demonstration": any(ligne.valeur and ligne.valeur.demonstration for ligne in lu.lignes),
    }


def _read_territoire(request: HttpRequest, prive: bool, erreurs: Erreurs) -> Territoire | None:
    texte = request.GET.get("territoire", "").strip()
    trouve = find_cle(texte) if texte else None
    if texte and trouve is None:
        erreurs.append(("Territoire", "ce territoire n'est pas connu. Choisissez-le dans la liste ou cherchez-le."))
    if trouve is None and prive:
        trouve = next(iter(_find_siens(request)), None)
    return trouve or find_cle("france:france")


def _read_avec(request: HttpRequest, erreurs: Erreurs) -> list[tuple[str, str]]:
    cles: list[tuple[str, str]] = []
    for texte in [une for une in request.GET.getlist("avec") if une][: AVEC_MAX + 1]:
        trouve = find_cle(texte)
        if trouve is None or len(cles) == AVEC_MAX:
            motif = f"{AVEC_MAX} territoires au plus." if trouve else "ce territoire n'est pas connu."
            erreurs.append(("Comparer avec", motif))
            continue
        cles.append((trouve.type, trouve.code))
    return cles


def _find_siens(request: HttpRequest) -> list[Territoire]:
    """The largest first: the région of an agent, the CPTS of a coordinator."""
    filtre = filter_siens(read_portee(request.user))
    lus = Territoire.objects.filter(filtre, actif=True, type__in=["region", "departement", "cpts"])
    return sort_territoires(lus.order_by("type", "nom", "code")[:400])


def _list_siens(request: HttpRequest) -> list[tuple[str, str]]:
    return [(f"{t.type}:{t.code}", t.nom) for t in _find_siens(request)[:60]]


def _list_lignes(lu: Tableau) -> list[list[Any]]:
    lignes = []
    for groupe in lu.groupes:
        for ligne in groupe.lignes:
            une, un = ligne.valeur, ligne.indicateur
            chiffres = [une.numerateur, une.denominateur, une.depuis, une.demonstration] if une else [None] * 4
            lignes.append([un.libelle, un.code, groupe.libelle, une.valeur if une else None, un.unite, *chiffres])
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
            }
        )
    territoire = {"type": lu.territoire.type, "code": lu.territoire.code, "nom": lu.territoire.nom}
    contenu = {"territoire": territoire, "au": lu.au, "mesures": mesures}
    return dict(json.loads(json.dumps(contenu, default=_say, ensure_ascii=False)))


def _say(valeur: Any) -> Any:
    """A decimal is written as a number when it is exact so, a day as ISO 8601."""
    return valeur.isoformat() if isinstance(valeur, date) else float(valeur)
