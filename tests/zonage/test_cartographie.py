"""The drawing of the server: complete, without gap, inside its frame, readable without colour."""

import re
from itertools import pairwise

import pytest

from zonage import cartographie
from zonage.contours import fichier_contours
from zonage.services.niveaux import NIVEAUX

TRACE = re.compile(r"(?:M-?\d+ -?\d+(?:l(?:-?\d+[ ]?)+z|h2v2h-2z))+")
NOMBRE = re.compile(r"-?\d+")


def anneaux(trace):
    """The absolute points of each ring of a path."""
    for morceau in trace.split("M")[1:]:
        depart, _, suite = morceau.partition("l")
        if not suite:
            continue
        x, y = (int(nombre) for nombre in NOMBRE.findall(depart))
        points = [(x, y)]
        pas = [int(nombre) for nombre in NOMBRE.findall(suite)]
        for dx, dy in zip(pas[::2], pas[1::2], strict=True):
            x, y = x + dx, y + dy
            points.append((x, y))
        yield points


def aire(trace):
    """Area by the shoelace formula; a ring that turns the other way is a hole."""
    return abs(
        sum(
            sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, [*points[1:], points[0]], strict=True)) / 2
            for points in anneaux(trace)
        )
    )


def test_france_has_every_departement_once_and_those_overseas_in_boxes():
    planche = cartographie.planche_france()
    principales = [forme.code for forme in planche.formes]
    assert len(principales) == len(set(principales)) == 96
    assert {"2A", "2B", "75"} <= set(principales)
    encarts = {encart.libelle: [forme.code for forme in encart.formes] for encart in planche.encarts}
    assert encarts["Petite couronne"] == ["75", "92", "93", "94"]
    assert encarts["Mayotte"] == ["976"]
    for encart in planche.encarts:
        for forme in encart.formes:
            for points in anneaux(forme.trace):
                assert all(encart.x <= x <= encart.x + encart.largeur for x, _ in points)
                assert all(encart.y <= y <= encart.y + encart.hauteur for _, y in points)


@pytest.mark.parametrize(
    "departements", [("71",), ("2A", "2B"), ("974",), ("21", "25", "39", "58", "70", "71", "89", "90")]
)
def test_a_drawing_has_every_commune_inside_its_frame(departements):
    planche = cartographie.planche_communes(departements)
    attendues = {f["properties"]["code"] for d in departements for f in fichier_contours(d).objet()["features"]}
    assert {forme.code for forme in planche.formes} == attendues
    for forme in planche.formes:
        assert TRACE.fullmatch(forme.trace), forme.trace[:80]
        for points in anneaux(forme.trace):
            assert all(0 <= x <= planche.largeur and 0 <= y <= planche.hauteur for x, y in points)


def test_communes_fill_their_departement_without_gap_or_overlap():
    planche = cartographie.planche_communes(("71",))
    communes = sum(aire(forme.trace) for forme in planche.formes)
    assert communes == pytest.approx(aire(planche.limites[0].trace), rel=0.01)


def test_north_is_up():
    planche = cartographie.planche_france()
    hauteurs = {forme.code: min(y for points in anneaux(forme.trace) for _, y in points) for forme in planche.formes}
    assert hauteurs["59"] < hauteurs["75"] < hauteurs["13"] < hauteurs["2A"]


def test_paris_lyon_and_marseille_are_drawn_by_arrondissement():
    codes = {forme.code for forme in cartographie.planche_communes(("69",)).formes}
    assert "69123" not in codes
    assert {f"6938{rang}" for rang in range(1, 10)} <= codes
    assert "13201" not in codes


def test_a_territory_without_contours_draws_nothing():
    assert cartographie.planche_communes(("999",)).formes == ()


def test_names_are_escaped_in_the_drawing():
    forme = cartographie.Forme("71001", "<script>x</script>", "M0 0l1 0 0 1z")
    svg = cartographie.svg_formes([forme], {"71001": '"><b>'}, {"71001": '/c/"x'}, {})
    assert "<script>" not in svg
    assert "<b>" not in svg
    assert '/c/"x' not in svg


def test_every_shape_of_a_class_is_in_its_merged_path():
    formes = [cartographie.Forme(str(rang), "", f"M{rang} 0l1 0 0 1z") for rang in range(4)]
    fusion = dict(cartographie.fusionne(formes, {"0": "zip", "2": "zip", "3": "zac"}, "inconnu"))
    assert fusion == {"zip": "M0 0l1 0 0 1zM2 0l1 0 0 1z", "inconnu": "M1 0l1 0 0 1z", "zac": "M3 0l1 0 0 1z"}


def luminance(couleur):
    canaux = [int(couleur[debut : debut + 2], 16) / 255 for debut in (1, 3, 5)]
    lineaires = [canal / 12.92 if canal <= 0.04045 else ((canal + 0.055) / 1.055) ** 2.4 for canal in canaux]
    return 0.2126 * lineaires[0] + 0.7152 * lineaires[1] + 0.0722 * lineaires[2]


@pytest.mark.parametrize("niveau", NIVEAUX, ids=lambda niveau: niveau["code"])
def test_the_ink_of_a_motif_stands_out_on_its_colour(niveau):
    apparence = cartographie.build_apparence(niveau["code"], niveau["libelle"], niveau["couleur"])
    sombre, clair = sorted([luminance(apparence.couleur), luminance(apparence.encre)])
    assert (clair + 0.05) / (sombre + 0.05) >= 3


def test_neighbouring_classes_differ_by_motif_or_by_a_clear_step_of_grey():
    for famille in ("medecin", "autres"):
        niveaux = sorted((n for n in NIVEAUX if n["famille"] == famille), key=lambda n: n["rang"])
        for un, autre in pairwise(niveaux):
            motifs = cartographie.MOTIFS[un["code"]], cartographie.MOTIFS[autre["code"]]
            assert motifs[0] != motifs[1] or abs(luminance(un["couleur"]) - luminance(autre["couleur"])) > 0.2
