"""The contours shipped with the portal: one gzipped GeoJSON a département, and three for wider or finer views.

`fichier_contours(nom)` with a département code, « departements », « regions » or « arrondissements » (Paris, Lyon and
Marseille). The bytes never change for a given digest, so an address that holds it can be cached for ever.
"""

import gzip
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

from zonage.sources.referentiel import DOSSIER

NOM = re.compile(r"[0-9][0-9AB][0-9]?|departements|regions|arrondissements")
PLM = re.compile(r"751[0-9]{2}|6938[0-9]|132[0-9]{2}")
OBJETS_EN_MEMOIRE = 16
"""Parsed files kept by a process: the largest takes about 5 MB."""


class ContoursInconnus(LookupError):
    """No contours by that name: the message says which names exist."""


@dataclass(frozen=True, slots=True)
class Contours:
    """A file of contours. `gzip` is what is sent as it is, with Content-Encoding: gzip."""

    nom: str
    empreinte: str
    gzip: bytes

    def objet(self) -> dict[str, Any]:
        """The GeoJSON FeatureCollection, parsed. Shared: never change it."""
        return _objet(self.nom)


@lru_cache(maxsize=150)
def fichier_contours(nom: str) -> Contours:
    """The contours by name. Raises ContoursInconnus."""
    chemin = DOSSIER / "contours" / f"{nom}.json.gz"
    if not NOM.fullmatch(nom) or not chemin.is_file():
        raise ContoursInconnus(
            f"Aucun contour nommé « {ascii(nom[:20])[1:-1]} » : donnez le code d'un département (71, 2A…), "
            "« departements », « regions » ou « arrondissements »."
        )
    octets = chemin.read_bytes()
    return Contours(nom, sha256(octets).hexdigest()[:12], octets)


@lru_cache(maxsize=OBJETS_EN_MEMOIRE)
def _objet(nom: str) -> dict[str, Any]:
    objet: dict[str, Any] = json.loads(gzip.decompress(fichier_contours(nom).gzip))
    return objet


@lru_cache(maxsize=OBJETS_EN_MEMOIRE)
def _par_code(nom: str) -> dict[str, dict[str, Any]]:
    return {feature["properties"]["code"]: feature["geometry"] for feature in _objet(nom)["features"]}


def contour_commune(code: str) -> dict[str, Any] | None:
    """The GeoJSON geometry of a commune or of an arrondissement; None when no source gives it (some overseas)."""
    nom = "arrondissements" if PLM.fullmatch(code) else code[:3] if code.startswith(("97", "98")) else code[:2]
    try:
        return _par_code(nom).get(code)
    except ContoursInconnus:
        return None
