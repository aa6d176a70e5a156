"""The contours shipped with the portal."""

import gzip
import itertools
import json
from collections import Counter

import pytest

from zonage.contours import ContoursInconnus, contour_commune, fichier_contours
from zonage.sources.referentiel import DOSSIER, read_manifeste, read_referentiel

FICHIERS = sorted(chemin.name.removesuffix(".json.gz") for chemin in (DOSSIER / "contours").glob("*.json.gz"))
KO = 1_000


def _anneaux(geometrie):
    polygones = [geometrie["coordinates"]] if geometrie["type"] == "Polygon" else geometrie["coordinates"]
    return [anneau for polygone in polygones for anneau in polygone]


def test_every_file_is_light():
    tailles = {nom: len(fichier_contours(nom).gzip) for nom in FICHIERS}
    assert max(tailles.values()) <= 100 * KO
    assert sum(tailles.values()) <= 4_000 * KO


def test_every_commune_with_a_source_has_its_contour():
    codes = {
        feature["properties"]["code"]
        for nom in FICHIERS
        if nom not in {"departements", "regions"}
        for feature in json.loads(gzip.decompress(fichier_contours(nom).gzip))["features"]
    }
    sans = set(read_manifeste()["rapport"]["sans_contour"])
    assert codes | sans == {c.code for c in read_referentiel().communes}
    assert not codes & sans


def test_contours_are_closed_rings_in_degrees():
    for feature in fichier_contours("71").objet()["features"]:
        for anneau in _anneaux(feature["geometry"]):
            assert len(anneau) >= 4
            assert anneau[0] == anneau[-1]
            assert all(3.5 < x < 5.6 and 46.1 < y < 47.2 for x, y in anneau)


def _aretes(nom):
    for feature in fichier_contours(nom).objet()["features"]:
        for anneau in _anneaux(feature["geometry"]):
            for a, b in itertools.pairwise(anneau):
                yield frozenset({tuple(a), tuple(b)})


def test_neighbours_share_their_border_point_for_point():
    """Saône-et-Loire has neither coast nor foreign border: each edge has a commune on both sides, across files too."""
    interieur = Counter(_aretes("71"))
    autour = {arete for nom in ("01", "03", "21", "39", "42", "58", "69") for arete in _aretes(nom)}
    assert set(interieur.values()) <= {1, 2}
    seules = {arete for arete, compte in interieur.items() if compte == 1}
    assert 300 < len(seules) < len(interieur) / 5
    assert seules <= autour


def test_the_digest_names_the_bytes():
    premier = fichier_contours("2A")
    assert len(premier.empreinte) == 12
    assert premier.empreinte == read_manifeste()["contours"]["2A"][:12]
    assert premier.empreinte != fichier_contours("2B").empreinte


@pytest.mark.parametrize("nom", ["", "00", "../manifeste", "71\0", "communes", "\ud800"])
def test_an_unknown_name_is_refused(nom):
    with pytest.raises(ContoursInconnus, match="code d'un département"):
        fichier_contours(nom)


@pytest.mark.parametrize(
    ("code", "existe"),
    [("71076", True), ("2A004", True), ("97411", True), ("75056", True), ("75112", True), ("69383", True),
     ("13203", True), ("97701", False), ("98735", False), ("99999", False), ("", False), ("../..", False)],
)  # fmt: skip
def test_the_contour_of_a_commune(code, existe):
    contour = contour_commune(code)
    assert (contour is not None) is existe
    if contour is not None:
        assert contour["type"] in {"Polygon", "MultiPolygon"}
