"""The open data: what was produced, when, and the files themselves. Nothing is made while somebody waits."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import parse_etags
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from aides.open_data import ARBRE, ARCHIVE, DESCRIPTION, LICENCE, Production, open_file, read_production
from aides.open_data_tables import TABLES

TYPES = {".csv": "text/csv; charset=utf-8", ".json": "application/json", ".zip": "application/zip"}
LIBELLES = {
    ARCHIVE: "Tout, dans une archive",
    ARBRE: "Les règles en arbre, textes tels quels",
    DESCRIPTION: "La description des fichiers (Data Package et Table Schema)",
    **{table.fichier: table.titre for table in TABLES},
}
ORDRE = (ARCHIVE, *(table.fichier for table in TABLES), ARBRE, DESCRIPTION)
GENRES = {
    "string": "texte",
    "date": "date (AAAA-MM-JJ)",
    "number": "nombre",
    "boolean": "true ou false",
    "object": "objet JSON",
}


@never_cache
@require_safe
def donnees_page(request: HttpRequest) -> HttpResponse:
    production = read_production()
    contexte: dict[str, Any] = {"tables": describe_tables(), "licence": LICENCE, "production": production}
    if production is not None:
        contexte |= describe_production(production)
    return render(request, "aides/donnees.html", contexte)


def describe_production(production: Production) -> dict[str, Any]:
    connus = {fichier.nom: fichier for fichier in production.fichiers}
    return {
        "produit_le": timezone.localtime(datetime.fromisoformat(production.produit_le)),
        "jour": date.fromisoformat(production.jour) if production.jour else None,
        "fichiers": [(connus[nom], _curl(LIBELLES[nom])) for nom in ORDRE if nom in connus],
    }


def describe_tables() -> list[dict[str, Any]]:
    return [
        {
            "nom": table.nom,
            "fichier": table.fichier,
            "titre": _curl(table.titre),
            "description": _curl(table.description),
            "cle": ", ".join(table.cle),
            "champs": [
                {
                    "nom": champ["name"],
                    "genre": GENRES[champ["type"]],
                    "description": _curl(champ["description"]),
                    "requis": champ.get("constraints", {}).get("required", False),
                    "valeurs": champ.get("constraints", {}).get("enum", []),
                }
                for champ in table.champs
            ],
        }
        for table in TABLES
    ]


def _curl(texte: str) -> str:
    """The apostrophe of a page: the files keep the plain one."""
    return texte.replace("'", "’")


@require_safe
def donnees_fichier(request: HttpRequest, lot: str, nom: str) -> HttpResponse | StreamingHttpResponse:
    """A file never changes under its address: the address holds the digest of the production."""
    trouve = open_file(lot, nom)
    if trouve is None:
        raise Http404("Ce fichier n'est plus là : la page des données ouvertes a le plus récent.")
    octets, morceaux = trouve
    entetes = {
        "ETag": f'"{lot}"',
        "Cache-Control": "public, max-age=86400, immutable",
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Robots-Tag": "noindex",
    }
    if entetes["ETag"] in parse_etags(request.headers.get("If-None-Match", "")[:2000]):
        return HttpResponse(status=304, headers=entetes)
    entetes |= {"Content-Length": str(octets), "Content-Disposition": f'attachment; filename="{nom}"'}
    return StreamingHttpResponse(morceaux, content_type=TYPES[Path(nom).suffix], headers=entetes)
