"""Set SQL helpers: rows into a table by COPY."""

import io
from collections.abc import Iterable, Sequence
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
