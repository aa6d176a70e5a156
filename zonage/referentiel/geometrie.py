"""Dissolve the contours to today's communes, simplify them as one coverage, and find who touches whom.

A coverage is simplified by its shared edges, so two neighbours keep the very same border: no gap, no overlap.
Used by `construire` only (shapely is not a dependency of the portal).
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

METRE_PAR_DEGRE = 111_320.0
DECIMALES = 4


def territoire_de(code: str) -> str:
    """The landmass a code is drawn with: each overseas département is its own coverage."""
    return code[:3] if code.startswith("97") else "metropole"


def clean_coverage(formes: Mapping[str, BaseGeometry]) -> dict[str, BaseGeometry]:
    """The same polygons with edges that match exactly, landmass by landmass."""
    propres: dict[str, BaseGeometry] = {}
    for codes in _par_territoire(formes).values():
        nettes = shapely.coverage_clean([formes[code] for code in codes], gap_width=0.0002)
        propres |= dict(zip(codes, nettes, strict=True))
    return propres


def simplify(
    formes: Mapping[str, BaseGeometry], tolerance_m: float, *, fines: Collection[str] = (), fine_m: float = 0.0
) -> dict[str, BaseGeometry]:
    """Coverage simplification in metres (local equirectangular plane), then rounding; every code keeps a polygon.

    `fines` are simplified at `fine_m` only. The others are too, then once more at `tolerance_m` inside their outer
    boundary: the border between the two keeps the same points on both sides.
    """
    simples: dict[str, BaseGeometry] = {}
    for codes in _par_territoire(formes).values():
        origine = [_sans_ilots(formes[code], tolerance_m**2 / 4) for code in codes]
        latitude = math.radians(float(np.median(shapely.get_y(shapely.centroid(origine)))))
        echelle = np.array([METRE_PAR_DEGRE * math.cos(latitude), METRE_PAR_DEGRE])
        plan = shapely.transform(origine, lambda points, e=echelle: points * e)
        if fines:
            plan = np.asarray(shapely.coverage_simplify(plan, fine_m))
            autres = np.array([code not in fines for code in codes])
            plan[autres] = shapely.coverage_simplify(plan[autres], tolerance_m, simplify_boundary=False)
        else:
            plan = shapely.coverage_simplify(plan, tolerance_m)
        reduites = shapely.transform(plan, lambda points, e=echelle: points / e)
        simples |= {code: _arrondie(forme, avant) for code, forme, avant in zip(codes, reduites, origine, strict=True)}
    return simples


def _par_territoire(codes: Iterable[str]) -> dict[str, list[str]]:
    groupes: dict[str, list[str]] = defaultdict(list)
    for code in sorted(codes):
        groupes[territoire_de(code)].append(code)
    return groupes


def _sans_ilots(forme: BaseGeometry, minimum_m2: float) -> BaseGeometry:
    """Drop the islets too small to be seen at the scale asked, never the largest part."""
    parties = shapely.get_parts(forme)
    if len(parties) == 1:
        return parties[0]
    m2 = METRE_PAR_DEGRE**2 * math.cos(math.radians(shapely.get_y(shapely.centroid(forme))))
    surfaces = shapely.area(parties) * m2
    gardees = parties[(surfaces >= minimum_m2) | (surfaces == surfaces.max())]
    return gardees[0] if len(gardees) == 1 else shapely.multipolygons(gardees)


def _arrondie(forme: BaseGeometry, avant: BaseGeometry) -> BaseGeometry:
    for candidate, decimales in ((forme, DECIMALES), (avant, DECIMALES), (avant, 6)):
        parties = [
            p for partie in shapely.get_parts(candidate) if (p := _partie_arrondie(partie, decimales)) is not None
        ]
        if parties:
            return parties[0] if len(parties) == 1 else shapely.multipolygons(parties)
    raise ValueError("contour vide après simplification")


def _partie_arrondie(polygone: BaseGeometry, decimales: int) -> BaseGeometry | None:
    anneaux = [_anneau(shapely.get_coordinates(anneau), decimales) for anneau in shapely.get_rings(polygone)]
    if anneaux[0] is None:
        return None
    trous = [trou for trou in anneaux[1:] if trou is not None]
    return shapely.polygons(anneaux[0], trous or None)


def _anneau(points: np.ndarray, decimales: int) -> BaseGeometry | None:
    """Rounded ring without repeated points, or None when nothing with an area is left."""
    ronds = np.round(points, decimales)
    garde = np.concatenate(([True], np.any(ronds[1:] != ronds[:-1], axis=1)))
    ronds = ronds[garde]
    if len(np.unique(ronds, axis=0)) < 3:
        return None
    anneau = shapely.linearrings(ronds)
    return anneau if shapely.area(shapely.polygons(anneau)) > 0 else None


def neighbours(formes: Mapping[str, BaseGeometry]) -> dict[str, list[str]]:
    """Codes that share at least one edge, both ways. A corner is not a border."""
    codes = sorted(formes)
    proprietaires: dict[tuple[float, float, float, float], int] = {}
    voisins: dict[int, set[int]] = defaultdict(set)
    for rang, code in enumerate(codes):
        for anneau in shapely.get_rings(formes[code]):
            points = shapely.get_coordinates(anneau)
            for (x0, y0), (x1, y1) in zip(points[:-1].tolist(), points[1:].tolist(), strict=True):
                arete = (x0, y0, x1, y1) if (x0, y0) < (x1, y1) else (x1, y1, x0, y0)
                autre = proprietaires.setdefault(arete, rang)
                if autre != rang:
                    voisins[autre].add(rang)
                    voisins[rang].add(autre)
    return {code: sorted(codes[v] for v in voisins[rang]) for rang, code in enumerate(codes)}


def badly_shared(formes: Mapping[str, BaseGeometry]) -> list[str]:
    """Codes whose border does not match a neighbour's point for point: a gap or an overlap."""
    fautifs: list[str] = []
    for codes in _par_territoire(formes).values():
        aretes = shapely.coverage_invalid_edges([formes[code] for code in codes])
        fautifs += [code for code, arete in zip(codes, aretes, strict=True) if not shapely.is_empty(arete)]
    return sorted(fautifs)


def outlines(formes: Mapping[str, BaseGeometry], groupe_de: Mapping[str, str]) -> dict[str, BaseGeometry]:
    """One polygon a group (département, région): the union of its communes, without slivers."""
    groupes: dict[str, list[BaseGeometry]] = defaultdict(list)
    for code in sorted(formes):
        groupes[groupe_de[code]].append(formes[code])
    return {groupe: shapely.coverage_union_all(membres) for groupe, membres in sorted(groupes.items())}


def feature_collection(formes: Mapping[str, BaseGeometry], noms: Mapping[str, str]) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": code,
                "properties": {"code": code, "nom": noms[code]},
                "geometry": _geojson(formes[code]),
            }
            for code in sorted(formes)
        ],
    }


def _geojson(forme: BaseGeometry) -> dict[str, Any]:
    polygones = [
        [_points(anneau) for anneau in shapely.get_rings(p)] for p in shapely.get_parts(shapely.orient_polygons(forme))
    ]
    if len(polygones) == 1:
        return {"type": "Polygon", "coordinates": polygones[0]}
    return {"type": "MultiPolygon", "coordinates": polygones}


def _points(anneau: BaseGeometry) -> Sequence[list[float]]:
    return np.round(shapely.get_coordinates(anneau), 6).tolist()
