"""The base of the server of the tests: all of France, the demonstration, a zoning written for them (a minute to make).

Among several processes it is made once, beside the first tests, then cloned by each; alone, it is made in place.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from django.core.management import call_command
from django.db import connections

from portal.lancement.modeles import DEMONSTRATION, fill_base

RACINE = Path(__file__).resolve().parents[2]
ZONAGE = Path(__file__).parent / "zonage_essai.csv"
ATTENTE = 600
EN_COURS = "_en_cours"


def name_base() -> str:
    """Of this process, or `MAILLAGE_NAVIGATEUR_URL`'s own."""
    if "MAILLAGE_NAVIGATEUR_URL" in os.environ:
        return urlsplit(os.environ["DATABASE_URL"]).path.strip("/")
    return f"maillage_navigateur_{os.getpid()}"


def name_modele(pid: int) -> str:
    """`pid`: of the process that shares the tests out, parent of those that run them."""
    return f"maillage_navigateur_modele_{pid}"


def find_journal(pid: int) -> Path:
    return Path(tempfile.gettempdir()) / f"{name_modele(pid)}.log"


def drop_modele(pid: int) -> None:
    find_journal(pid).unlink(missing_ok=True)
    drop_base(name_modele(pid))


def build_url(base: str) -> str:
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{base}"))


@contextmanager
def administer() -> Iterator[Any]:
    connexion = psycopg2.connect(build_url("postgres"))
    connexion.autocommit = True
    try:
        with connexion.cursor() as curseur:
            yield curseur
    finally:
        connexion.close()


def drop_base(base: str) -> None:
    with administer() as curseur:
        curseur.execute(f'DROP DATABASE IF EXISTS "{base}" WITH (FORCE)')


def start_filling(base: str, journal: Path) -> "subprocess.Popen[bytes]":
    """Create and fill it in a process apart. It bears another name until it is whole."""
    drop_base(base)
    drop_base(base + EN_COURS)
    with administer() as curseur:
        curseur.execute(f'CREATE DATABASE "{base + EN_COURS}"')
    env = {**os.environ, "DATABASE_URL": build_url(base + EN_COURS), "MAILLAGE_DONNEES": ""}
    env |= {"DJANGO_SETTINGS_MODULE": "portal.settings.dev"}
    code = f"from tests.browser.base import fill; fill({base!r})"
    with journal.open("wb") as sortie:
        commande = [sys.executable, "manage.py", "shell", "-v", "0", "-c", code]
        return subprocess.Popen(commande, cwd=RACINE, env=env, stdout=sortie, stderr=sortie)


def fill(base: str) -> None:
    """In the process apart. A failure leaves no base: those who wait know it, and the journal says why."""
    try:
        fill_base(DEMONSTRATION, os.environ["DATABASE_URL"])
        call_command("import_zonage", str(ZONAGE), "--du", "2018-01-01", "--source", "Zonage écrit pour les essais")
    except BaseException:
        connections.close_all()
        drop_base(base + EN_COURS)
        raise
    connections.close_all()
    with administer() as curseur:
        curseur.execute(f'ALTER DATABASE "{base + EN_COURS}" RENAME TO "{base}"')


def wait_filled(base: str, journal: Path) -> None:
    limite = time.monotonic() + ATTENTE
    while time.monotonic() < limite:
        with administer() as curseur:
            curseur.execute("SELECT datname FROM pg_database WHERE datname IN (%s, %s)", [base, base + EN_COURS])
            presentes = [ligne[0] for ligne in curseur.fetchall()]
        if presentes == [base]:
            return
        assert presentes, f"La base des essais n'a pas été remplie :\n{journal.read_text()[-3000:]}"
        time.sleep(0.5)
    raise AssertionError(f"La base des essais n'est pas remplie après {ATTENTE} s.")


def clone(modele: str, base: str) -> None:
    drop_base(base)
    with administer() as curseur:
        curseur.execute(f'CREATE DATABASE "{base}" TEMPLATE "{modele}"')
