"""Set SQL helpers: rows into a table by COPY, and the first fill of a table under exclusion constraints."""

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db.backends.utils import CursorWrapper

SPECIAUX = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_rows(cursor: CursorWrapper, table: str, colonnes: Sequence[str], lignes: Iterable[Sequence[Any]]) -> int:
    """COPY rows into a table whose name and columns the code gives (never a user). Returns how many. None is NULL."""
    tampon = io.StringIO()
    nombre = 0
    for ligne in lignes:
        tampon.write("\t".join("\\N" if v is None else str(v).translate(SPECIAUX) for v in ligne))
        tampon.write("\n")
        nombre += 1
    tampon.seek(0)
    cursor.copy_expert(f"COPY {table} ({', '.join(colonnes)}) FROM STDIN", tampon)  # type: ignore[attr-defined]
    return nombre


@contextmanager
def first_fill(cursor: CursorWrapper, table: str) -> Iterator[bool]:
    """Set aside the exclusion and foreign key constraints of an empty table while it is filled, then put them back.

    Building or checking them once is some twenty times faster than row by row. Inside one transaction: nobody
    ever sees the table without them. A table that holds rows is left as it is (yields False).
    """
    cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")  # noqa: S608
    vide = not cursor.fetchone()[0]
    contraintes: list[tuple[str, str]] = []
    if vide:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "SELECT quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = %s::regclass AND contype IN ('x', 'f') ORDER BY contype",
            [table],
        )
        contraintes = cursor.fetchall()
        for nom, _ in contraintes:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {nom}")
    yield vide
    if contraintes:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for nom, definition in contraintes:
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {nom} {definition}")
    if vide:
        cursor.execute(f"ANALYZE {table}")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
