"""Every person at once: the catalogue evaluated by PostgreSQL over a table of situations.

Another module that needs it inside its own statement takes the text from `aides.regles.sql.versions.build_select`
(one wide row a situation: the fastest) or `build_long_select` (one row a situation and version).
"""

from collections.abc import Sequence
from datetime import date

from django.db.backends.utils import CursorWrapper

from aides.regles.dispositifs import Version
from aides.regles.sql.colonnes import COLONNES, describe_columns
from aides.regles.sql.textes import name
from aides.regles.sql.versions import build_long_select

CHUNK = 40
"""Versions a statement: a table has at most 1,600 columns, and the wide row has six for each version."""


def create_situations(cursor: CursorWrapper, table: str) -> None:
    """A temporary table with the columns that a rule reads, « id » and « au », to be filled by COPY."""
    cursor.execute(f"CREATE TEMPORARY TABLE {name(table)} (id bigint, au date, {describe_columns(COLONNES)})")


def evaluate_table(
    cursor: CursorWrapper,
    relation: str,
    versions: Sequence[Version],
    *,
    au: date | None,
    table: str,
    manquants: bool = False,
) -> int:
    """Create the temporary table `table`, one row a (situation, version), and return how many rows it has.

    Columns: `id` (that of the situation), `rang smallint` (place of the version in `versions`), `verdict boolean`
    (NULL: à instruire), `present boolean` (an amount is paid), `minimum`, `maximum numeric` (NULL: not bounded),
    `periodicite text`, and with `manquants` `manquants text[]` (a slower mode: ask for it when it is read).

    `relation`: a table, or a query between parentheses, with « id » and the columns of
    `aides.regles.sql.colonnes.COLONNES`; `read_jsonb` there opens facts stored as JSON into such columns. `au` None:
    each row carries its own « au », and the caller sees to it that the versions were open that day.
    Both are texts of the code, never of a user.
    """
    lignes = 0
    for premier in range(0, max(len(versions), 1), CHUNK):
        lot = versions[premier : premier + CHUNK]
        select = build_long_select(relation, lot, au=au, premier=premier, manquants=manquants)
        acte = f"INSERT INTO {name(table)}" if premier else f"CREATE TEMPORARY TABLE {name(table)} AS"
        cursor.execute(f"{acte} {select}")
        lignes += cursor.rowcount
    return lignes
