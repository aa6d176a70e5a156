"""Two to four communes side by side: what each would offer, scheme by scheme, for the same facts and day."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from aides.ou_obtenir import Aide, Inverse, count_unverified, estimate_minutes, find_offres, read_distances
from aides.regles.evaluation import Issue
from aides.views.lecture import address, resolve_known
from aides.views.ou_obtenir_lecture import COMPAREES_MAX, Recherche, read_recherche
from portal.core.cache import cached_page, data_version
from zonage.recherche import CommuneInconnue

COMPAREES_MIN = 2


@require_safe
@cached_page
def ou_obtenir_comparer(request: HttpRequest) -> HttpResponse:
    codes, refus = read_communes(request.GET.getlist("c")[:50])
    recherche = read_recherche(request, autres=("c",))
    erreurs = recherche.list_erreurs() + [("Communes", phrase) for phrase in refus]
    if not recherche.demande.profession:
        erreurs.append(("Profession", "Choisissez une profession : sans elle, aucune commune n'a de zone."))
    contexte: dict[str, Any] = {"recherche": recherche, "erreurs": erreurs, "retour": recherche.url()}
    if not erreurs:
        contexte |= build_comparaison(recherche, codes)
    return render(request, "aides/ou_obtenir_comparer.html", contexte, status=400 if erreurs else 200)


def read_communes(bruts: list[str]) -> tuple[list[str], list[str]]:
    """Today's codes, each once, in the order asked; and what is wrong with them."""
    codes: dict[str, None] = {}
    refus: list[str] = []
    for brut in bruts:
        try:
            codes[resolve_known(brut.strip().upper()[:5], data_version()).commune.code_insee] = None
        except CommuneInconnue as inconnue:
            refus.append(str(inconnue))
    if not refus and not COMPAREES_MIN <= len(codes) <= COMPAREES_MAX:
        refus.append(f"Cochez de {COMPAREES_MIN} à {COMPAREES_MAX} communes de la liste, vous en avez {len(codes)}.")
    return list(codes), refus


def build_comparaison(recherche: Recherche, codes: list[str]) -> dict[str, Any]:
    inverse = find_offres(recherche.demande.faits, None, au=recherche.au)
    if not inverse.offres:
        return {"inverse": inverse}
    places = [inverse.communes.rangs[code] for code in codes]
    distances = read_distances(inverse.communes, recherche.autour.commune) if recherche.autour else None
    colonnes = [describe_commune(recherche, inverse, place, distances) for place in places]
    montres = {
        aide.dispositif.code: aide.dispositif
        for place in places
        for aide in inverse.offre(place).aides
        if aide.issue is not Issue.NON_ELIGIBLE
    }
    lignes = [
        (dispositif, [describe_aide(inverse.offre(place).aide(code)) for place in places])
        for code, dispositif in montres.items()
    ]
    return {
        "inverse": inverse,
        "colonnes": colonnes,
        "lignes": lignes,
        "refusees": len(inverse.offre(places[0]).aides) - len(montres),
        "a_verifier": max((count_unverified(inverse.offre(place).retenues) for place in places), default=0),
        "demonstration": any(inverse.partition.demonstration[place] for place in places),
    }


def describe_commune(
    recherche: Recherche, inverse: Inverse, place: int, distances: Sequence[float] | None
) -> dict[str, Any]:
    communes, offre = inverse.communes, inverse.offre(place)
    classe = inverse.partition.classes[inverse.partition.rangs[place]]
    du_jour = dict(classe.zones).get(recherche.au)
    km = distances[place] if distances is not None and distances[place] != float("inf") else None
    return {
        "nom": communes.noms[place],
        "code": communes.codes[place],
        "departement": communes.departements[place],
        "population": communes.populations[place],
        "zone": (du_jour.libelle or du_jour.motif) if du_jour else "Sans zonage pour cette profession",
        "offre": offre,
        "retenues": ", ".join(aide.dispositif.sigle for aide in offre.retenues if aide.comptee),
        "km": km,
        "minutes": None if km is None else estimate_minutes(km),
        "url": f"{address('resultat')}?{recherche.query_faits(communes.codes[place])}",
    }


def describe_aide(aide: Aide | None) -> tuple[str, str]:
    """Verdict and amount, as a cell of the table."""
    if aide is None:
        return "", ""
    return aide.issue.libelle, aide.texte
