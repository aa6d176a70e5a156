"""Communes: search, list and detail."""

import re
from typing import Any, ClassVar

import orjson
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.http import HttpResponse
from django_filters import rest_framework as filters
from rest_framework import exceptions
from rest_framework.request import Request

from portal.core.api.parametres import Parametre, read_choix
from portal.core.api.problemes import RequeteInvalide
from portal.core.api.schema import Documentation
from portal.core.api.vues import PAGINATION, ApiView, build_page
from portal.core.requetes import RequeteCompilee
from zonage.api.formes import CommuneSerializer, PageCommunesSerializer
from zonage.enums import TypeCommune
from zonage.models import AncienneCommune, Commune
from zonage.recherche import CommuneInconnue, Resolution, resolve_commune, search_communes

CODE_INSEE = re.compile(r"([013-9][0-9]|2[0-9AB])[0-9]{3}", re.ASCII)
RECHERCHE_MAX = 100
ANCIENNES_MAX = 200
CHEMIN_CODE = {
    "code": (
        "Code INSEE de la commune, actuel ou ancien.",
        {"type": "string", "pattern": f"^{CODE_INSEE.pattern}$"},
        "71076",
    )
}
SANS_DETOUR = {"via": None, "depuis": None}
CODE_FAUX = "Un code INSEE a cinq caractères, par exemple 71076 ou 2A004."
COLONNES = {
    "code": "code_insee",
    "nom": "nom",
    "type": "type",
    "departement_code": "departement_id",
    "departement_nom": "departement__nom",
    "region_code": "departement__region_id",
    "region_nom": "departement__region__nom",
    "codes_postaux": "codes_postaux",
    "population": "population",
}
DETAIL = (
    *COLONNES.values(),
    *("epci_id", "epci__nom", "epci__nature", "parent_id", "millesime_population"),
    *("population_0_19", "population_20_64", "population_65_plus"),
    *("longitude", "latitude", "mairie_longitude", "mairie_latitude", "voisines"),
)


def read_code(texte: str, forme: re.Pattern[str], exemple: str) -> str:
    if not forme.fullmatch(texte):
        raise ValueError(f"Ce code n'a pas la forme attendue, par exemple {exemple}.")
    return texte


def _code(nom: str, description: str, forme: str, exemple: str) -> Parametre:
    motif = re.compile(forme, re.ASCII)
    schema = {"type": "string", "pattern": f"^{forme}$"}
    return Parametre(nom, lambda texte: read_code(texte, motif, exemple), description, schema, exemple=exemple)


def check_code(code: str) -> None:
    """Raise 400 unless `code` looks like an INSEE code: a slip is not an unknown commune."""
    if not CODE_INSEE.fullmatch(code):
        raise RequeteInvalide(erreurs={"code": [CODE_FAUX]})


class CommuneFilterSet(filters.FilterSet):
    departement = filters.CharFilter(field_name="departement_id")
    region = filters.CharFilter(field_name="departement__region_id")
    epci = filters.CharFilter(field_name="epci_id")
    type = filters.ChoiceFilter(choices=TypeCommune.choices)

    class Meta:
        model = Commune
        fields: ClassVar[list[str]] = []


class CommunesView(ApiView):
    """The list, in the order of names; with `q`, in the order of relevance (at most RECHERCHE_MAX)."""

    parametres = (
        Parametre(
            "q",
            str.strip,
            "Nom, code postal, code INSEE, ancien nom ou ancien code. Accents, casse et fautes légères sont admis. "
            f"Au plus {RECHERCHE_MAX} communes, de la plus à la moins pertinente.",
            {"type": "string", "maxLength": 200},
            exemple="chalon",
        ),
        _code("departement", "Code du département.", "([0-9]{2}|2[AB]|9[78][0-9])", "71"),
        _code("region", "Code INSEE de la région.", "[0-9]{2,3}", "27"),
        _code("epci", "Numéro SIREN de l'intercommunalité.", "[0-9]{9}", "247100589"),
        Parametre(
            "type",
            lambda texte: read_choix(texte, TypeCommune.values),
            "COM : communes. ARM : arrondissements municipaux de Paris, Lyon et Marseille. Les deux par défaut.",
            {"type": "string", "enum": TypeCommune.values},
        ),
        *PAGINATION,
    )
    doc = Documentation(
        nom="communes_liste",
        resume="Chercher et lister les communes",
        description="Les communes du code officiel géographique, par ordre de nom, ou de pertinence avec « q ».",
        etiquette="Territoire",
        reponse=PageCommunesSerializer,
        introuvable="La page 9 n'existe pas : il y en a 2.",
        exemple={
            "total": 1,
            "page": 1,
            "pages": 1,
            "precedente": None,
            "suivante": None,
            "resultats": [
                {
                    "code": "71076",
                    "nom": "Chalon-sur-Saône",
                    "type": "COM",
                    "departement": {"code": "71", "nom": "Saône-et-Loire"},
                    "region": {"code": "27", "nom": "Bourgogne-Franche-Comté"},
                    "codes_postaux": ["71100"],
                    "population": 45031,
                    "via": None,
                    "depuis": None,
                }
            ],
        },
    )

    def get(self, request: Request) -> HttpResponse:
        lus = self.lus
        choisis = {nom: lus[nom] or "" for nom in ("departement", "region", "epci", "type")}
        communes = CommuneFilterSet(choisis, queryset=Commune.objects.order_by("cle_tri", "code_insee")).qs
        if lus["q"]:
            page = self._search(request, communes)
        else:
            page = build_page(request, communes.values(*COLONNES.values()), page=lus["page"], taille=lus["taille"])
            page["resultats"] = [_build_resume(ligne) | SANS_DETOUR for ligne in page["resultats"]]
        return self.answer(page)

    def _search(self, request: Request, communes: Any) -> dict[str, Any]:
        q = self.lus["q"]
        if self.lus["departement"] and not any(caractere.isdigit() for caractere in q):
            q = f"{q} {self.lus['departement']}"  # the search reads « Saint-Martin 71 », before its own limit
        propositions = search_communes(q, limite=RECHERCHE_MAX)
        codes = [proposition.code for proposition in propositions]
        lignes = {ligne["code_insee"]: ligne for ligne in communes.filter(pk__in=codes).values(*COLONNES.values())}
        gardees = [proposition for proposition in propositions if proposition.code in lignes]
        page = build_page(request, gardees, page=self.lus["page"], taille=self.lus["taille"])
        page["resultats"] = [
            _build_resume(lignes[proposition.code]) | {"via": proposition.via, "depuis": proposition.depuis}
            for proposition in page["resultats"]
        ]
        return page


def _build_resume(ligne: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": ligne["code_insee"],
        "nom": ligne["nom"],
        "type": ligne["type"],
        "departement": {"code": ligne["departement_id"], "nom": ligne["departement__nom"]},
        "region": {"code": ligne["departement__region_id"], "nom": ligne["departement__region__nom"]},
        "codes_postaux": ligne["codes_postaux"],
        "population": ligne["population"],
    }


def _select_commune(code: str) -> QuerySet[Commune, dict[str, Any]]:
    """The commune and its former ones in one query: a round trip costs more than what it carries."""
    anciennes = (
        AncienneCommune.objects.filter(commune_id=OuterRef("pk"))
        .order_by("code_insee", "nom")
        .values(json=JSONObject(code="code_insee", nom="nom", depuis="depuis"))[:ANCIENNES_MAX]
    )
    communes = Commune.objects.filter(pk=code).order_by()
    return communes.values(*DETAIL).annotate(anciennes_json=ArraySubquery(anciennes))


UNE_COMMUNE = RequeteCompilee(_select_commune, code="@code@")


def find_commune(code: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The columns of today's commune, and what the code asked was when it is a former one. Raises 404.

    One query when the code is current.
    """
    if lignes := UNE_COMMUNE.lignes(code=code):
        return lignes[0], None
    try:
        resolution = resolve_commune(code)
    except CommuneInconnue as erreur:
        raise exceptions.NotFound(str(erreur)) from erreur
    return UNE_COMMUNE.lignes(code=resolution.commune.code_insee)[0], dump_ancienne(resolution)


def dump_ancienne(resolution: Resolution | None) -> dict[str, Any] | None:
    """What the code asked was, when it is a former one."""
    if resolution is None or resolution.ancien_code is None:
        return None
    return {"code": resolution.ancien_code, "nom": resolution.ancien_nom or "", "depuis": resolution.depuis}


class CommuneView(ApiView):
    doc = Documentation(
        nom="commune_detail",
        resume="Lire une commune",
        description="Une commune par son code INSEE. Un ancien code mène à la commune d'aujourd'hui et le dit "
        "dans « code_demande ».",
        etiquette="Territoire",
        reponse=CommuneSerializer,
        chemin=CHEMIN_CODE,
        introuvable="Aucune commune n'a le code 71999, ni ne l'a eu.",
    )

    def get(self, request: Request, code: str) -> HttpResponse:
        check_code(code)
        ligne, demandee = find_commune(code)
        return self.answer(
            {
                **_build_resume(ligne),
                "epci": _build_epci(ligne),
                "commune_mere": ligne["parent_id"],
                "population": {
                    "municipale": ligne["population"],
                    "millesime": ligne["millesime_population"],
                    "age_0_19": ligne["population_0_19"],
                    "age_20_64": ligne["population_20_64"],
                    "age_65_plus": ligne["population_65_plus"],
                },
                "centre": _build_point(ligne["longitude"], ligne["latitude"]),
                "mairie": _build_point(ligne["mairie_longitude"], ligne["mairie_latitude"]),
                "voisines": ligne["voisines"],
                "anciennes": [orjson.loads(ancienne) for ancienne in ligne["anciennes_json"]],
                "code_demande": demandee,
            }
        )


def _build_epci(ligne: dict[str, Any]) -> dict[str, Any] | None:
    if ligne["epci_id"] is None:
        return None
    return {"code": ligne["epci_id"], "nom": ligne["epci__nom"], "nature": ligne["epci__nature"]}


def _build_point(longitude: float | None, latitude: float | None) -> dict[str, float] | None:
    if longitude is None or latitude is None:
        return None
    return {"longitude": longitude, "latitude": latitude}
