"""The relation that a compiled rule reads: one row a situation, one typed column a fact, NULL for what is unknown."""

from collections.abc import Mapping

from aides.regles.dispositifs import JourReference
from aides.regles.faits import FAITS, TypeFait
from aides.regles.sql.textes import name

TYPES: Mapping[TypeFait, str] = {
    TypeFait.BOOL: "boolean",
    TypeFait.ENTIER: "integer",
    TypeFait.DECIMAL: "numeric",
    TypeFait.DATE: "date",
    TypeFait.CHOIX: "text",
}
LUS_AU_JOUR = {"zone": "text", "listes": "jsonb", "parametres": "jsonb"}
COLONNES_FAITS: Mapping[str, str] = {code: TYPES[fait.type] for code, fait in FAITS.items()}
COLONNES_LIEU: Mapping[str, str] = {
    "commune_choisie": "boolean",
    "lieux": "text[]",
    **{f"{lu}_{jour.value}": type_sql for jour in JourReference for lu, type_sql in LUS_AU_JOUR.items()},
}
COLONNES: Mapping[str, str] = {**COLONNES_FAITS, **COLONNES_LIEU}
"""Every column beside « id » (any type) and « au » (a date, unless a constant day is given).

`zone_<jour>`: the niveau on that day, NULL when it is not certain; `listes_<jour>`: {"frr": true};
`parametres_<jour>`: {"majoration_caim": 5000}. <jour> is « demande » (the day `au`), or the day of an installation or
of a secondary office already there. `commune_choisie` and `lieux` are never NULL.
"""


def describe_columns(colonnes: Mapping[str, str] = COLONNES) -> str:
    """For CREATE TABLE, or for the column list of `jsonb_to_record`."""
    return ", ".join(f"{name(nom)} {type_sql}" for nom, type_sql in colonnes.items())


def read_jsonb(expression: str, alias: str = "f") -> str:
    """A FROM item that opens facts stored as JSON ({"profession": "medecin", …}) into typed columns.

    `FROM dossiers AS d CROSS JOIN LATERAL {read_jsonb('d.faits')}`. Days are ISO texts, numbers are numbers or texts.
    """
    return f"jsonb_to_record({expression}) AS {name(alias)}({describe_columns(COLONNES_FAITS)})"
