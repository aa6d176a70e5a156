"""The matrix as it is declared in droits.yaml: the rule of each route, and the word expected in each cell."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from tests.matrix.routes import Route
from tests.matrix.scene import ACTEURS, RELATIONS, VERBES
from tests.matrix.scene_cpts import CROISABLES

FICHIER = Path(__file__).with_name("droits.yaml")
SANS_COMPTE = ("anonyme", "superutilisateur")
CONTRASTES = ("anonyme", "praticien", "instructeur_71", "superutilisateur")
"""Who plays the cells that the middlewares decide alike for all: see README.md."""


@dataclass(frozen=True)
class Cellule:
    verbe: str
    relation: str
    acteur: str
    attendu: str


@cache
def read_matrice() -> dict[str, Any]:
    lue: dict[str, Any] = yaml.safe_load(FICHIER.read_text())
    return lue


@cache
def find_regles(route: Route) -> list[dict[str, Any]]:
    """The declarations that name this route: exactly one is expected."""
    return [r for r in read_matrice()["routes"] if any(fnmatchcase(route.nom, motif) for motif in r["noms"])]


def read_attendu(regle: dict[str, Any], verbe: str, relation: str, acteur: str) -> str:
    """Raises StopIteration or KeyError when the cell is not declared."""
    verbes = read_matrice()["acces"][regle["acces"]]
    mots = next(mots for cles, mots in verbes.items() if verbe in cles.split())
    if isinstance(mots, str):
        return mots
    if relation in mots:
        mots = mots[relation]
    if isinstance(mots, str):
        return mots
    for mot, acteurs in mots.items():
        if mot != "autres" and acteur in acteurs.split():
            return str(mot)
    return str(mots["autres"])


def list_relations(regle: dict[str, Any]) -> tuple[str, ...]:
    """« croisee »: the address of one's own CPTS, the key of a row of another."""
    if regle.get("objet") in CROISABLES:
        return (*RELATIONS, "croisee")
    return RELATIONS if "objet" in regle else ("-",)


def list_joues(route: Route, verbe: str, relation: str) -> tuple[str, ...]:
    """The actors who play this cell."""
    if ("/" + route.motif.lstrip("^")).startswith(settings.MAILLAGE_CHEMINS_SANS_COMPTE):
        return SANS_COMPTE
    if verbe == "GET" or (verbe == "POST" and not route.nom.startswith("admin:")):
        espace = route.motif.startswith("espace/")  # two coordinators are alike everywhere else
        return ACTEURS if espace else tuple(acteur for acteur in ACTEURS if acteur != "coordinateur_b")
    if verbe == "POST":
        return CONTRASTES
    return SANS_COMPTE if relation in ("-", "dans_71") else ()


def list_cellules(route: Route, regle: dict[str, Any]) -> list[Cellule]:
    return [
        Cellule(verbe, relation, acteur, read_attendu(regle, verbe, relation, acteur))
        for verbe in VERBES
        for relation in list_relations(regle)
        for acteur in ACTEURS
    ]
