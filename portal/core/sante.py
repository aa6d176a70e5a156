"""Whether this process may be sent visitors."""

import shutil
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader

from portal.core.outbox import read_etat

RETARD_MAX = 120
"""Seconds: an outbox later than that is not followed."""
DISQUE_MIN = 200 * 1024 * 1024


def is_pret() -> bool:
    """The base answers and has every migration of this code, the outbox follows, the disk has room.

    Valkey is not asked: without it the portal works (docs/adr/0080).
    """
    try:
        return has_migrations() and (read_etat().plus_ancien or 0) < RETARD_MAX and has_place()
    except (DatabaseError, InterfaceError):
        return False


def has_migrations() -> bool:
    return count_migrations_en_attente() == 0


def count_migrations_en_attente() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return len(list_migrations() - set(cursor.fetchall()))


@cache
def list_migrations() -> frozenset[tuple[str, str]]:
    """Those of this code, read from the disk once; what one replaces counts as it."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.nodes)


def has_place() -> bool:
    return read_disque() > DISQUE_MIN


def read_disque() -> int:
    """Bytes left where the documents go."""
    dossier = Path(settings.MEDIA_ROOT)
    while not dossier.exists():
        dossier = dossier.parent
    return shutil.disk_usage(dossier).free
