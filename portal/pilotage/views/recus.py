"""The receipt of a figure: a public page without account, and the same for who works with the others."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal.core.exports import export_csv
from portal.pilotage import recus
from portal.pilotage.atteinte import list_anciens, measure, read_objectifs, say_objectif
from portal.pilotage.droits import has_lignes_publiques, is_public, may_read, may_read_lignes, may_set_objectif
from portal.pilotage.enums import Maille, Sens, Theme
from portal.pilotage.formats import format_compte, format_valeur
from portal.pilotage.lecture import find_indicateur, find_territoires, list_au_dessus, read_valeurs
from portal.pilotage.models import Territoire
from portal.pilotage.sources.definitions import Indicateur
from portal.pilotage.views.parametres import PREMIER_JOUR, read_au

COLONNES = ("Code", "Nom", "Numérateur", "Dénominateur", "Démonstration")
GENRES = {"commune": "commune", "departement": "département", "cpts": "CPTS"}
OBJETS = {"demandes": "dossiers", "contrats": "contrats", "structures": "structures", "cpts": "CPTS"}
ADRESSES = {
    "demandes": "admin:aides_demande_change",
    "contrats": "admin:aides_contrat_change",
    "structures": "structure_detail",
    "cpts": "cpts_detail",
}


@require_safe
def public(request: HttpRequest, indicateur: str, type: str, code: str) -> HttpResponse:
    un, territoire = _find(indicateur, type, code)
    if not is_public(un, territoire):
        raise Http404
    return _render(request, un, territoire, lignes=has_lignes_publiques(un), prefixe="chiffre_recu")


@require_safe
def public_csv(request: HttpRequest, indicateur: str, type: str, code: str) -> HttpResponseBase:
    un, territoire = _find(indicateur, type, code)
    if not is_public(un, territoire) or not has_lignes_publiques(un):
        raise Http404
    return _export(request, un, territoire)


@require_safe
@never_cache
@login_required
def prive(request: HttpRequest, indicateur: str, type: str, code: str) -> HttpResponse:
    un, territoire = _find(indicateur, type, code)
    if not may_read(request.user, un, territoire):
        raise Http404
    lignes = may_read_lignes(request.user, un, territoire)
    return _render(request, un, territoire, lignes=lignes, prefixe="pilotage_recu")


@require_safe
@never_cache
@login_required
def prive_csv(request: HttpRequest, indicateur: str, type: str, code: str) -> HttpResponseBase:
    un, territoire = _find(indicateur, type, code)
    if not may_read_lignes(request.user, un, territoire) or not may_read(request.user, un, territoire):
        raise Http404
    return _export(request, un, territoire)


def _find(indicateur: str, type_: str, code: str) -> tuple[Indicateur, Territoire]:
    un = find_indicateur(indicateur)
    if un is None or type_ not in un.mailles:
        raise Http404
    return un, get_object_or_404(Territoire, type=type_, code=code)


def _render(
    request: HttpRequest, un: Indicateur, territoire: Territoire, *, lignes: bool, prefixe: str
) -> HttpResponse:
    au, erreurs = read_au(request)
    recu = recus.read_recu(un, territoire, au)
    montrees = recus.read_lignes(recu, limite=recus.PAGE + 1) if lignes else []
    objets = _list_objets(recu, request.user) if prefixe == "pilotage_recu" else []
    contexte = {
        "titre": un.libelle,
        "recu": recu,
        "erreurs": erreurs,
        "valeur": format_valeur(recu.valeur.valeur if recu.valeur else None, un),
        "numerateur": format_compte(recu.valeur.numerateur) if recu.valeur else "",
        "denominateur": format_compte(recu.valeur.denominateur) if recu.valeur else "",
        "maille": Maille(territoire.type).label,
        "sens": Sens(un.sens).label,
        "theme": Theme(un.theme).label,
        **_build_objectifs(request, recu, prive=prefixe == "pilotage_recu"),
        "comparaisons": _compare(recu, prefixe),
        "lignes": [_show(ligne) for ligne in montrees[: recus.PAGE]],
        "coupees": len(montrees) > recus.PAGE,
        "genre": GENRES.get(un.genre, ""),
        "objets": objets,
        "objets_libelle": OBJETS.get(un.lignes, ""),
        "objets_max": recus.OBJETS_MAX,
        "adresse": reverse(prefixe, args=[un.code, territoire.type, territoire.code]),
        "adresse_csv": reverse(f"{prefixe}_csv", args=[un.code, territoire.type, territoire.code]) if montrees else "",
        "premier_jour": PREMIER_JOUR,
        "aujourd_hui": timezone.localdate(),
    }
    return render(request, "pilotage/recu.html", contexte)


def _build_objectifs(request: HttpRequest, recu: recus.Recu, *, prive: bool) -> dict[str, Any]:
    """The target of the figure that day, those before; where to set one, for those who may."""
    un, territoire = recu.indicateur, recu.territoire
    vise = read_objectifs([un.code], territoire, au=recu.au).get(un.code)
    anciens = [(say_objectif(ancien, un), ancien) for ancien in list_anciens(un.code, territoire, au=recu.au)]
    fixer = ""
    if prive and request.user.is_staff and may_set_objectif(request.user, territoire):
        question = QueryDict(mutable=True)
        question.update({"indicateur": un.code, "maille": territoire.type, "code": territoire.code})
        fixer = f"{reverse('admin:pilotage_objectif_add')}?{question.urlencode()}"
    return {
        "atteinte": measure(vise, recu.valeur.valeur if recu.valeur else None, un, au=recu.au) if vise else None,
        "anciens": anciens,
        "fixer": fixer,
    }


def _export(request: HttpRequest, un: Indicateur, territoire: Territoire) -> HttpResponseBase:
    au, _ = read_au(request)
    recu = recus.read_recu(un, territoire, au)
    nom = f"{un.code}-{territoire.type}-{territoire.code}-{au}"
    total = (2, 3) if un.denominateur else (2,)
    return export_csv(nom, COLONNES, list(recus.iter_lignes_csv(recu)), total=() if un.forme == "mediane" else total)


def _show(ligne: recus.Ligne) -> dict[str, Any]:
    return {
        "code": ligne.code,
        "nom": ligne.nom,
        "numerateur": format_compte(ligne.numerateur),
        "denominateur": format_compte(ligne.denominateur),
        "demonstration": ligne.demonstration,
    }


def _compare(recu: recus.Recu, prefixe: str) -> list[dict[str, str]]:
    """The same figure for the territories that hold this one, when they may be read by the same page."""
    un = recu.indicateur
    permises = un.mailles_publiques if prefixe == "chiffre_recu" else un.mailles
    cles = [cle for cle in list_au_dessus(recu.territoire) if cle[0] in permises]
    lues = read_valeurs([un.code], cles, au=recu.au)
    noms = {(t.type, t.code): t.nom for t in find_territoires(cles)}
    return [
        {
            "nom": noms.get(cle, cle[1]),
            "valeur": format_valeur(lues[un.code, *cle].valeur, un),
            "adresse": reverse(prefixe, args=[un.code, *cle]),
        }
        for cle in cles
        if (un.code, *cle) in lues and lues[un.code, *cle].valeur is not None
    ]


def _list_objets(recu: recus.Recu, user: Any) -> list[tuple[str, str, str]]:
    """(what it is, its state, its page)."""
    lus = []
    for objet in recus.read_objets(recu, user):
        nom = getattr(objet, "numero", None) or getattr(objet, "nom", "") or "Sans numéro"
        etat = getattr(objet, "get_statut_display", None)
        try:
            adresse = reverse(ADRESSES[recu.indicateur.lignes], args=[objet.pk])
        except NoReverseMatch:
            adresse = ""
        lus.append((str(nom), str(etat()) if etat else "", adresse))
    return lus
