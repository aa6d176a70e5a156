"""The OpenAPI description, built from what each endpoint declares (`parametres`, `doc`) and from the common errors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer

from portal.core.api.parametres import Parametre
from portal.core.api.problemes import MEDIA_TYPE, PROBLEMES, build_probleme


@dataclass(frozen=True, slots=True)
class Documentation:
    """What a reader of the API needs to know of one endpoint. `chemin` describes the parts of the address."""

    nom: str
    resume: str
    description: str
    etiquette: str
    reponse: Any
    exemple: Any = None
    requete: Any = None
    exemple_requete: Any = None
    chemin: Mapping[str, tuple[str, Mapping[str, Any], str]] = field(default_factory=dict)
    introuvable: str = ""
    csv: bool = False
    """The answer is also a table, by `format=csv` or by the Accept header."""


class ProblemeSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """RFC 9457, with a stable `code` and the reasons field by field."""

    type = serializers.CharField(help_text="Adresse de l'explication, relative au portail.")
    title = serializers.CharField(help_text="Ce qui ne va pas, en quelques mots.")
    status = serializers.IntegerField(help_text="Le code HTTP de la réponse.")
    detail = serializers.CharField(help_text="Ce qui ne va pas et quoi faire.")
    code = serializers.ChoiceField(choices=[code for code, _, _ in PROBLEMES.values()], help_text="Code stable.")
    erreurs = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), help_text="Les raisons, champ par champ."
    )
    instance = serializers.CharField(required=False, help_text="Référence à donner au support (erreurs 5xx).")


class MaillageSchema(AutoSchema):
    """Reads `view.doc` (Documentation) and `view.parametres`: nothing is written twice."""

    @property
    def doc(self) -> Documentation:
        return self.view.doc  # type: ignore[attr-defined,no-any-return]

    @property
    def conditionnelle(self) -> bool:
        return bool(self.view.conditionnelle)  # type: ignore[attr-defined]

    def is_excluded(self) -> bool:
        return not hasattr(self.view, "doc")

    def get_operation_id(self) -> str:
        return self.doc.nom

    def get_summary(self) -> str:
        return self.doc.resume

    def get_description(self) -> str:  # type: ignore[override]
        return self.doc.description

    def get_tags(self) -> list[str]:
        return [self.doc.etiquette]

    def get_request_serializer(self) -> Any:
        return self.doc.requete

    def get_override_parameters(self) -> list[Any]:
        parametres: Sequence[Parametre] = self.view.parametres  # type: ignore[attr-defined]
        lus = [describe_parametre(parametre) for parametre in parametres]
        chemin = [
            OpenApiParameter(
                nom,
                type=dict(schema),  # type: ignore[arg-type]
                location=OpenApiParameter.PATH,
                required=True,
                description=description,
                examples=[OpenApiExample(exemple, value=exemple)],
            )
            for nom, (description, schema, exemple) in self.doc.chemin.items()
        ]
        entetes = [
            OpenApiParameter(
                "Retry-After",
                type=int,
                location=OpenApiParameter.HEADER,
                description="Secondes à attendre avant la prochaine requête.",
                response=[429, 503],
            )
        ]
        if self.method == "GET" and self.conditionnelle:
            entetes.append(
                OpenApiParameter(
                    "ETag",
                    type=str,
                    location=OpenApiParameter.HEADER,
                    description="Empreinte de la réponse, à renvoyer dans « If-None-Match ».",
                    response=[200, 304],
                )
            )
        return [*chemin, *lus, *entetes]

    def get_response_serializers(self) -> Any:
        exemples = [OpenApiExample("exemple", value=self.doc.exemple, response_only=True)] if self.doc.exemple else []
        reponses: dict[Any, Any] = {200: OpenApiResponse(self.doc.reponse, "Succès.", examples=exemples)}
        if self.doc.csv:
            reponses[200, "application/json"] = reponses.pop(200)
            reponses[200, "text/csv"] = OpenApiResponse(OpenApiTypes.STR, "Succès.")
        if self.method == "GET" and self.conditionnelle:
            reponses[304] = OpenApiResponse(None, "Inchangé depuis l'ETag donné dans « If-None-Match ».")
        statuts = [400, 406, 429, 500, 503]
        statuts += [404] if self.doc.introuvable else []
        statuts += [413, 415] if self.method == "POST" else []
        for statut in sorted(statuts):
            _, titre, _ = PROBLEMES[statut]
            detail = self.doc.introuvable if statut == 404 else ""
            exemple = OpenApiExample(f"erreur {statut}", value=build_probleme(statut, detail), response_only=True)
            reponses[statut, MEDIA_TYPE] = OpenApiResponse(ProblemeSerializer, f"{titre}.", examples=[exemple])
        return reponses

    def get_examples(self) -> list[OpenApiExample]:
        if self.doc.exemple_requete is None:
            return []
        return [OpenApiExample("exemple", value=self.doc.exemple_requete, request_only=True)]


def describe_parametre(parametre: Parametre) -> OpenApiParameter:
    exemples = [OpenApiExample(parametre.exemple, value=_type_exemple(parametre))] if parametre.exemple else []
    return OpenApiParameter(
        parametre.nom,
        type=dict(parametre.schema),  # type: ignore[arg-type]
        location=OpenApiParameter.QUERY,
        required=parametre.requis,
        description=parametre.description,
        examples=exemples,
        allow_blank=not parametre.requis,
    )


def _type_exemple(parametre: Parametre) -> Any:
    exemple = parametre.exemple or ""
    return int(exemple) if parametre.schema.get("type") == "integer" else exemple


class SchemaJsonRenderer(OpenApiJsonRenderer):
    media_type = "application/vnd.oai.openapi+json"
    format = "json"


class SchemaYamlRenderer(OpenApiYamlRenderer):
    media_type = "application/vnd.oai.openapi"
    format = "yaml"


class SchemaPlainJsonRenderer(OpenApiJsonRenderer):
    media_type = "application/json"
    format = "json"


class SchemaPlainYamlRenderer(OpenApiYamlRenderer):
    media_type = "application/yaml"
    format = "yaml"


SCHEMA_RENDERERS: tuple[type[BaseRenderer], ...] = (
    SchemaPlainJsonRenderer,
    SchemaJsonRenderer,
    SchemaYamlRenderer,
    SchemaPlainYamlRenderer,
)


def build_schema(urlconf: str) -> dict[str, Any]:
    """The whole OpenAPI document of these routes."""
    return SchemaGenerator(urlconf=urlconf).get_schema(request=None, public=True)  # type: ignore[no-any-return]
