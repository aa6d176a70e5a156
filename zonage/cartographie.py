"""Maps drawn by the server: contours in, SVG paths out. Nothing here reads the database.

Coordinates are whole units of the drawing (a thousand wide, more than the pixels of the place it takes): neighbours
share their rounded border, so no gap appears, and a path costs about five bytes a point.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, log, pi, radians, sin, tan
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from zonage.contours import fichier_contours

LARGEUR = 1000
MARGE = 6
Feature = Mapping[str, Any]
Points = list[tuple[float, float]]

# Drawn in a box of their own, below the hexagon: they are elsewhere, or too small to be seen at that scale.
ENCARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Petite couronne", ("75", "92", "93", "94")),
    ("Guadeloupe", ("971",)),
    ("Martinique", ("972",)),
    ("Guyane", ("973",)),
    ("La Réunion", ("974",)),
    ("Mayotte", ("976",)),
)
OUTRE_MER = ("971", "972", "973", "974", "975", "976", "977", "978", "984", "986", "987", "988", "989")

# Marseille, Lyon and Paris, by département: read and drawn by arrondissement.
MERES = {"13": "13055", "69": "69123", "75": "75056"}
ARRONDISSEMENT = re.compile(r"751[0-9]{2}|6938[0-9]|132[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Forme:
    """One territory: its code, its name and its path (`d` of SVG), possibly in several pieces."""

    code: str
    nom: str
    trace: str


@dataclass(frozen=True, slots=True)
class Encart:
    """A box of the map of France that has its own scale."""

    libelle: str
    x: int
    y: int
    largeur: int
    hauteur: int
    formes: tuple[Forme, ...]


@dataclass(frozen=True, slots=True)
class Planche:
    """A drawing: its size, its shapes, its boxes, and the outlines laid over them."""

    largeur: int
    hauteur: int
    formes: tuple[Forme, ...]
    encarts: tuple[Encart, ...] = ()
    limites: tuple[Forme, ...] = ()


def _anneaux(geometrie: Mapping[str, Any]) -> list[Sequence[Sequence[float]]]:
    """Every ring of a Polygon or MultiPolygon: the even-odd rule of the drawing makes holes of the inner ones."""
    if geometrie["type"] == "Polygon":
        return list(geometrie["coordinates"])
    if geometrie["type"] == "MultiPolygon":
        return [anneau for polygone in geometrie["coordinates"] for anneau in polygone]
    return []


def _conique(points: Points) -> Points:
    """Lambert's conic of metropolitan France (parallels 44° and 49°, meridian 3°), on the sphere: its usual look."""
    phi1, phi2, phi0 = radians(44), radians(49), radians(46.5)

    def colatitude(phi: float) -> float:
        return tan(pi / 4 + phi / 2)

    n = log(cos(phi1) / cos(phi2)) / log(colatitude(phi2) / colatitude(phi1))
    facteur = cos(phi1) * colatitude(phi1) ** n / n
    rho0 = facteur / colatitude(phi0) ** n
    projetes = []
    for longitude, latitude in points:
        rho = facteur / tan(pi / 4 + radians(latitude) / 2) ** n
        theta = n * radians(longitude - 3)
        projetes.append((rho * sin(theta), rho * cos(theta) - rho0))
    return projetes


def _plane(points: Points) -> Points:
    """Degrees flattened at the middle latitude of the points: right up to a région. South is down."""
    latitudes = [latitude for _, latitude in points]
    aplati = cos(radians((min(latitudes) + max(latitudes)) / 2))
    return [(longitude * aplati, -latitude) for longitude, latitude in points]


def _lignes(points: Sequence[tuple[int, int]]) -> str:
    """Relative moves from a first point; a point that rounds onto the one before is dropped."""
    x, y = points[0]
    morceaux = [f"M{x} {y}l"]
    separateur = ""
    for suivant_x, suivant_y in points[1:]:
        dx, dy = suivant_x - x, suivant_y - y
        if dx or dy:
            morceaux.append(f"{'' if dx < 0 else separateur}{dx}{'' if dy < 0 else ' '}{dy}")
            separateur = " "
            x, y = suivant_x, suivant_y
    return "".join(morceaux) + "z" if len(morceaux) > 3 else ""


def _dessine(
    features: Sequence[Feature], boite: tuple[int, int, int, int], *, conique: bool = False
) -> tuple[tuple[Forme, ...], int]:
    """The shapes of some features, scaled into a box (x, y, width, greatest height); also the height really used."""
    anneaux = [(indice, anneau) for indice, feature in enumerate(features) for anneau in _anneaux(feature["geometry"])]
    if not anneaux:
        return (), 0
    brut = [(point[0], point[1]) for _, anneau in anneaux for point in anneau]
    points = _conique(brut) if conique else _plane(brut)
    abscisses, ordonnees = [x for x, _ in points], [y for _, y in points]
    mini_x, mini_y = min(abscisses), min(ordonnees)
    etendue_x, etendue_y = max(max(abscisses) - mini_x, 1e-9), max(max(ordonnees) - mini_y, 1e-9)
    gauche, haut, largeur, hauteur = boite
    echelle = min((largeur - 2 * MARGE) / etendue_x, (hauteur - 2 * MARGE) / etendue_y)
    decalage_x, decalage_y = gauche + (largeur - etendue_x * echelle) / 2, haut + MARGE
    entiers = [
        (round((x - mini_x) * echelle + decalage_x), round((y - mini_y) * echelle + decalage_y)) for x, y in points
    ]
    traces = [""] * len(features)
    debut = 0
    premiers: dict[int, tuple[int, int]] = {}
    for indice, anneau in anneaux:
        premiers.setdefault(indice, entiers[debut])
        traces[indice] += _lignes(entiers[debut : debut + len(anneau)])
        debut += len(anneau)
    for indice, (x, y) in premiers.items():
        # A territory smaller than a unit of the drawing stays visible, and can be clicked.
        traces[indice] = traces[indice] or f"M{x - 1} {y - 1}h2v2h-2z"
    formes = tuple(
        Forme(feature["properties"]["code"], feature["properties"]["nom"], trace)
        for feature, trace in zip(features, traces, strict=True)
        if trace
    )
    return formes, int(etendue_y * echelle) + 2 * MARGE


def _features(noms: Iterable[str]) -> list[Feature]:
    """The outlines of some files; a file that is not shipped adds nothing, and the page says so."""
    features: list[Feature] = []
    for nom in noms:
        try:
            features += fichier_contours(nom).objet()["features"]
        except LookupError:
            continue
    return features


def fichiers_de(departements: Iterable[str]) -> list[str]:
    """The files that hold the communes of some départements, with the arrondissements of Paris, Lyon and Marseille."""
    codes = list(departements)
    return [*codes, "arrondissements"] if any(code in MERES for code in codes) else codes


def _features_communes(departements: Sequence[str]) -> list[Feature]:
    """The communes of some départements; arrondissements take the place of their commune, the unit of the zonings."""
    meres = {MERES[code] for code in departements if code in MERES}
    communes = [feature for feature in _features(departements) if feature["properties"]["code"] not in meres]
    if meres:
        for feature in _features(["arrondissements"]):
            if feature["properties"]["code"][:2] in departements:
                communes.append(feature)
    return communes


@lru_cache(maxsize=1)
def planche_france() -> Planche:
    """Every département: the hexagon and Corsica at one scale, the others and the petite couronne in boxes below."""
    par_code = {feature["properties"]["code"]: feature for feature in _features(["departements"])}
    metropole = [feature for code, feature in par_code.items() if code not in OUTRE_MER]
    formes, hauteur = _dessine(metropole, (0, 0, LARGEUR, 1200), conique=True)
    encarts = []
    cote = LARGEUR // len(ENCARTS)
    for rang, (libelle, codes) in enumerate(ENCARTS):
        features = [par_code[code] for code in codes if code in par_code]
        x, y = rang * cote, hauteur + 12
        dessin, _ = _dessine(features, (x + 4, y + 30, cote - 8, cote - 38))
        if dessin:
            encarts.append(Encart(libelle, x + 2, y, cote - 4, cote, dessin))
    return Planche(LARGEUR, hauteur + (cote + 16 if encarts else 0), formes, tuple(encarts))


@lru_cache(maxsize=40)
def planche_communes(departements: tuple[str, ...]) -> Planche:
    """Every commune of one département, or of the départements of a région, with the outlines of the départements."""
    communes = _features_communes(departements)
    limites = [feature for feature in _features(["departements"]) if feature["properties"]["code"] in departements]
    formes, hauteur = _dessine([*communes, *limites], (0, 0, LARGEUR, 1300))
    codes = set(departements)
    return Planche(
        LARGEUR,
        hauteur,
        tuple(forme for forme in formes if forme.code not in codes),
        limites=tuple(forme for forme in formes if forme.code in codes),
    )


def planche_choisie(codes: frozenset[str], departements: Iterable[str]) -> Planche:
    """Some communes only (one and its neighbours), found in the files of the départements they are in."""
    noms = [*departements, *(["arrondissements"] if any(ARRONDISSEMENT.fullmatch(code) for code in codes) else [])]
    features = [feature for feature in _features(noms) if feature["properties"]["code"] in codes]
    formes, hauteur = _dessine(features, (0, 0, LARGEUR, 800))
    return Planche(LARGEUR, hauteur, formes)


MOTIFS = {
    "zip": "plein",
    "zac": "diagonale",
    "vigilance": "points",
    "zar": "horizontale",
    "hors_zonage": "plein",
    "tres_sous_dotee": "plein",
    "sous_dotee": "diagonale",
    "intermediaire": "plein",
    "tres_dotee": "points",
    "sur_dotee": "croix",
    "non_prioritaire": "plein",
    "adresse_requise": "verticale",
    "inconnu": "plein",
}
"""Colour is never alone: a class has a motif too, on the drawing, the interactive map and in the legend."""
SANS_VALEUR = "#e5e5e5"


@dataclass(frozen=True, slots=True)
class Apparence:
    """How a class is filled: its colour, its motif, and the ink of the motif, that contrasts with the colour."""

    code: str
    libelle: str
    couleur: str
    motif: str
    encre: str

    @property
    def remplissage(self) -> str:
        """What `fill` takes. A plain colour rather than a pattern without mark: patterns are slow to paint."""
        return self.couleur if self.motif == "plein" else f"url(#motif-{self.code})"


def build_apparence(code: str, libelle: str, couleur: str) -> Apparence:
    rouge, vert, bleu = (int(couleur[debut : debut + 2], 16) for debut in (1, 3, 5))
    sombre = 0.299 * rouge + 0.587 * vert + 0.114 * bleu < 140
    return Apparence(code, libelle, couleur, MOTIFS.get(code, "horizontale"), "#ffffff" if sombre else "#161616")


def svg_formes(
    formes: Iterable[Forme], remplissages: Mapping[str, str], liens: Mapping[str, str], titres: Mapping[str, str]
) -> SafeString:
    """One linked path a shape. The links are for the pointer: the keyboard and readers use the table beside."""
    morceaux = []
    for forme in formes:
        remplissage = escape(remplissages.get(forme.code, SANS_VALEUR))
        titre = escape(titres.get(forme.code, forme.nom))
        dessin = f'<path fill="{remplissage}" d="{forme.trace}"><title>{titre}</title></path>'
        lien = liens.get(forme.code)
        morceaux.append(f'<a href="{escape(lien)}" tabindex="-1">{dessin}</a>' if lien else dessin)
    return mark_safe("".join(morceaux))  # noqa: S308 — every value above is escaped; paths are digits we wrote


def svg_fusion(formes: Iterable[Forme], remplissages: Mapping[str, str]) -> SafeString:
    """One path a filling: a région has thousands of communes, too many for a link each."""
    traces = fusionne(formes, remplissages, SANS_VALEUR)
    return mark_safe("".join(f'<path fill="{escape(fond)}" d="{trace}"/>' for fond, trace in traces))  # noqa: S308


def svg_limites(formes: Iterable[Forme], liens: Mapping[str, str], titres: Mapping[str, str]) -> SafeString:
    """Outlines above the communes, transparent to the eye but not to the pointer."""
    return mark_safe(  # noqa: S308
        "".join(
            f'<a href="{escape(liens.get(forme.code, ""))}" tabindex="-1"><path fill="transparent" d="{forme.trace}">'
            f"<title>{escape(titres.get(forme.code, forme.nom))}</title></path></a>"
            for forme in formes
        )
    )


def fusionne(formes: Iterable[Forme], cles: Mapping[str, str], defaut: str) -> list[tuple[str, str]]:
    """One path a class, for maps of thousands of shapes: (class, path), in the order the classes are met."""
    traces: dict[str, list[str]] = {}
    for forme in formes:
        traces.setdefault(cles.get(forme.code, defaut), []).append(forme.trace)
    return [(cle, "".join(morceaux)) for cle, morceaux in traces.items()]


@lru_cache(maxsize=40)
def _etalonnage(departements: tuple[str, ...]) -> tuple[float, float, float, float, float, float, float, float]:
    """The frame of `planche_communes`: degrees west, south, east, north; flattening; scale; and its two offsets."""
    limites = [feature for feature in _features(["departements"]) if feature["properties"]["code"] in departements]
    features = [*_features_communes(departements), *limites]
    points = [(p[0], p[1]) for feature in features for anneau in _anneaux(feature["geometry"]) for p in anneau]
    if not points:
        return (0.0,) * 8
    longitudes, latitudes = [x for x, _ in points], [y for _, y in points]
    ouest, sud, est, nord = min(longitudes), min(latitudes), max(longitudes), max(latitudes)
    aplati = cos(radians((sud + nord) / 2))
    largeur, hauteur = max((est - ouest) * aplati, 1e-9), max(nord - sud, 1e-9)
    echelle = min((LARGEUR - 2 * MARGE) / largeur, (1300 - 2 * MARGE) / hauteur)
    return ouest, sud, est, nord, aplati, echelle, (LARGEUR - largeur * echelle) / 2, float(MARGE)


def place_points(
    departements: tuple[str, ...], points: Mapping[int, tuple[float, float]]
) -> dict[int, tuple[int, int]]:
    """Where points (longitude, latitude) fall on `planche_communes(departements)`; those outside it are left out."""
    ouest, sud, est, nord, aplati, echelle, gauche, haut = _etalonnage(departements)
    return {
        cle: (round((x - ouest) * aplati * echelle + gauche), round((nord - y) * echelle + haut))
        for cle, (x, y) in points.items()
        if ouest <= x <= est and sud <= y <= nord
    }
