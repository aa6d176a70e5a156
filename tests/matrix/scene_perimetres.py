"""The perimeters and the lists of CPTS of the matrix, as the administration names them: one in each département."""

from typing import Any

from cpts.models import ListeCpts

REGIONS = {"71": "27", "69": "84"}


def build_perimetres(scene: Any) -> None:
    """The perimeters are the drafts of `scene_cpts`; nobody owns one in the administration."""
    brouillons = scene.objets["cpts_perimetre"]
    scene.objets["perimetre"] = {relation: brouillons[relation].split()[1] for relation in ("dans_71", "dans_69")}
    scene.objets["listecpts"] = {f"dans_{code}": make_liste(code, region) for code, region in REGIONS.items()}
    scene.siens |= {"perimetre": {}, "listecpts": {}}


def make_liste(departement: str, region: str) -> str:
    liste = ListeCpts.objects.create(
        nom="essai.csv", empreinte="0" * 64, region_code=region, departement_code=departement
    )
    return str(liste.pk)
