"""The second belt: what PostgreSQL itself lets the web role read (row level security, docs/adr/0100).

The web process connects under the role `maillage_web`, which owns no table. The settings below tell the policies who
asks; nothing set: no row. Sessions are kept from a request to the next: they are set at each request that knows a
person, and emptied after it.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection

ROLE_WEB = "maillage_web"
REGLAGE = """
SELECT set_config('maillage.portee', %s, false), set_config('maillage.personne', %s, false),
       set_config('maillage.territoires', %s, false), set_config('maillage.caisses', %s, false)
"""


def set_ceinture(*, personne: int | None, territoires: Iterable[str] = (), caisses: Iterable[str] = ()) -> None:
    """`territoires`, `caisses`: « national », « region:27 », « departement:71 », of the ARS and of the CPAM agents."""
    _set("", str(personne or ""), ",".join(sorted(territoires)), ",".join(sorted(caisses)))


def clear_ceinture() -> None:
    _set("", "", "", "")


@contextmanager
def as_systeme() -> Iterator[None]:
    """For the tasks and commands, which work for nobody in particular: every row."""
    _set("systeme", "", "", "")
    try:
        yield
    finally:
        clear_ceinture()


def _set(*valeurs: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(REGLAGE, valeurs)
