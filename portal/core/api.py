"""What every endpoint of the API shares: rendering, parsing, paging, throttling and one format of error."""

import json
from typing import Any

import orjson
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404
from rest_framework import exceptions, pagination, parsers, renderers, throttling, views
from rest_framework.response import Response


class OrjsonRenderer(renderers.BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else orjson.dumps(data, default=str)


class StrictJSONParser(parsers.JSONParser):
    """JSON without NaN, without crushing nesting."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            return orjson.loads(stream.read())
        except (orjson.JSONDecodeError, RecursionError) as erreur:
            raise exceptions.ParseError("Le corps de la requête n'est pas du JSON valide.") from erreur


class Pagination(pagination.PageNumberPagination):
    page_size = 50
    page_size_query_param = "taille"
    max_page_size = 100


class AnonThrottle(throttling.AnonRateThrottle):
    pass


def exception_handler(erreur: Exception, contexte: dict[str, Any]) -> Response | None:
    if isinstance(erreur, DjangoValidationError):
        erreur = exceptions.ValidationError(json.loads(json.dumps(erreur.messages)))
    if isinstance(erreur, Http404):
        erreur = exceptions.NotFound()
    return views.exception_handler(erreur, contexte)
