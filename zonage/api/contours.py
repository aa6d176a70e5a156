"""The outline of a commune, as GeoJSON."""

from django.http import HttpResponse
from rest_framework import exceptions
from rest_framework.request import Request

from portal.core.api.rendu import GeoJsonRenderer, dump_json
from portal.core.api.schema import Documentation
from portal.core.api.vues import ApiView
from zonage.api.communes import CHEMIN_CODE, check_code, find_commune
from zonage.api.formes import ContourSerializer
from zonage.contours import contour_commune, fichier_contours

CACHE_CONTOUR = "public, max-age=86400, stale-while-revalidate=604800"


class ContourView(ApiView):
    renderer_classes = (GeoJsonRenderer,)
    doc = Documentation(
        nom="commune_contour",
        resume="Lire le contour d'une commune",
        description="Le contour simplifié, pour dessiner une carte, en GeoJSON (WGS 84). Il ne sert pas à mesurer.",
        etiquette="Territoire",
        reponse=ContourSerializer,
        chemin=CHEMIN_CODE,
        introuvable="Le contour de cette commune n'est pas disponible.",
    )

    def get(self, request: Request, code: str) -> HttpResponse:
        check_code(code)
        ligne, _ = find_commune(code)
        geometrie = contour_commune(ligne["code_insee"])
        if geometrie is None:
            raise exceptions.NotFound("Le contour de cette commune n'est pas disponible.")
        contour = {
            "type": "Feature",
            "id": ligne["code_insee"],
            "properties": {"code": ligne["code_insee"], "nom": ligne["nom"], "departement": ligne["departement_id"]},
            "geometry": geometrie,
        }
        empreinte = fichier_contours(ligne["departement_id"]).empreinte
        etag = f"{ligne['code_insee']}-{empreinte}"
        return self.answer_bytes(lambda: dump_json(contour), etag=etag, cache=CACHE_CONTOUR)
