"""The targets that texts give, one reviewed file a text: read into rows, held by a schema and by the indicators."""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from portal.pilotage.sources.definitions import Indicateur, Lecteur, list_indicateurs

DOSSIER = Path(__file__).resolve().parent.parent / "objectifs"
CHEMIN_SCHEMA = DOSSIER / "schema.json"


class ObjectifInvalide(Exception):
    """The file and the fault, in French."""


@dataclass(frozen=True, slots=True)
class ObjectifLu:
    """`demonstration`: no text says it. `echeance` None: the text names no day."""

    indicateur: str
    territoire: tuple[str, str]
    debut: date
    valeur: Decimal
    echeance: date | None
    source: str
    reference: str
    demonstration: bool


@cache
def load_objectifs(dossier: Path = DOSSIER) -> tuple[ObjectifLu, ...]:
    """Every file of the folder, in alphabetical order. Raises ObjectifInvalide at the first fault."""
    return tuple(lu for fichier in sorted(dossier.glob("*.yaml")) for lu in read_fichier(fichier))


def read_fichier(fichier: Path) -> list[ObjectifLu]:
    try:
        lu = yaml.load(fichier.read_text(encoding="utf-8"), Loader=Lecteur)  # noqa: S506 - a safe loader
        for faute in sorted(read_schema().iter_errors(lu), key=lambda f: [str(p) for p in f.path]):
            raise ObjectifInvalide(f"{'/'.join(map(str, faute.path)) or 'fichier'} : {faute.message}")
        return [_build(entree, lu) for entree in lu["objectifs"]]
    except (yaml.YAMLError, ObjectifInvalide, ValueError) as erreur:
        raise ObjectifInvalide(f"{fichier.name} : {erreur}") from erreur


@cache
def read_schema() -> Draft202012Validator:
    return Draft202012Validator(json.loads(CHEMIN_SCHEMA.read_text(encoding="utf-8")))


def find_faute(un: Indicateur | None, maille: str, valeur: Decimal) -> str:
    """What makes a target impossible, for the field at fault; empty when it is not."""
    if un is None:
        return "Cet indicateur n'existe pas."
    if maille not in un.mailles:
        return f"« {un.libelle} » n'est pas mesuré à cette maille : choisissez parmi {', '.join(un.mailles)}."
    if valeur < 0 or (un.unite == "%" and valeur > 100):
        return "Une part va de 0 à 100 %." if un.unite == "%" else "Un objectif n'est pas négatif."
    return ""


def _build(entree: dict[str, Any], lu: dict[str, Any]) -> ObjectifLu:
    maille, _, code = entree["territoire"].partition(":")
    valeur = Decimal(str(entree["valeur"]))
    if faute := find_faute(list_indicateurs().get(entree["indicateur"]), maille, valeur):
        raise ObjectifInvalide(f"{entree['indicateur']} : {faute}")
    echeance = entree.get("echeance")
    return ObjectifLu(
        indicateur=entree["indicateur"],
        territoire=(maille, code),
        debut=date.fromisoformat(entree.get("debut", lu.get("debut", ""))),
        valeur=valeur,
        echeance=date.fromisoformat(echeance) if echeance else None,
        source=entree["source"].strip(),
        reference=lu["reference"].strip(),
        demonstration=lu.get("demonstration", False),
    )
