"""JSON out: orjson, UTF-8, and the three media types of the API."""

from decimal import Decimal
from typing import Any

import orjson
from rest_framework import renderers


def _convert(valeur: Any) -> Any:
    if isinstance(valeur, Decimal):
        return str(valeur)
    raise TypeError(f"Not a JSON value: {type(valeur).__name__}")


def dump_json(donnees: Any) -> bytes:
    """Dates become ISO texts, decimals become texts (an amount never passes through a binary float)."""
    return orjson.dumps(donnees, default=_convert)


class JsonRenderer(renderers.BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else dump_json(data)


class GeoJsonRenderer(JsonRenderer):
    media_type = "application/geo+json"
    format = "geojson"


class CsvRenderer(renderers.BaseRenderer):
    """The view writes the table itself: this class only names its type to the negotiation."""

    media_type = "text/csv"
    format = "csv"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return data if isinstance(data, bytes) else b""
