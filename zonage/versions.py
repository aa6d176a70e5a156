"""One cheap stamp that moves with anything a public page shows."""

from django.db import connection

# Each part is a maximum read at the end of a primary key, or a count of the few arrêtés: well under a millisecond.
REQUETE = """
SELECT (SELECT max(id) FROM zonage_zonecommune),
       (SELECT max(id) FROM core_importrun),
       (SELECT max(id) FROM zonage_apl),
       (SELECT string_agg(statut || n, ',' ORDER BY statut) FROM
           (SELECT statut, count(*) AS n FROM zonage_arrete GROUP BY statut) AS par_statut)
"""


def data_version() -> str:
    """Publishing always opens new periods (a new row of the read table) or changes the statut of an arrêté."""
    with connection.cursor() as cursor:
        cursor.execute(REQUETE)
        return "/".join(str(valeur) for valeur in cursor.fetchone())
