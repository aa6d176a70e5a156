"""The stamp of everything a public page shows: the zoning, the lists, the regional amounts, the rules."""

from django.db import connection

from zonage.versions import REQUETE as ZONAGE

# A validated rule is never edited: the keys of those in force say everything. Few rows, each by its partial index.
REQUETE = f"""
SELECT zonage.*,
       (SELECT string_agg(id::text, ',' ORDER BY id) FROM aides_redactionlocale WHERE statut = 'validee'),
       (SELECT string_agg(id || periode::text, ',' ORDER BY id) FROM aides_parametreregional WHERE statut = 'valide')
  FROM ({ZONAGE}) AS zonage (zones, imports, apl, arretes)
"""  # noqa: S608 (two constants)


def data_version() -> str:
    """One query: what `portal.core.cache` reads at most twice a second. A list of communes moves with its import."""
    with connection.cursor() as cursor:
        cursor.execute(REQUETE)
        return "/".join(str(valeur) for valeur in cursor.fetchone())
