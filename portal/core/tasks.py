"""The portal's own background work: the sign of life, and the end of what is done."""

from django.conf import settings
from django.db import connection

from portal.core.taches import tache, write_heartbeat

# Bounded: a purge that is late takes several turns, and never holds many rows at once.
PURGES = (
    """DELETE FROM core_envoi WHERE id IN (SELECT id FROM core_envoi
        WHERE statut = 'fait' AND fait_le < now() - %(jours)s * interval '1 day'
        ORDER BY fait_le LIMIT 10000 FOR UPDATE SKIP LOCKED)""",
    """DELETE FROM core_envoi WHERE id IN (SELECT id FROM core_envoi
        WHERE statut = 'fait' AND tache = 'core.battement' AND fait_le < now() - interval '1 hour'
        ORDER BY fait_le LIMIT 10000 FOR UPDATE SKIP LOCKED)""",
    """DELETE FROM core_creneau WHERE id IN (SELECT id FROM core_creneau WHERE pris_le < now() - interval '40 days'
        ORDER BY pris_le LIMIT 10000 FOR UPDATE SKIP LOCKED)""",
    """DELETE FROM core_creneau WHERE id IN (SELECT id FROM core_creneau
        WHERE nom = 'battement' AND pris_le < now() - interval '1 hour' ORDER BY pris_le LIMIT 10000
        FOR UPDATE SKIP LOCKED)""",
)


@tache("core.battement")
def beat() -> None:
    """Prove the whole way: turn, row, relay, queue, worker, base. It leaves the time in Valkey for the supervisor."""
    write_heartbeat()


@tache("core.purge")
def purge() -> int:
    """Erase what was done more than `garde_jours` days ago. What waits, failed or was dropped stays."""
    with connection.cursor() as cursor:
        lignes = 0
        for requete in PURGES:
            cursor.execute(requete, {"jours": settings.MAILLAGE_RELAIS["garde_jours"]})
            lignes += cursor.rowcount
    return lignes
