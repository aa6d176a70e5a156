"""The public figures as open data: a table that its schema describes (Table Schema), a day and a size at a time."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from django.db import connection

from portal.pilotage.enums import Maille
from portal.pilotage.sources.definitions import Indicateur, list_indicateurs

LICENCE: Final = "Licence Ouverte 2.0 (etalab-2.0)"
CHAMPS: Final[tuple[dict[str, Any], ...]] = (
    {"name": "indicateur", "type": "string", "title": "Code de l'indicateur", "constraints": {"required": True}},
    {"name": "libelle", "type": "string", "title": "Indicateur"},
    {
        "name": "territoire_type",
        "type": "string",
        "title": "Maille",
        "constraints": {"required": True, "enum": list(Maille.values)},
    },
    {"name": "territoire_code", "type": "string", "title": "Code officiel", "constraints": {"required": True}},
    {"name": "territoire", "type": "string", "title": "Nom"},
    {"name": "jour", "type": "date", "title": "Jour lu", "constraints": {"required": True}},
    {"name": "depuis", "type": "date", "title": "Premier jour de cette valeur"},
    {"name": "valeur", "type": "number", "title": "Valeur, dans l'unité"},
    {"name": "unite", "type": "string", "title": "Unité"},
    {"name": "numerateur", "type": "number", "title": "Numérateur"},
    {"name": "denominateur", "type": "number", "title": "Dénominateur"},
    {"name": "demonstration", "type": "boolean", "title": "Repose sur des données inventées"},
)
NOMS: Final = tuple(champ["name"] for champ in CHAMPS)
LECTURE: Final = """
SELECT i.code, t.code, t.nom, m.jour, m.valeur, m.numerateur, m.denominateur, m.demonstration
  FROM unnest(%(codes)s::text[]) WITH ORDINALITY AS i (code, rang)
 CROSS JOIN pilotage_territoire t
 CROSS JOIN LATERAL (SELECT * FROM pilotage_mesure m
                      WHERE m.indicateur = i.code AND m.territoire_id = t.id AND m.jour <= %(au)s
                      ORDER BY m.jour DESC LIMIT 1) m
 WHERE t.type = %(maille)s AND t.actif AND m.valeur IS NOT NULL
 ORDER BY i.rang, t.code
"""


def list_publics(maille: str) -> list[Indicateur]:
    return [un for un in list_indicateurs().values() if maille in un.mailles_publiques]


def iter_mesures(maille: str, au: date) -> Iterator[list[Any]]:
    """Every public figure of every territory of that size on that day, in the order of CHAMPS."""
    publics = {un.code: un for un in list_publics(maille)}
    with connection.cursor() as cursor:
        cursor.execute(LECTURE, {"codes": list(publics), "maille": maille, "au": au})
        lues = cursor.fetchall()
    for code, territoire, nom, depuis, valeur, numerateur, denominateur, demonstration in lues:
        un = publics[code]
        yield [
            code, un.libelle, maille, territoire, nom, au, depuis, valeur, un.unite, numerateur, denominateur,
            demonstration,
        ]  # fmt: skip


def build_schema() -> dict[str, Any]:
    return {
        "$schema": "https://specs.frictionlessdata.io/schemas/table-schema.json",
        "name": "mesures",
        "title": "Chiffres de la coordination territoriale de santé",
        "description": "Un indicateur, un territoire, un jour. Une valeur vaut du jour « depuis » au jour lu.",
        "fields": [dict(champ) for champ in CHAMPS],
        "primaryKey": ["indicateur", "territoire_type", "territoire_code", "jour"],
        "missingValues": [""],
    }


def iter_indicateurs() -> Iterator[list[Any]]:
    """The dictionary of the public indicators."""
    for un in list_indicateurs().values():
        if un.public:
            yield [
                un.code, un.libelle, un.definition, un.unite, un.sens, un.theme, un.numerateur, un.denominateur,
                un.producteur, un.reference, " ".join(un.mailles_publiques),
            ]  # fmt: skip


DICTIONNAIRE: Final = (
    "code", "libelle", "definition", "unite", "sens", "theme", "numerateur", "denominateur", "producteur", "reference",
    "mailles",
)  # fmt: skip
