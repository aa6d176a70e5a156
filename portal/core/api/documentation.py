"""The description of the API itself: the OpenAPI document, and the same as a page to read."""

from functools import lru_cache
from hashlib import blake2b
from typing import Any

import orjson
from django.http import HttpResponse
from django.views.generic import TemplateView
from drf_spectacular.renderers import OpenApiYamlRenderer
from rest_framework.request import Request
from rest_framework.settings import api_settings

from portal.core.api.parametres import Parametre, read_choix
from portal.core.api.problemes import PROBLEMES
from portal.core.api.schema import SCHEMA_RENDERERS, build_schema
from portal.core.api.vues import ApiView

FORMATS = ("json", "yaml")
AUCUN: dict[str, Any] = {}


@lru_cache(maxsize=4)
def load_schema(urlconf: str) -> dict[str, Any]:
    """Built once a process: it changes only with the code."""
    return build_schema(urlconf)


@lru_cache(maxsize=8)
def render_schema(urlconf: str, forme: str) -> tuple[bytes, str]:
    """The bytes and their digest."""
    schema = load_schema(urlconf)
    if forme == "yaml":
        corps = OpenApiYamlRenderer().render(schema, renderer_context={})
    else:
        corps = orjson.dumps(schema, option=orjson.OPT_INDENT_2)
    return corps, blake2b(corps, digest_size=12).hexdigest()


class SchemaView(ApiView):
    """JSON or YAML, by `format` or by the Accept header."""

    renderer_classes = SCHEMA_RENDERERS  # type: ignore[assignment]
    urlconf = ""
    parametres = (
        Parametre(
            "format",
            lambda texte: read_choix(texte, FORMATS),
            "Forme du document.",
            {"type": "string", "enum": list(FORMATS)},
        ),
    )

    def get(self, request: Request) -> HttpResponse:
        forme = self.lus["format"] or request.accepted_renderer.format
        type_reponse = request.accepted_media_type
        if forme != request.accepted_renderer.format:
            type_reponse = "application/yaml" if forme == "yaml" else "application/json"
        corps, etag = render_schema(self.urlconf, forme)
        reponse = self.answer_bytes(lambda: corps, etag=etag)
        if reponse.status_code == 200:
            reponse.headers["Content-Type"] = type_reponse
        reponse.headers["Vary"] = "Accept"
        return reponse


class DocumentationView(TemplateView):
    """The page a developer reads first. Generated from the schema: nothing is written twice."""

    template_name = "core/api_documentation.html"
    urlconf = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        schema = load_schema(self.urlconf)
        operations = [
            describe_operation(chemin, methode, operation, schema)
            for chemin, methodes in schema["paths"].items()
            for methode, operation in methodes.items()
        ]
        problemes = [
            {"statut": statut, "code": code, "titre": titre, "detail": detail}
            for statut, (code, titre, detail) in PROBLEMES.items()
        ]
        limite = str(api_settings.DEFAULT_THROTTLE_RATES["anon"]).partition("/")[0]
        return super().get_context_data(operations=operations, problemes=problemes, limite=limite, **kwargs)


def describe_operation(chemin: str, methode: str, operation: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """One endpoint, flat, for the template."""
    reponses = operation["responses"]
    succes: dict[str, Any] = reponses["200"].get("content", {})
    requete: dict[str, Any] = operation.get("requestBody", AUCUN).get("content", AUCUN).get("application/json", AUCUN)
    return {
        "ancre": operation["operationId"],
        "methode": methode.upper(),
        "chemin": chemin,
        "resume": operation["summary"],
        "description": operation.get("description", ""),
        "parametres": [_describe_parametre(parametre) for parametre in operation.get("parameters", [])],
        "exemple_requete": _first_exemple(requete),
        "exemple_reponse": _first_exemple(next(iter(succes.values()), AUCUN)),
        "types_reponse": list(succes),
        "champs": _describe_champs(next(iter(succes.values()), AUCUN).get("schema", AUCUN), schema),
        "statuts": [{"statut": statut, "description": reponse["description"]} for statut, reponse in reponses.items()],
    }


def _describe_parametre(parametre: dict[str, Any]) -> dict[str, Any]:
    schema = parametre["schema"]
    return {
        "nom": parametre["name"],
        "ou": "adresse" if parametre["in"] == "path" else "requête",
        "requis": parametre.get("required", False),
        "description": parametre.get("description", ""),
        "valeurs": schema.get("enum", []),
        "exemple": next((exemple["value"] for exemple in parametre.get("examples", {}).values()), ""),
    }


def _first_exemple(contenu: dict[str, Any]) -> str:
    for exemple in contenu.get("examples", {}).values():
        return orjson.dumps(exemple["value"], option=orjson.OPT_INDENT_2).decode()
    return ""


def _describe_champs(forme: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, str]]:
    """The fields of the first level of an answer, with their description."""
    composants = schema["components"]["schemas"]
    if "$ref" in forme:
        forme = composants[forme["$ref"].rsplit("/", 1)[1]]
    champs = []
    for nom, champ in forme.get("properties", {}).items():
        references = [champ, *champ.get("allOf", []), *champ.get("oneOf", []), champ.get("items", {})]
        nature = champ.get("type") or next((r["$ref"].rsplit("/", 1)[1] for r in references if "$ref" in r), "")
        champs.append({"nom": nom, "nature": nature, "description": champ.get("description", "")})
    return champs
