"""The open figures: their page, the table by day and by size, its schema, the dictionary. Nobody is known here."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.pilotage.donnees_ouvertes import (
    CHAMPS,
    DICTIONNAIRE,
    LICENCE,
    NOMS,
    build_schema,
    iter_indicateurs,
    iter_mesures,
    list_publics,
)
from portal.pilotage.enums import Maille
from portal.pilotage.views.parametres import read_au


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
    if forme == "json":
        lignes = [dict(zip(NOMS, map(_say, ligne), strict=True)) for ligne in iter_mesures(maille, au)]
        return JsonResponse({"licence": LICENCE, "mesures": lignes}, json_dumps_params={"ensure_ascii": False})
    if forme != "csv":
        raise Http404
    return _send_csv(f"mesures-{maille}-{au}.csv", NOMS, iter_mesures(maille, au))


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    contenu = json.dumps(build_schema(), ensure_ascii=False, indent=2)
    return HttpResponse(contenu, content_type="application/json; charset=utf-8")


@require_safe
def indicateurs(request: HttpRequest) -> HttpResponseBase:
    return _send_csv("indicateurs.csv", DICTIONNAIRE, iter_indicateurs())


def _refuse(phrase: str) -> JsonResponse:
    return JsonResponse({"erreur": phrase}, status=400, json_dumps_params={"ensure_ascii": False})


def _say(valeur: Any) -> Any:
    if isinstance(valeur, date):
        return valeur.isoformat()
    return valeur if valeur is None or isinstance(valeur, str | bool) else float(valeur)


def _send_csv(nom: str, colonnes: Sequence[str], lignes: Iterator[list[Any]]) -> StreamingHttpResponse:
    """For programs: comma, decimal point, ISO days, as the schema says; the exports of pages are for spreadsheets."""

    def iterate() -> Iterator[str]:
        tampon = io.StringIO()
        ecrivain = csv.writer(tampon, lineterminator="\r\n")
        ecrivain.writerow(colonnes)
        for ligne in lignes:
            ecrivain.writerow([_write(valeur) for valeur in ligne])
            if tampon.tell() > 65_536:
                yield tampon.getvalue()
                tampon.seek(0)
                tampon.truncate()
        yield tampon.getvalue()

    reponse = StreamingHttpResponse(iterate(), content_type="text/csv; charset=utf-8")
    reponse["Content-Disposition"] = f'attachment; filename="{nom}"'
    reponse["X-Content-Type-Options"] = "nosniff"
    return reponse


def _write(valeur: Any) -> str:
    """Texts are those of definitions and official names; a formula is made harmless all the same."""
    if valeur is None:
        return ""
    if isinstance(valeur, bool):
        return "true" if valeur else "false"
    if isinstance(valeur, date):
        return valeur.isoformat()
    if isinstance(valeur, str):
        return f"'{valeur}" if valeur[:1] in "=+-@\t\r" and valeur else valeur
    return f"{valeur.normalize():f}"
