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
from django.utils.cache import get_conditional_response
from django.utils.module_loading import import_string

DUREE_VERSION = 0.5
"""Seconds during which a process trusts the version it read: the longest a page may outlive a publication."""
REQUETE_MAX = 1500
"""A longer query string is answered, not kept."""
MARQUE = "cle_de_page"

_version: tuple[float, str] = (0.0, "")
_versions: dict[str, tuple[float, str]] = {}
"""Of the pages that show more than the published data, by what reads it."""


def data_version() -> str:
    """The day, and what changes with any published datum (`MAILLAGE_VERSION_DONNEES`): read at most twice a second.

    The day is part of it because « today » is the default of every page.
    """
    global _version
    lue_a, version = _version
    maintenant = time.monotonic()
    if not version or maintenant - lue_a > DUREE_VERSION:
        version = f"{timezone.localdate().isoformat()}/{import_string(settings.MAILLAGE_VERSION_DONNEES)()}"
        _version = (maintenant, version)
    return version


def forget_version() -> None:
    """Read the version again at the next call: for who must not work on what is half a second old."""
    global _version
    _version = (0.0, "")
    _versions.clear()


def page_version(adresse: str) -> str:
    """What else a page of this address shows (`MAILLAGE_VERSIONS_PAGES`), read as seldom; "" for most pages."""
    lecteur = next((lu for debut, lu in settings.MAILLAGE_VERSIONS_PAGES.items() if adresse.startswith(debut)), "")
    if not lecteur:
        return ""
    lue_a, version = _versions.get(lecteur, (0.0, ""))
    maintenant = time.monotonic()
    if not version or maintenant - lue_a > DUREE_VERSION:
        version = import_string(lecteur)(timezone.localdate())
        _versions[lecteur] = (maintenant, version)
    return version


def page_key(meta: dict[str, Any]) -> str:
    """Address as written, part or page, version of the data. The forms of the check lead to one canonical address."""
    parties = (
        meta.get("PATH_INFO", ""),
        meta.get("QUERY_STRING", ""),
        meta.get("HTTP_HX_REQUEST", ""),
        meta.get("HTTP_HX_HISTORY_RESTORE_REQUEST", ""),
        "gzip" if "gzip" in meta.get("HTTP_ACCEPT_ENCODING", "") else "",
        data_version(),
        page_version(meta.get("PATH_INFO", "")),
    )
    return hashlib.sha256("\n".join(parties).encode("utf-8", "backslashreplace")).hexdigest()


def cached_page(vue: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark the 200 answers of a view that depends on nothing but its address, the day and the published data.

    The key is made before the view reads anything: a datum published meanwhile is shown early, never late.
    """

    @wraps(vue)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        reponse = vue(request, *args, **kwargs)
        cle = getattr(request, MARQUE, None)
        if cle is not None and reponse.status_code == 200 and not reponse.streaming:
            setattr(reponse, MARQUE, cle)
        return reponse

    return wrapper


class PagesMiddleware:
    """Serve the kept pages before anything else runs, and keep those that a view marked, headers included.

    It stands just under SecurityMiddleware, which adds its own headers to every answer. A page that sets a cookie is
    never kept; none of the kept pages shows who reads it. Only the paths of `MAILLAGE_CHEMINS_GARDES` are concerned:
    the others do not even read the version.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        if (
            request.method != "GET"
            or not request.path_info.startswith(settings.MAILLAGE_CHEMINS_GARDES)
            or len(meta.get("QUERY_STRING", "")) > REQUETE_MAX
        ):
            return self.get_response(request)
        pages, cle = caches["pages"], page_key(meta)
        garde = pages.get(cle)
        if garde is not None:
            return self.replay(request, *garde)
        setattr(request, MARQUE, cle)
        reponse = self.get_response(request)
        if getattr(reponse, MARQUE, None) is not None and not reponse.cookies:
            pages.set(cle, (reponse.content, dict(reponse.items())))
        return reponse

    def replay(self, request: HttpRequest, corps: bytes, entetes: dict[str, str]) -> HttpResponse:
        reponse = HttpResponse(corps, headers=entetes)
        if "HTTP_IF_NONE_MATCH" in request.META and "ETag" in entetes:
            return get_conditional_response(request, etag=entetes["ETag"], response=reponse) or reponse
        return reponse
