"""« Où agir »: where the most people can still be reached, in a territory. Public, and in the space."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from cpts.models import Cpts
from cpts.views.espace import build_contexte, dans_espace
from portal.core.exports import export_csv
from prevention.calculs.priorites import Priorite, rank_priorites
from prevention.calculs.taux import Effectif
from prevention.droits import build_voit
from prevention.lecture import Voit, list_cibles, list_periodes, list_taux, read_taux, voit_public
from prevention.models import Campagne, Cible, Objectif
from prevention.perimetres import Regard, list_codes, list_parts, name_parts, read_regard
from prevention.views.dessin import draw_parts
from zonage.models import Departement

LIGNES_MAX = 100
COLONNES = (
    *("rang", "code", "territoire", "taux (%)", "référence (%)", "personnes joignables"),
    *("manquent pour la référence", "score", "période", "source"),
)


@dataclass(frozen=True, slots=True)
class Etude:
    """What the address asks: a campaign, a target, a territory cut in parts; and what comes out of it."""

    campagne: Campagne
    cible: Cible
    regard: Regard
    par: str
    periode: tuple[date, date] | None
    reference: Fraction | None
    reference_dite: str
    priorites: list[Priorite]
    noms: dict[str, str]
    contexte: dict[str, Any]


def read_etude(request: HttpRequest, *, regard: Regard | None = None, voit: Voit = voit_public) -> Etude | None:
    """None: no campaign is public. Unknown values raise Http404: every link of the page is written by the portal."""
    campagnes = list(Campagne.objects.publiques().order_by("-periode", "nom", "pk")[:60])
    if not campagnes:
        return None
    voulue = request.GET.get("campagne", "")
    # By default the latest campaign that has figures: one that has just begun says nothing yet.
    campagne = next((lue for lue in campagnes if lue.code == voulue), None)
    if voulue and campagne is None:
        raise Http404("Cette campagne n’existe pas.")
    campagne = campagne or next((lue for lue in campagnes if lue.releves.exists()), campagnes[0])
    cibles = list_cibles(campagne)
    cible = next((lue for lue in cibles if lue.code == request.GET.get("cible")), cibles[0] if cibles else None)
    if cible is None:
        return None
    choisi = regard or find_regard(request, campagne)
    par = request.GET.get("par", "")
    if par not in dict(choisi.decoupes):
        par = choisi.decoupes[0][0]
    return compute_etude(campagne, cible, choisi, par, campagnes, cibles, voit)


def find_regard(request: HttpRequest, campagne: Campagne) -> Regard:
    defaut = f"region:{campagne.region_code}" if campagne.region_code else "france"
    dans = request.GET.get("dans") or defaut
    try:
        return read_regard(dans)
    except LookupError as absent:
        raise Http404(str(absent)) from absent


def compute_etude(
    campagne: Campagne,
    cible: Cible,
    regard: Regard,
    par: str,
    campagnes: list[Campagne],
    cibles: list[Cible],
    voit: Voit,
) -> Etude:
    au = timezone.localdate()
    periodes = list_periodes(cible, [par])
    periode = periodes[0] if periodes else None
    parts = list_parts(regard, par, au=au)
    codes = list_codes(regard, par, parts)
    noms = name_parts(par, codes)
    taux = list_taux(cible, par, periode, codes, voit=voit) if periode else {}
    reference, dite = find_reference(cible, regard, au, voit)
    effectifs = [
        (code, Effectif(lu.numerateur, lu.denominateur, lu.exclusions or 0))
        for code, lu in sorted(taux.items())
        if lu.numerateur is not None and lu.denominateur is not None
    ]
    priorites = rank_priorites(effectifs, reference) if reference is not None else []
    carte = draw_parts(regard, taux, parts, noms)
    contexte = {
        "campagnes": campagnes,
        "cibles": cibles,
        "carte": carte,
        "taux": taux,
        "masques": sum(lu.masque for lu in taux.values()),
        "absents": len(set(codes) - set(taux)),
        "source": next((lu.source for lu in taux.values()), ""),
        "demonstration": any(lu.demonstration for lu in taux.values()),
        "provisoire": any(lu.provisoire for lu in taux.values()),
    }
    return Etude(campagne, cible, regard, par, periode, reference, dite, priorites, noms, contexte)


NIVEAUX_DITS = {
    "commune": "la commune",
    "epci": "l’EPCI",
    "cpts": "la CPTS",
    "departement": "le département",
    "region": "la région",
    "france": "la France",
}


def find_reference(cible: Cible, regard: Regard, au: date, voit: Voit) -> tuple[Fraction | None, str]:
    """The objective of the territory, of the wider ones, else its own rate; and the words that say which."""
    ordre = [(regard.niveau, regard.code), *([regard.reference] if regard.reference else []), ("france", "france")]
    objectifs = {
        (lu.territoire_type, lu.territoire_code): lu.taux
        for lu in Objectif.objects.filter(cible=cible).order_by("pk")[:500]
    }
    for cle in ordre:
        if cle in objectifs:
            return Fraction(objectifs[cle]), f"l’objectif fixé pour {NIVEAUX_DITS[cle[0]]}"
    for niveau, code in ordre:
        lu = read_taux(cible, niveau, code, au=au, voit=voit)
        if lu is not None and lu.taux is not None:
            return lu.taux, f"le taux observé pour {NIVEAUX_DITS[niveau]}"
    return None, ""


def build_page(etude: Etude | None) -> dict[str, Any]:
    if etude is None:
        return {"etude": None}
    lignes = [(rang, lue, etude.noms.get(lue.code, lue.code)) for rang, lue in enumerate(etude.priorites, start=1)]
    choix = list(Departement.objects.select_related("region").order_by("code")[:200])
    regions = sorted({(lu.region_id, lu.region.nom) for lu in choix}, key=lambda couple: couple[1])
    return {
        "etude": etude,
        "lignes": lignes[:LIGNES_MAX],
        "coupe": max(0, len(lignes) - LIGNES_MAX),
        "departements": choix,
        "regions": regions,
        "cpts_choix": Cpts.objects.order_by("nom", "code")[:1000],
        "requete": f"campagne={etude.campagne.code}&cible={etude.cible.code}&dans={etude.regard.dans}&par={etude.par}",
        **etude.contexte,
    }


def build_csv(etude: Etude | None) -> HttpResponseBase:
    if etude is None:
        return export_csv("ou-agir", COLONNES, [])
    periode = f"{etude.periode[0]:%d/%m/%Y} - {etude.periode[1]:%d/%m/%Y}" if etude.periode else ""
    lignes = [
        [
            *(rang, lue.code, etude.noms.get(lue.code, ""), round(float(lue.taux), 2)),
            *(round(float(etude.reference or 0), 2), lue.joignables, lue.manquent, round(float(lue.score), 1)),
            *(periode, etude.contexte["source"]),
        ]
        for rang, lue in enumerate(etude.priorites, start=1)
    ]
    return export_csv(f"ou-agir-{etude.campagne.code}", COLONNES, lignes)


@require_safe
def ou_agir(request: HttpRequest) -> HttpResponse:
    contexte = build_page(read_etude(request)) | {"titre": "Où agir"}
    return render(request, "prevention/ou_agir.html", contexte)


@require_safe
def ou_agir_csv(request: HttpRequest) -> HttpResponseBase:
    etude = read_etude(request)
    if etude is None:
        raise Http404("Aucune campagne n’est publiée.")
    return build_csv(etude)


def read_sien(request: HttpRequest, cpts: Cpts) -> Etude | None:
    """The same over one CPTS, with the small numbers that this person may see."""
    voit = build_voit(request.user, au=timezone.localdate())
    return read_etude(request, regard=read_regard(f"cpts:{cpts.code}"), voit=voit)


@require_safe
@dans_espace
def espace_ou_agir(request: HttpRequest, cpts: Cpts) -> HttpResponse:
    contexte = build_contexte(request, cpts, "espace_actions") | build_page(read_sien(request, cpts))
    return render(request, "prevention/espace/ou_agir.html", contexte | {"titre": "Où agir", "dans_espace": True})


@require_safe
@dans_espace
def espace_ou_agir_csv(request: HttpRequest, cpts: Cpts) -> Any:
    return build_csv(read_sien(request, cpts))
