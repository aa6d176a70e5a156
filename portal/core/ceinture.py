"""The second belt: what PostgreSQL itself lets the web role read (row level security, docs/adr/0100).

The web process asks under the role `maillage_web`, which owns no table. The settings below tell the policies who asks;
nothing set: no row. Sessions are kept from a request to the next: they are set when a request knows a person, and
emptied at its end, whatever its end.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import Error, connection

ROLE_WEB = "maillage_web"
REGLAGES = ("maillage.portee", "maillage.personne", "maillage.territoires", "maillage.caisses")
LECTURE = "SELECT " + ", ".join(f"coalesce(current_setting('{nom}', true), '')" for nom in REGLAGES)
ECRITURE = "SELECT " + ", ".join(f"set_config('{nom}', %s, false)" for nom in REGLAGES)
REMISE = "; ".join(f"RESET {nom}" for nom in REGLAGES)


def set_ceinture(*, personne: int | None, territoires: Iterable[str] = (), caisses: Iterable[str] = ()) -> None:
    """`territoires`, `caisses`: « national », « region:27 », « departement:71 », of the ARS and of the CPAM agents."""
    _set("", str(personne or ""), ",".join(sorted(territoires)), ",".join(sorted(caisses)))


def clear_ceinture() -> None:
    """Back to what the connection began with: nothing for the web. A connection that cannot say so is closed."""
    if connection.connection is None:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute(REMISE)
    except Error:
        if connection.in_atomic_block:
            raise
        connection.close()


@contextmanager
def as_systeme() -> Iterator[None]:
    """For what is done for nobody in particular (a task, a code that proves itself): every row, then as before.

    In a transaction that a fault has ended, nothing can be set any more: its rollback gives back what was set before.
    """
    with connection.cursor() as cursor:
        cursor.execute(LECTURE)
        avant = cursor.fetchone()
    _set("systeme", "", "", "")
    try:
        yield
    finally:
        try:
            _set(*avant)
        except Error:
            if not connection.in_atomic_block:
                connection.close()


def _set(*valeurs: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ECRITURE, valeurs)
