"""Curves drawn by the server: numbers in, shapes out. The page has the same figures in a table beside."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

LARGEUR, HAUTEUR, MARGE = 120, 32, 3


@dataclass(frozen=True, slots=True)
class Courbe:
    """A line in a box `largeur` × `hauteur`: `trace` is the `d` of a path; the last point is marked.

    A day without a figure breaks the line; one alone between two of them is a dot. A figure that never moves is
    drawn in the middle.
    """

    trace: str
    x: float
    y: float
    largeur: int = LARGEUR
    hauteur: int = HAUTEUR

    @property
    def cx(self) -> str:
        """As a shape writes it, whatever the language of the page."""
        return f"{self.x:.1f}"

    @property
    def cy(self) -> str:
        return f"{self.y:.1f}"


def draw_courbe(
    valeurs: Sequence[Decimal | None],
    *,
    largeur: int = LARGEUR,
    hauteur: int = HAUTEUR,
    bornes: tuple[Decimal, Decimal] | None = None,
) -> Courbe | None:
    """None when fewer than two days have a figure: one point says nothing of a movement.

    `bornes`: the lowest and the highest of a scale shared with other curves.
    """
    connues = [valeur for valeur in valeurs if valeur is not None]
    if len(connues) < 2:
        return None
    bas, haut = bornes or (min(connues), max(connues))
    fond, etendue = hauteur - MARGE, float(haut - bas)
    pas = (largeur - 2 * MARGE) / (len(valeurs) - 1)
    echelle = (hauteur - 2 * MARGE) / etendue if etendue else 0.0
    milieu = round(fond - (hauteur - 2 * MARGE) / 2, 1)
    points = [
        None
        if valeur is None
        else (round(MARGE + rang * pas, 1), round(fond - float(valeur - bas) * echelle, 1) if etendue else milieu)
        for rang, valeur in enumerate(valeurs)
    ]
    morceaux = []
    for rang, point in enumerate(points):
        if point is None:
            continue
        suit = rang > 0 and points[rang - 1] is not None
        seul = not suit and (rang + 1 == len(points) or points[rang + 1] is None)
        morceaux.append(f"{'L' if suit else 'M'}{point[0]:g} {point[1]:g}{'h0' if seul else ''}")
    dernier = next(point for point in reversed(points) if point is not None)
    return Courbe("".join(morceaux), dernier[0], dernier[1], largeur, hauteur)


def find_bornes(series: Sequence[Sequence[Decimal | None]]) -> tuple[Decimal, Decimal] | None:
    """The scale that small multiples share, so that two of them may be compared by eye."""
    connues = [valeur for serie in series for valeur in serie if valeur is not None]
    return (min(connues), max(connues)) if connues else None


@dataclass(frozen=True, slots=True)
class Vignette:
    """One of the small multiples. `repere`: the curve that all of them repeat, dashed, to compare with by eye."""

    courbe: Courbe
    repere: Courbe | None
    bas: str
    haut: str


LARGEUR_VIGNETTE, HAUTEUR_VIGNETTE = 240, 84


def draw_vignette(
    valeurs: Sequence[Decimal | None],
    repere: Sequence[Decimal | None] | None,
    bornes: tuple[Decimal, Decimal],
    textes: tuple[str, str],
) -> Vignette | None:
    """`bornes` and what is written of them. None as for a curve: fewer than two days have a figure."""
    taille = {"largeur": LARGEUR_VIGNETTE, "hauteur": HAUTEUR_VIGNETTE}
    courbe = draw_courbe(valeurs, bornes=bornes, **taille)
    if courbe is None:
        return None
    derriere = draw_courbe(repere, bornes=bornes, **taille) if repere is not None else None
    return Vignette(courbe, derriere, *textes)
