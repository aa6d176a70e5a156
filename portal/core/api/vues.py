"""The base of every endpoint: no session, no account; limits, strict parameters, ETag, and readable from any site."""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.http import parse_etags
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.views import APIView

from portal.core.api.corps import StrictJSONParser
from portal.core.api.limites import LimiteParAdresse
from portal.core.api.parametres import Parametre, read_nombre, read_parametres
from portal.core.api.rendu import JsonRenderer, dump_json

TOUJOURS_VERIFIER = "public, max-age=0, must-revalidate"
TAILLE_PAGE = 50
TAILLE_MAX = 100
PAGE_MAX = 1000
PAGINATION = (
    Parametre(
        "page",
        lambda texte: read_nombre(texte, minimum=1, maximum=PAGE_MAX),
        "Numéro de page, à partir de 1.",
        {"type": "integer", "minimum": 1, "maximum": PAGE_MAX, "default": 1},
        exemple="1",
        defaut=lambda: 1,
    ),
    Parametre(
        "taille",
        lambda texte: read_nombre(texte, minimum=1, maximum=TAILLE_MAX),
        "Nombre d'éléments par page.",
        {"type": "integer", "minimum": 1, "maximum": TAILLE_MAX, "default": TAILLE_PAGE},
        exemple="50",
        defaut=lambda: TAILLE_PAGE,
    ),
)
ENTETES = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Retry-After",
    "Cross-Origin-Resource-Policy": "cross-origin",
    # Data load nothing: stricter than a page.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class ApiView(APIView):
    """A public, read-only endpoint. A subclass declares `parametres`; `self.lus` holds their values.

    `reponse` and `erreurs` describe the answers to the schema (portal.core.api.schema).
    """

    renderer_classes: Sequence[type[JsonRenderer]] = (JsonRenderer,)  # type: ignore[assignment]
    parser_classes = (StrictJSONParser,)  # type: ignore[assignment]
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = (LimiteParAdresse,)  # type: ignore[assignment]
    parametres: ClassVar[tuple[Parametre, ...]] = ()
    reponse: ClassVar[Any] = None
    introuvable: ClassVar[bool] = False
    conditionnelle: ClassVar[bool] = True
    format_kwarg = None
    lus: dict[str, Any]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request._request.method == "OPTIONS":
            return
        request.accepted_renderer, request.accepted_media_type = self.choose_renderer(request)
        self.check_throttles(request)
        self.lus = read_parametres(request._request.GET, self.parametres)

    def choose_renderer(self, request: Request) -> tuple[Any, str]:
        """The common case first: nothing asked, anything, or exactly what the endpoint serves."""
        premier = self.renderer_classes[0]
        if request._request.META.get("HTTP_ACCEPT", "*/*") in ("*/*", premier.media_type):
            return premier(), premier.media_type
        return self.perform_content_negotiation(request)

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {}

    def options(  # type: ignore[override]
        self, request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        methodes = ", ".join(self.allowed_methods)
        return HttpResponse(
            status=204,
            headers={
                "Allow": methodes,
                "Access-Control-Allow-Methods": methodes,
                "Access-Control-Allow-Headers": "Content-Type, If-None-Match",
                "Access-Control-Max-Age": "86400",
            },
        )

    def finalize_response(self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[arg-type]
        for nom, valeur in ENTETES.items():
            response.headers[nom] = valeur
        if response.status_code == 405:
            response.headers["Allow"] = ", ".join(self.allowed_methods)
        if response.status_code >= 400:
            response.headers["Cache-Control"] = "no-store"
        return response

    def answer(self, donnees: Any, *, etag: str | None = None, cache: str = TOUJOURS_VERIFIER) -> HttpResponse:
        """200 with its ETag, or 304 when the caller already holds this very answer."""
        corps = dump_json(donnees)
        return self.answer_bytes(lambda: corps, etag=etag or blake2b(corps, digest_size=12).hexdigest(), cache=cache)

    def answer_bytes(self, build: Callable[[], bytes], *, etag: str, cache: str = TOUJOURS_VERIFIER) -> HttpResponse:
        """The same when the ETag is known before the body: `build` is not called for a 304."""
        entetes = {"ETag": f'"{etag}"', "Cache-Control": cache}
        attendu = self.request._request.META.get("HTTP_IF_NONE_MATCH")
        if attendu and matches_etag(attendu, entetes["ETag"]):
            return HttpResponse(status=304, headers=entetes)
        return HttpResponse(build(), content_type=self.renderer_classes[0].media_type, headers=entetes)


def matches_etag(attendu: str, etag: str) -> bool:
    """Weak comparison, as If-None-Match wants: a proxy that compresses weakens the tag."""
    recus = parse_etags(attendu[:2000])
    return "*" in recus or any(recu.removeprefix("W/") == etag for recu in recus)


def build_page(request: Request, lignes: QuerySet[Any] | Sequence[Any], *, page: int, taille: int) -> dict[str, Any]:
    """One page: total, number of pages, addresses of the neighbours, and the raw slice in `resultats`."""
    total = lignes.count() if isinstance(lignes, QuerySet) else len(lignes)
    pages = min(max(1, -(-total // taille)), PAGE_MAX)
    if page > pages:
        raise exceptions.NotFound(f"La page {page} n'existe pas : il y en a {pages}.")
    return {
        "total": total,
        "page": page,
        "pages": pages,
        "precedente": build_adresse(request, page - 1) if page > 1 else None,
        "suivante": build_adresse(request, page + 1) if page < pages else None,
        "resultats": lignes[(page - 1) * taille : page * taille],
    }


def build_adresse(request: Request, page: int) -> str:
    """The same address, another page; relative to the portal, so that no forged Host is sent back."""
    parametres = request._request.GET.copy()
    parametres["page"] = str(page)
    return f"{request._request.path}?{parametres.urlencode()}"


class AdresseInconnueView(ApiView):
    """What answers under /api/v1/ when no route does: a problem, or the way to the address with its final slash."""

    http_method_names = ["get", "head", "options", "post", "put", "patch", "delete"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.check_throttles(request)

    def respond(self, request: Request, **kwargs: Any) -> HttpResponse:
        chemin = request._request.path
        if not chemin.endswith("/"):
            try:
                vue = resolve(f"{chemin}/").func
            except Resolver404:
                vue = None
            if getattr(vue, "view_class", AdresseInconnueView) is not AdresseInconnueView:
                requete = request._request.META.get("QUERY_STRING", "")
                return HttpResponse(status=308, headers={"Location": f"{chemin}/{'?' if requete else ''}{requete}"})
        raise exceptions.NotFound

    get = post = put = patch = delete = respond
