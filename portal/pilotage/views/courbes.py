"""Curves: small multiples of a figure, for everybody, or of every figure of one's territories behind an account."""

from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal.core.exports import export_csv
from portal.pilotage.courbes import (
    EnsembleVide,
    Planche,
    iter_lignes,
    list_choix_indicateurs,
    read_planche,
)
from portal.pilotage.droits import list_siens
from portal.pilotage.enums import Duree, Ensemble, Theme
from portal.pilotage.lecture import list_choix, read_dernier_jour, search_territoires
from portal.pilotage.models import Territoire
from portal.pilotage.sources.definitions import Indicateur
from portal.pilotage.views.parametres import PREMIER_JOUR, Erreurs, read_au, read_jour, read_territoire

DEFAUT = "part_population_cpts"
COLONNES = (
    "Indicateur",
    "Code",
    "Maille",
    "Code du territoire",
    "Territoire",
    "Jour",
    "Valeur",
    "Unité",
    "Démonstration",
)

Choix = TypeVar("Choix", Ensemble, Theme, Duree)


@dataclass(frozen=True, slots=True)
class Demande:
    """What the address asks for, faults replaced by what is shown instead."""

    territoire: Territoire
    ensemble: Ensemble
    indicateur: Indicateur
    theme: Theme
    duree: Duree
    au: date
    depuis: date | None
    page: int


@require_safe
def courbes(request: HttpRequest) -> HttpResponseBase:
    """No session, no person: the same page for everybody."""
    return _answer(request, prive=False)


@require_safe
@never_cache
@login_required
def courbes_privees(request: HttpRequest) -> HttpResponseBase:
    return _answer(request, prive=True)


def _answer(request: HttpRequest, *, prive: bool) -> HttpResponseBase:
    erreurs: Erreurs = []
    choix = list_choix_indicateurs(prive=prive)
    territoire = read_territoire(request.GET, erreurs, user=request.user if prive else None)
    if territoire is None:
        return render(request, "pilotage/tableau_vide.html", {"titre": "Courbes"})
    demande = _read_demande(request, territoire, choix, erreurs)
    planche = _read_planche(demande, request.user if prive else None, erreurs)
    if planche is not None and request.GET.get("format") == "csv":
        nom = f"courbes-{demande.ensemble}-{territoire.type}-{territoire.code}-{demande.au}"
        return export_csv(nom, COLONNES, iter_lignes(planche))
    if (planche is None or not planche.series) and read_dernier_jour() is None:
        return render(request, "pilotage/tableau_vide.html", {"titre": "Courbes"})
    return render(request, "pilotage/courbes.html", _build_contexte(request, demande, planche, erreurs, choix, prive))


def _read_planche(demande: Demande, user: Any, erreurs: Erreurs) -> Planche | None:
    try:
        return read_planche(
            demande.territoire,
            ensemble=demande.ensemble,
            indicateur=demande.indicateur,
            theme=demande.theme,
            duree=demande.duree,
            au=demande.au,
            depuis=demande.depuis,
            user=user,
            page=demande.page,
        )
    except EnsembleVide as vide:
        erreurs.append(("Territoires", str(vide)))
        return None


def _read_demande(request: HttpRequest, territoire: Territoire, choix: list[Indicateur], erreurs: Erreurs) -> Demande:
    par_code = {un.code: un for un in choix}
    code = request.GET.get("indicateur", "").strip() or DEFAUT
    if code not in par_code:
        erreurs.append(("Indicateur", "cet indicateur n'est pas connu ici. Choisissez-le dans la liste."))
    indicateur = par_code.get(code) or par_code.get(DEFAUT) or choix[0]
    au, fautes = read_au(request)
    erreurs.extend(fautes)
    depuis = (
        read_jour(request, "depuis", "Comparer au", au, erreurs) if request.GET.get("depuis", "").strip() else None
    )
    ensemble = _read_parmi(request, "ensemble", Ensemble.AUTOUR)
    theme = _read_parmi(request, "theme", Theme(indicateur.theme))
    page = request.GET.get("page", "1")
    numero = int(page) if page.isascii() and page.isdigit() and len(page) < 4 else 1
    duree = _read_parmi(request, "duree", Duree.AN)
    return Demande(territoire, ensemble, indicateur, theme, duree, au, depuis, numero)


def _read_parmi(request: HttpRequest, cle: str, defaut: Choix) -> Choix:
    """A list of the form: what is not in it was not chosen there."""
    texte = request.GET.get(cle, "")
    return type(defaut)(texte) if texte in type(defaut).values else defaut


def _build_contexte(
    request: HttpRequest,
    demande: Demande,
    planche: Planche | None,
    erreurs: Erreurs,
    choix: list[Indicateur],
    prive: bool,
) -> dict[str, Any]:
    recherche = request.GET.get("recherche", "").strip()[:60]
    suite = request.GET.copy()
    for cle in ("format", "recherche", "page"):
        suite.pop(cle, None)
    ailleurs = suite.copy()
    ailleurs.pop("territoire", None)
    seul = demande.ensemble == Ensemble.THEME
    return {
        "titre": "Courbes",
        "objet": demande.theme.label if seul else demande.indicateur.libelle,
        "demande": demande,
        "planche": planche,
        "seul": seul,
        "erreurs": erreurs,
        "prive": prive,
        "adresse": reverse("courbes_privees" if prive else "courbes"),
        "tableau": reverse("tableau" if prive else "chiffres"),
        "prefixe": "pilotage_recu" if prive else "chiffre_recu",
        "suite": suite.urlencode(),
        "ailleurs": ailleurs.urlencode(),
        "recherche": recherche,
        "trouves": search_territoires(recherche) if len(recherche) >= 2 else None,
        "choix": list_choix(),
        "choisi": f"{demande.territoire.type}:{demande.territoire.code}",
        "indicateurs": _group(choix),
        "ensembles": Ensemble.choices,
        "numeros": range(1, planche.pages + 1) if planche else (),
        "themes": Theme.choices,
        "durees": Duree.choices,
        "siens": [(f"{t.type}:{t.code}", t.nom) for t in list_siens(request.user)[:60]] if prive else [],
        "premier_jour": PREMIER_JOUR,
        "aujourd_hui": timezone.localdate(),
        "demonstration": planche is not None and any(serie.demonstration for serie in planche.montrees),
        "reperes": planche is not None and any(s.vignette and s.vignette.repere for s in planche.montrees),
        "propres": planche is not None and not seul and any(s.vignette and not s.echelle for s in planche.montrees),
    }


def _group(choix: list[Indicateur]) -> list[tuple[str, list[Indicateur]]]:
    groupes = [(str(theme.label), [un for un in choix if un.theme == theme]) for theme in Theme]
    return [(nom, siens) for nom, siens in groupes if siens]
