"""What the role of the web may do to each table, put right after each migration (docs/adr/0100).

Everywhere: read, add, change, remove; never the shape of a table, nor emptying it. `settings.MAILLAGE_OCTROIS` says
the tables where it may do less.
"""

from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from portal.core.ceinture import ROLE_WEB

ORDINAIRE = "DELETE INSERT SELECT UPDATE"
LECTURE = """
SELECT c.relname, c.relkind = 'S',
       coalesce((SELECT string_agg(a.privilege_type, ' ' ORDER BY a.privilege_type)
                   FROM aclexplode(c.relacl) a WHERE a.grantee = r.oid), '')
  FROM pg_class c CROSS JOIN pg_roles r
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND r.rolname = %s
 ORDER BY c.relname
"""


def read_octrois(using: str = DEFAULT_DB_ALIAS) -> dict[str, str]:
    """The privileges of the role of the web, table by table; empty when the role does not exist yet."""
    return {nom: octroi for nom, sequence, octroi in _read(using) if not sequence}


def grant_octrois(using: str = DEFAULT_DB_ALIAS, **inutiles: Any) -> int:
    """Put the privileges right where they are not (after `migrate`). Returns how many tables and sequences changed."""
    ordres = []
    for nom, sequence, octroi in _read(using):
        voulu = "SELECT USAGE" if sequence else settings.MAILLAGE_OCTROIS.get(nom, ORDINAIRE)
        if octroi != voulu:
            objet = f'{"SEQUENCE" if sequence else "TABLE"} "{nom}"'
            ordres.append(f"REVOKE ALL ON {objet} FROM {ROLE_WEB}")
            ordres.append(f"GRANT {', '.join(voulu.split())} ON {objet} TO {ROLE_WEB}")
    with connections[using].cursor() as cursor:
        for ordre in ordres:
            cursor.execute(ordre)
    return len(ordres) // 2


def _read(using: str) -> list[tuple[str, bool, str]]:
    with connections[using].cursor() as cursor:
        cursor.execute(LECTURE, [ROLE_WEB])
        return list(cursor.fetchall())
