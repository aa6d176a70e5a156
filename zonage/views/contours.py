"""Outlines under an address that holds their digest: kept for ever by every cache, replaced by changing address."""

import gzip
from collections.abc import Iterable

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from zonage.contours import fichier_contours

IMMUABLE = "public, max-age=31536000, immutable"


def adresses_contours(noms: Iterable[str]) -> list[str]:
    """The addresses of today's files, for the pages that show them. A file that is not shipped is left out."""
    adresses = []
    for nom in noms:
        try:
            empreinte = fichier_contours(nom).empreinte
        except LookupError:
            continue
        adresses.append(reverse("contours", args=[nom, empreinte]))
    return adresses


@require_safe
def contours(request: HttpRequest, nom: str, empreinte: str) -> HttpResponse:
    """The file, already compressed. Another digest than today's has no answer: the page knows the right one."""
    try:
        fichier = fichier_contours(nom)
    except LookupError as absent:
        raise Http404("Ces contours n’existent pas.") from absent
    if fichier.empreinte != empreinte:
        raise Http404("Ces contours ont été remplacés : rechargez la page de la carte.")
    compresse = "gzip" in request.headers.get("Accept-Encoding", "")
    reponse = HttpResponse(
        fichier.gzip if compresse else gzip.decompress(fichier.gzip), content_type="application/geo+json"
    )
    if compresse:
        reponse["Content-Encoding"] = "gzip"
    reponse["Cache-Control"] = IMMUABLE
    reponse["Vary"] = "Accept-Encoding"
    return reponse
