"""Whether this process may be sent visitors, and the figures that a supervision reads. Nobody's data."""

import shutil
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.cache import cache as valkey
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader

from portal.core.creneaux import read_periodiques
from portal.core.outbox import read_etat

RETARD_MAX = 120
"""Seconds: an outbox later than that is not followed."""
DISQUE_MIN = 200 * 1024 * 1024
REUSSITES = """
SELECT cle, extract(epoch FROM max(fait_le)) FROM core_envoi
 WHERE cle = ANY(%s) AND statut = 'fait' GROUP BY cle ORDER BY cle
"""


def is_pret() -> bool:
    """The base answers and has every migration of this code, the outbox follows, the disk has room.

    Valkey is not asked: without it the portal works (docs/adr/0080).
    """
    try:
        return has_migrations() and (read_etat().plus_ancien or 0) < RETARD_MAX and has_place()
    except DatabaseError:
        return False


def has_migrations() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return list_migrations() <= set(cursor.fetchall())


@cache
def list_migrations() -> frozenset[tuple[str, str]]:
    """Those of this code, read from the disk once; what one replaces counts as it."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.nodes)


def has_place() -> bool:
    dossier = Path(settings.MEDIA_ROOT)
    while not dossier.exists():
        dossier = dossier.parent
    return shutil.disk_usage(dossier).free > DISQUE_MIN


def write_metriques() -> str:
    """The text format of Prometheus. A base that is down is one of the figures, not a fault."""
    lignes = _write("maillage_valkey_repond", "gauge", [("", int(_is_valkey_up()))])
    try:
        etat = read_etat()
        reussites = _read_reussites()
    except DatabaseError:
        return "\n".join([*lignes, *_write("maillage_base_repond", "gauge", [("", 0)]), ""])
    lignes += _write("maillage_base_repond", "gauge", [("", 1)])
    etats = [("a_envoyer", etat.a_envoyer), ("envoye", etat.envoyes), ("quarantaine", etat.quarantaine)]
    lignes += _write("maillage_envois", "gauge", [(f'{{statut="{nom}"}}', valeur) for nom, valeur in etats])
    lignes += _write("maillage_envois_age_secondes", "gauge", [("", round(etat.plus_ancien or 0, 1))])
    lignes += _write(
        "maillage_periodique_reussite_secondes",
        "gauge",
        [(f'{{nom="{nom}"}}', instant) for nom, instant in reussites.items()],
    )
    return "\n".join([*lignes, ""])


def _read_reussites() -> dict[str, float]:
    """Each periodic job with the instant of its last success, 0 when there is none in what is kept."""
    noms = {f"periodique:{un.nom}": un.nom for un in read_periodiques()}
    with connection.cursor() as cursor:
        cursor.execute(REUSSITES, [list(noms)])
        lues = {noms[cle]: round(float(instant)) for cle, instant in cursor.fetchall()}
    return {nom: lues.get(nom, 0) for nom in sorted(noms.values())}


def _write(nom: str, sorte: str, valeurs: list[tuple[str, float]]) -> list[str]:
    return [f"# TYPE {nom} {sorte}", *(f"{nom}{etiquettes} {valeur}" for etiquettes, valeur in valeurs)]


def _is_valkey_up() -> bool:
    try:
        valkey.get("metriques")
    except Exception:
        return False
    return True
