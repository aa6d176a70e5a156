"""The open figures: their page, the table by day and by size, its schema, the dictionary. Nobody is known here."""

import csv
import io
import json
from collections.abc import Iterable, Sequence

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.core.api.vues import TOUJOURS_VERIFIER, matches_etag
from portal.core.exports import neutralize
from portal.pilotage.donnees_ouvertes import (
    CHAMPS,
    DICTIONNAIRE,
    FORMES,
    LICENCE,
    build_schema,
    iter_indicateurs,
    list_publics,
    open_mesures,
    read_version,
)
from portal.pilotage.enums import Maille
from portal.pilotage.views.parametres import read_au

TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json; charset=utf-8"}


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    mailles = [(maille.value, maille.label, len(list_publics(maille.value))) for maille in Maille]
    return render(
        request,
        "pilotage/donnees.html",
        {
            "titre": "Données des chiffres",
            "mailles": mailles,
            "champs": CHAMPS,
            "licence": LICENCE,
            "aujourd_hui": timezone.localdate(),
        },
    )


@require_safe
def mesures(request: HttpRequest, forme: str) -> HttpResponseBase:
    """`?maille=departement&au=2026-11-01`; a fault is said with 400: a program reads this address."""
    maille = request.GET.get("maille", "departement")
    if maille not in Maille.values:
        return _refuse(f"maille : choisissez parmi {', '.join(Maille.values)}.")
    au, erreurs = read_au(request)
    if erreurs:
        return _refuse(f"au : {erreurs[0][1]}")
    if forme not in FORMES:
        raise Http404
    version = read_version(au)
    entetes = {"ETag": f'"{version}-{maille}-{forme}"', "Cache-Control": TOUJOURS_VERIFIER}
    attendu = request.headers.get("If-None-Match")
    if attendu and matches_etag(attendu, entetes["ETag"]):
        return HttpResponse(status=304, headers=entetes)
    taille, morceaux = open_mesures(maille, au, forme, version)
    reponse = StreamingHttpResponse(morceaux, content_type=TYPES[forme], headers=entetes)
    reponse["Content-Length"] = str(taille)
    if forme == "csv":
        reponse["Content-Disposition"] = f'attachment; filename="mesures-{maille}-{au}.csv"'
    reponse["X-Content-Type-Options"] = "nosniff"
    return reponse


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    contenu = json.dumps(build_schema(), ensure_ascii=False, indent=2)
    return HttpResponse(contenu, content_type="application/json; charset=utf-8")


@require_safe
def indicateurs(request: HttpRequest) -> HttpResponse:
    return _send_csv("indicateurs.csv", DICTIONNAIRE, iter_indicateurs())


def _refuse(phrase: str) -> JsonResponse:
    return JsonResponse({"erreur": phrase}, status=400, json_dumps_params={"ensure_ascii": False})


def _send_csv(nom: str, colonnes: Sequence[str], lignes: Iterable[Sequence[str]]) -> HttpResponse:
    """For programs: comma, as the schema says; the exports of pages are for spreadsheets."""
    tampon = io.StringIO()
    ecrivain = csv.writer(tampon, lineterminator="\n")
    ecrivain.writerow(colonnes)
    ecrivain.writerows([neutralize(texte) for texte in ligne] for ligne in lignes)
    reponse = HttpResponse(tampon.getvalue(), content_type=TYPES["csv"])
    reponse["Content-Disposition"] = f'attachment; filename="{nom}"'
    reponse["X-Content-Type-Options"] = "nosniff"
    return reponse
