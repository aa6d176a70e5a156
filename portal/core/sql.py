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


CONTRAINTES = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
       format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
  FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('x', 'f') ORDER BY contype, conname
"""
INDEX = """
SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
  FROM pg_index WHERE indrelid = %s::regclass AND NOT indisunique
   AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) ORDER BY indexrelid
"""


@contextmanager
def first_fill(cursor: CursorWrapper, table: str) -> Iterator[bool]:
    """Set aside what an empty table checks and indexes row by row while it is filled, then put it back.

    Exclusion and foreign key constraints, and indexes that are not unique: building or checking them once is some
    twenty times faster. Inside one transaction: nobody ever sees the table without them. A table that holds rows is
    left as it is (yields False).
    """
    cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")  # noqa: S608
    vide = not cursor.fetchone()[0]
    mis_de_cote: list[tuple[str, str]] = []
    if vide:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SELECT set_config('maintenance_work_mem', '256MB', true)")
        for requete in (CONTRAINTES, INDEX):
            cursor.execute(requete, [table])
            mis_de_cote += cursor.fetchall()
    for retire, _ in mis_de_cote:
        cursor.execute(retire)
    yield vide
    if vide:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for _, remet in mis_de_cote:
            cursor.execute(remet)
        cursor.execute(f"ANALYZE {table}")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def commit_without_waiting(cursor: CursorWrapper) -> None:
    """For a load that can be replayed: its commit does not wait for the disk. A crash may lose it, never damage it."""
    cursor.execute("SELECT set_config('synchronous_commit', 'off', true)")
