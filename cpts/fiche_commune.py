"""The page of a commune: its CPTS, the structures there and around, and its diagnosis. One query."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import connection

from cpts.cartes_espace import read_heritages
from cpts.enums import StatutCpts, TypeStructure
from cpts.regles.vie_structures import FINIES, name_statut
from zonage.fiches import Fiche
from zonage.models import Commune

CPTS_MAX: Final = 20
STRUCTURES_MAX: Final = 10
REQUETE: Final = """
SELECT (SELECT json_agg(row_to_json(c) ORDER BY c.nom, c.code) FROM (
           SELECT code, nom, statut, demonstration FROM cpts_cpts WHERE code IN (
               SELECT p.cpts_id FROM cpts_communeperimetre l JOIN cpts_perimetre p ON p.id = l.perimetre_id
                WHERE l.commune_id = ANY(%(ecritures)s) AND p.statut = 'approuve' AND p.periode @> %(au)s::date)
            ORDER BY nom, code LIMIT %(cpts_max)s) c),
       (SELECT json_agg(row_to_json(s)) FROM (
           SELECT id, nom, type, statut, demonstration FROM cpts_structure
            WHERE commune_id = ANY(%(ici)s) AND statut <> ALL(%(finies)s) ORDER BY nom, id LIMIT %(maximum)s) s),
       (SELECT json_agg(row_to_json(n)) FROM (
           SELECT commune_id = ANY(%(ici)s) AS ici, type, count(*) AS nombre FROM cpts_structure
            WHERE commune_id = ANY(%(alentour)s) AND statut <> ALL(%(finies)s) GROUP BY 1, 2) n)
"""


@dataclass(frozen=True, slots=True)
class Nombre:
    """How many structures of a type, in the commune and in its neighbours."""

    type: str
    libelle: str
    ici: int
    voisines: int


def build_fiche(commune: Commune, *, au: date, aujourdhui: date) -> Fiche:
    """The perimeters are those of `au`; states and structures are today's."""
    cpts, structures, nombres = _read(commune, au)
    ici, ailleurs = Counter[str](), Counter[str]()
    for lu in nombres:
        (ici if lu["ici"] else ailleurs)[lu["type"]] += lu["nombre"]
    contexte = {
        "cpts": [{**lue, "etat": StatutCpts(lue["statut"]).label} for lue in cpts],
        "structures": [
            {
                **lue,
                "libelle": TypeStructure(lue["type"]).label,
                "etat": name_statut(TypeStructure(lue["type"]), lue["statut"]),
            }
            for lue in structures
        ],
        "nombres": [
            Nombre(str(code), str(libelle), ici[code], ailleurs[code])
            for code, libelle in TypeStructure.choices
            if ici[code] or ailleurs[code]
        ],
        "ici": ici.total(),
        "voisines": ailleurs.total(),
    }
    return Fiche("coordination", "Coordination des soins", "cpts/annuaire/_commune.html", contexte)


def _read(commune: Commune, au: date) -> tuple[list[dict[str, Any]], ...]:
    """What was written with a former code of the commune, or with its city, is of the commune."""
    heritages = read_heritages()
    unites = heritages.expand([commune.code_insee])
    ici = sorted(unites | {commune.code_insee})
    parametres: dict[str, Any] = {
        "ecritures": sorted(heritages.list_ecritures(unites)),
        "ici": ici,
        "alentour": sorted({*ici, *commune.voisines}),
        "finies": [str(statut) for statut in FINIES],
        "au": au,
        "cpts_max": CPTS_MAX,
        "maximum": STRUCTURES_MAX,
    }
    with connection.cursor() as cursor:
        cursor.execute(REQUETE, parametres)
        (ligne,) = cursor.fetchall()
    return tuple(_decode(valeur) for valeur in ligne)


def _decode(valeur: Any) -> list[dict[str, Any]]:
    """Django leaves JSON as text in a cursor; NULL is an empty list."""
    lue: list[dict[str, Any]] = json.loads(valeur) if isinstance(valeur, str) else valeur
    return lue or []
