"""CPTS as data: the list, one of them on a day, and the contours of its communes."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from rest_framework import exceptions
from rest_framework.request import Request

from cpts.api.formes import ContourCptsSerializer, CptsSerializer, PageCptsSerializer
from cpts.api.structures import CODE_CPTS, DEPARTEMENT, REGION, TEXTE, build_choix
from cpts.enums import StatutCpts
from cpts.lecture_perimetres import find_perimetre, list_codes, read_unites
from cpts.models import Cpts, Perimetre, Structure
from portal.core.api.parametres import AU
from portal.core.api.problemes import RequeteInvalide
from portal.core.api.rendu import GeoJsonRenderer
from portal.core.api.schema import Documentation
from portal.core.api.vues import PAGINATION, ApiView, build_page
from zonage.contours import contour_commune

STRUCTURES_MAX = 1_000
CHEMIN = {
    "code": ("Code de la CPTS.", {"type": "string", "pattern": f"^{CODE_CPTS.pattern}$"}, "71-chalonnais"),
}
CODE_FAUX = "Le code d'une CPTS a de 2 à 20 minuscules, chiffres ou tirets, par exemple 71-chalonnais."
EXEMPLE = {
    "code": "71-exemple",
    "nom": "CPTS exemple",
    "statut": "aci_signe",
    "departement": "71",
    "region": "27",
    "aci_signe_le": "2024-09-27",
    "aci_fin_le": "2029-09-27",
    "perimetre": {"depuis": "2024-01-01", "population": 130000, "millesime": 2023, "taille": 3},
    "demonstration": True,
}


def dump(cpts: Cpts, perimetre: Perimetre | None) -> dict[str, Any]:
    return {
        "code": cpts.code,
        "nom": cpts.nom,
        "statut": cpts.statut,
        "departement": cpts.departement_code,
        "region": cpts.region_code,
        "aci_signe_le": cpts.aci_signe_le,
        "aci_fin_le": cpts.aci_fin_le,
        "perimetre": dump_perimetre(perimetre),
        "demonstration": cpts.demonstration,
    }


def dump_perimetre(perimetre: Perimetre | None) -> dict[str, Any] | None:
    if perimetre is None or perimetre.periode is None:
        return None
    return {
        "depuis": perimetre.periode.lower,
        "population": perimetre.population,
        "millesime": perimetre.millesime_population,
        "taille": perimetre.taille,
    }


def find_cpts(code: str) -> Cpts:
    """Raises 400 for what is no code, 404 for an unknown one."""
    if not CODE_CPTS.fullmatch(code):
        raise RequeteInvalide(erreurs={"code": [CODE_FAUX]})
    cpts = Cpts.objects.filter(code=code).first()
    if cpts is None:
        raise exceptions.NotFound(f"Aucune CPTS n'a le code {code}.")
    return cpts


class CptsListeView(ApiView):
    parametres = (
        build_choix("statut", "L'état ; tous par défaut.", StatutCpts.values),
        DEPARTEMENT,
        REGION,
        TEXTE,
        AU,
        *PAGINATION,
    )
    doc = Documentation(
        nom="cpts_liste",
        resume="Lister les CPTS",
        description="Les communautés professionnelles territoriales de santé, par ordre de nom, avec le périmètre en "
        "vigueur le jour lu. L'état est celui d'aujourd'hui.",
        etiquette="Coordination",
        reponse=PageCptsSerializer,
        introuvable="La page 9 n'existe pas : il y en a 1.",
        exemple={"total": 1, "page": 1, "pages": 1, "precedente": None, "suivante": None, "resultats": [EXEMPLE]},
    )

    def get(self, request: Request) -> HttpResponse:
        lus = self.lus
        lignes = Cpts.objects.order_by("nom", "code")
        for nom, champ in {"statut": "statut", "departement": "departement_code", "region": "region_code"}.items():
            if lus[nom]:
                lignes = lignes.filter(**{champ: lus[nom]})
        if lus["q"]:
            lignes = lignes.filter(nom__icontains=lus["q"])
        page = build_page(request, lignes, page=lus["page"], taille=lus["taille"])
        resultats = list(page["resultats"])
        perimetres = read_perimetres([cpts.code for cpts in resultats], lus["au"])
        page["resultats"] = [dump(cpts, perimetres.get(cpts.code)) for cpts in resultats]
        return self.answer(page)


def read_perimetres(codes: list[str], au: date) -> dict[str, Perimetre]:
    lus = Perimetre.objects.filter(cpts__in=codes, statut="approuve", periode__contains=au)
    return {perimetre.cpts_id: perimetre for perimetre in lus.order_by("pk")}


class CptsView(ApiView):
    parametres = (AU,)
    doc = Documentation(
        nom="cpts_detail",
        resume="Lire une CPTS",
        description="Une CPTS, son périmètre le jour lu, les communes d'aujourd'hui qui le font, ses structures.",
        etiquette="Coordination",
        reponse=CptsSerializer,
        chemin=CHEMIN,
        introuvable="Aucune CPTS n'a le code 71-inconnue.",
    )

    def get(self, request: Request, code: str) -> HttpResponse:
        cpts, au = find_cpts(code), self.lus["au"]
        perimetre = find_perimetre(cpts.code, au)
        siennes = Structure.objects.filter(cpts=cpts).order_by("pk").values_list("pk", flat=True)
        return self.answer(
            {
                **dump(cpts, perimetre),
                "au": au,
                "communes": sorted(read_unites(list_codes(perimetre))),
                "structures": list(siennes[:STRUCTURES_MAX]),
            }
        )


class ContourCptsView(ApiView):
    renderer_classes = (GeoJsonRenderer,)
    parametres = (AU,)
    doc = Documentation(
        nom="cpts_contour",
        resume="Lire le territoire d'une CPTS sur une carte",
        description="Les communes du périmètre le jour lu, en GeoJSON (WGS 84). Les contours sont simplifiés.",
        etiquette="Coordination",
        reponse=ContourCptsSerializer,
        chemin=CHEMIN,
        introuvable="Aucune CPTS n'a le code 71-inconnue.",
    )

    def get(self, request: Request, code: str) -> HttpResponse:
        cpts = find_cpts(code)
        unites = read_unites(list_codes(find_perimetre(cpts.code, self.lus["au"])))
        formes = {unite: contour_commune(unite) for unite in sorted(unites)}
        return self.answer(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "id": unite,
                        "properties": {"code": unite, "nom": unites[unite].nom},
                        "geometry": geometrie,
                    }
                    for unite, geometrie in formes.items()
                    if geometrie is not None
                ],
                "sans_contour": [unite for unite, geometrie in formes.items() if geometrie is None],
            }
        )
