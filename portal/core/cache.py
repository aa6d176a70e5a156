"""Whole public pages, kept in the memory of each process and forgotten as soon as the data they show change."""

import hashlib
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.module_loading import import_string

DUREE_VERSION = 0.5
"""Seconds during which a process trusts the version it read: the longest a page may outlive a publication."""
REQUETE_MAX = 1500
"""A longer query string is answered, not kept."""
ENTETES = (
    "Content-Type",
    "Content-Disposition",
    "Cache-Control",
    "Vary",
    "X-Robots-Tag",
    "HX-Push-Url",
    "HX-Redirect",
)

_version: tuple[float, str] = (0.0, "")


def data_version() -> str:
    """What changes with any published datum, read at most twice a second (`MAILLAGE_VERSION_DONNEES`)."""
    global _version
    lue_a, version = _version
    maintenant = time.monotonic()
    if not version or maintenant - lue_a > DUREE_VERSION:
        version = import_string(settings.MAILLAGE_VERSION_DONNEES)()
        _version = (maintenant, version)
    return version


def page_key(request: HttpRequest) -> str:
    """Path, sorted parameters, day and version of the data. The day: « today » is the default of every page."""
    parametres = sorted((nom, valeur) for nom, valeurs in request.GET.lists() for valeur in valeurs)
    htmx = [request.headers.get(nom, "") for nom in ("HX-Request", "HX-History-Restore-Request")]
    parties = (request.path, parametres, htmx, timezone.localdate().isoformat(), data_version())
    return hashlib.sha256(repr(parties).encode("utf-8", "backslashreplace")).hexdigest()


def cached_page(vue: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Keep the 200 answers of a view that depends on nothing but its address, the day and the published data."""

    @wraps(vue)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "GET" or len(request.META.get("QUERY_STRING", "")) > REQUETE_MAX:
            return vue(request, *args, **kwargs)
        cache, cle = caches["pages"], page_key(request)
        garde = cache.get(cle)
        if garde is not None:
            corps, entetes = garde
            return HttpResponse(corps, headers=entetes)
        reponse = vue(request, *args, **kwargs)
        if hasattr(reponse, "render"):
            reponse = reponse.render()
        if reponse.status_code == 200 and not reponse.streaming and not reponse.cookies:
            entetes = {nom: reponse[nom] for nom in ENTETES if nom in reponse}
            cache.set(cle, (reponse.content, entetes))
        return reponse

    return wrapper
