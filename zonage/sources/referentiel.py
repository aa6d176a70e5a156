"""The reference data shipped with the portal, read into typed rows. Built by `zonage.referentiel.construire`."""

import hashlib
import json
import lzma
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

DOSSIER = Path(__file__).resolve().parent.parent / "referentiel"


class ReferentielIllisible(ValueError):
    """The shipped files are missing, cut or altered. The message says what to do."""


class LigneCommune(NamedTuple):
    code: str
    nom: str
    departement: str
    epci: str | None
    parent: str | None
    codes_postaux: list[str]
    population: int | None
    population_0_19: int | None
    population_20_64: int | None
    population_65_plus: int | None
    longitude: float | None
    latitude: float | None
    mairie_longitude: float | None
    mairie_latitude: float | None
    voisines: list[str]


class LigneAncienne(NamedTuple):
    code: str
    nom: str
    commune: str


@dataclass(frozen=True)
class Referentiel:
    manifeste: dict[str, Any]
    regions: list[tuple[str, str]]
    departements: list[tuple[str, str, str]]
    epci: list[tuple[str, str, str]]
    communes: list[LigneCommune]
    anciennes: list[LigneAncienne]

    @cached_property
    def communes_actuelles(self) -> list[LigneCommune]:
        return [commune for commune in self.communes if commune.parent is None]


def read_manifeste(dossier: Path = DOSSIER) -> dict[str, Any]:
    try:
        manifeste = json.loads((dossier / "manifeste.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as erreur:
        raise ReferentielIllisible(f"manifeste.json illisible ({erreur}). {REMEDE}") from erreur
    if not isinstance(manifeste, dict):
        raise ReferentielIllisible(f"manifeste.json n'est pas un objet JSON. {REMEDE}")
    return manifeste


REMEDE = "Récupérez à nouveau le dossier zonage/referentiel du projet, ou reconstruisez-le (voir docs/imports.md)."


def read_referentiel(dossier: Path = DOSSIER) -> Referentiel:
    """Read and verify the digest of the shipped file."""
    manifeste = read_manifeste(dossier)
    try:
        octets = (dossier / "referentiel.json.xz").read_bytes()
    except OSError as erreur:
        raise ReferentielIllisible(f"referentiel.json.xz illisible ({erreur}). {REMEDE}") from erreur
    if hashlib.sha256(octets).hexdigest() != manifeste.get("sha256"):
        raise ReferentielIllisible(f"referentiel.json.xz n'a pas l'empreinte inscrite dans manifeste.json. {REMEDE}")
    tables = json.loads(lzma.decompress(octets))
    return Referentiel(
        manifeste=manifeste,
        regions=[(code, nom) for code, nom in tables["regions"]],
        departements=[(code, nom, region) for code, nom, region in tables["departements"]],
        epci=[(code, nom, nature) for code, nom, nature in tables["epci"]],
        communes=[LigneCommune(*ligne) for ligne in tables["communes"]],
        anciennes=[LigneAncienne(*ligne) for ligne in tables["anciennes"]],
    )
