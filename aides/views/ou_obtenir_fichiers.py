"""The list of the inverse map as files: the same communes, in the same order, whole. Streamed: nothing is kept."""

import json
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from aides.views.ou_obtenir import Ligne, Reponse, answer, build_lignes
from aides.views.ou_obtenir_lecture import Recherche, read_recherche

LOT = 500
BOM = "\ufeff"
COLONNES = (
    "code_insee",
    "commune",
    "departement",
    "habitants",
    "dispositif",
    "au",
    "verdict",
    "montant",
    "euros_premiere_annee",
    "km_vol_oiseau",
    "minutes_estimees",
    "manque",
    "verification",
)
FORMULES = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for a formula at the head of a cell."""


@gzip_page
@require_safe
def ou_obtenir_csv(request: HttpRequest) -> HttpResponseBase:
    recherche = read_recherche(request)
    if refus := refuse(request, recherche):
        return refus
    lignes = iter_lignes(answer(recherche))
    hote = f"{request.scheme}://{request.get_host()}"
    return send(iter_csv(recherche, lignes, hote), recherche, "text/csv; charset=utf-8", "csv")


@gzip_page
@require_safe
def ou_obtenir_geojson(request: HttpRequest) -> HttpResponseBase:
    recherche = read_recherche(request)
    if refus := refuse(request, recherche):
        return refus
    reponse = answer(recherche)
    return send(iter_geojson(recherche, reponse), recherche, "application/geo+json", "geojson")


def refuse(request: HttpRequest, recherche: Recherche) -> HttpResponse | None:
    """A file never answers something else than what was asked."""
    erreurs = recherche.list_erreurs()
    if not recherche.demande.profession:
        erreurs.append(("Profession", "Choisissez une profession : sans elle, aucune commune n'a de zone."))
    if recherche.demande.lieu and recherche.origine is None:
        erreurs.append(("Commune", "Choisissez la commune dans la liste : le fichier a besoin de son code."))
    if not erreurs:
        return None
    contexte = {"recherche": recherche, "erreurs": erreurs}
    return render(request, "aides/ou_obtenir_refus.html", contexte, status=400)


def send(morceaux: Iterator[str], recherche: Recherche, type_contenu: str, extension: str) -> StreamingHttpResponse:
    sujet = recherche.dispositif.code if recherche.dispositif else "mes-aides"
    nom = f"maillage-ou-obtenir-{slugify(sujet)}-{recherche.au.isoformat()}.{extension}"
    entetes = {"Content-Disposition": f'attachment; filename="{nom}"', "X-Robots-Tag": "noindex"}
    return StreamingHttpResponse(morceaux, content_type=type_contenu, headers=entetes)


def iter_lignes(reponse: Reponse) -> Iterator[Ligne]:
    for debut in range(0, len(reponse.retenues), LOT):
        yield from build_lignes(reponse, reponse.retenues[debut : debut + LOT])


def iter_csv(recherche: Recherche, lignes: Iterator[Ligne], hote: str) -> Iterator[str]:
    dispositif = recherche.dispositif.sigle if recherche.dispositif else "toutes mes aides"
    yield BOM + ";".join(COLONNES) + "\r\n"
    lot: list[str] = []
    for ligne in lignes:
        cellules = (
            ligne.code,
            ligne.nom,
            ligne.departement,
            ligne.population,
            dispositif,
            recherche.au.isoformat(),
            ligne.offre.issue.libelle,
            ligne.offre.texte,
            f"{ligne.offre.euros:.2f}".replace(".", ","),
            "" if ligne.km is None else f"{ligne.km:.1f}".replace(".", ","),
            "" if ligne.minutes is None else ligne.minutes,
            ligne.manques,
            f"{hote}{ligne.url}",
        )
        lot.append(";".join(write_cell(cellule) for cellule in cellules))
        if len(lot) == LOT:
            yield "\r\n".join(lot) + "\r\n"
            lot = []
    if lot:
        yield "\r\n".join(lot) + "\r\n"


def write_cell(valeur: object) -> str:
    """Quoted when needed; never a formula for the spreadsheet that opens the file."""
    texte = str(valeur)
    if texte.startswith(FORMULES):
        texte = f"'{texte}"
    return f'"{texte.replace(chr(34), chr(34) * 2)}"' if any(c in texte for c in ';"\r\n') else texte


def iter_geojson(recherche: Recherche, reponse: Reponse) -> Iterator[str]:
    """A point a commune (its town hall); `geometry` is null when no source places it."""
    entete = {
        "type": "FeatureCollection",
        "dispositif": recherche.dispositif.code if recherche.dispositif else None,
        "au": recherche.au.isoformat(),
        "source": "Maillage : verdicts de la vérification de chaque commune ; distances à vol d'oiseau.",
    }
    yield json.dumps(entete, ensure_ascii=False)[:-1] + ', "features": ['
    separateur = ""
    communes = reponse.inverse.communes
    for debut in range(0, len(reponse.retenues), LOT):
        places = reponse.retenues[debut : debut + LOT]
        lignes = build_lignes(reponse, places)
        textes = [
            json.dumps(build_feature(ligne, communes.longitudes[place], communes.latitudes[place]), ensure_ascii=False)
            for place, ligne in zip(places, lignes, strict=True)
        ]
        yield separateur + ",".join(textes)
        separateur = ","
    yield "]}"


def build_feature(ligne: Ligne, longitude: float, latitude: float) -> dict[str, Any]:
    place = longitude == longitude and latitude == latitude
    return {
        "type": "Feature",
        "id": ligne.code,
        "geometry": {"type": "Point", "coordinates": [round(longitude, 5), round(latitude, 5)]} if place else None,
        "properties": {
            "code": ligne.code,
            "nom": ligne.nom,
            "departement": ligne.departement,
            "habitants": ligne.population,
            "verdict": ligne.offre.issue.value,
            "montant": ligne.offre.texte,
            "euros_premiere_annee": float(ligne.offre.euros),
            "km": None if ligne.km is None else round(ligne.km, 1),
            "minutes": ligne.minutes,
        },
    }
