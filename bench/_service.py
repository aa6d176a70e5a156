"""Two workers of the portal, and somebody who asks for pages at a steady pace."""

import http.client
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

RACINE = Path(__file__).resolve().parent.parent
PORT = 21_190
CADENCE = 25.0
"""Pages a second: about a quarter of what two workers serve, so that waiting is not of the bench's own making."""


@contextmanager
def serve() -> Iterator[None]:
    """Two workers with the settings of production but HTTPS, and no page kept: each one reads the database."""
    environnement = os.environ | {"PYTHONWARNINGS": "ignore", "DJANGO_SECRET_KEY": secrets.token_urlsafe(64)}
    environnement |= {"DJANGO_SETTINGS_MODULE": "bench.pairs.reglages_sans_cache"}
    commande = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-w", "2", "--log-level", "error"]
    commande += ["-b", f"127.0.0.1:{PORT}", "portal.wsgi:application"]
    processus = subprocess.Popen(
        commande,
        cwd=RACINE,
        env=environnement,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        fin = time.monotonic() + 60
        while ask("/sante/")[0] != 200:
            if time.monotonic() > fin:
                sys.exit("Le serveur de la mesure ne répond pas.")
            time.sleep(0.2)
        yield
    finally:
        os.killpg(processus.pid, signal.SIGTERM)
        processus.wait(20)


def ask(chemin: str) -> tuple[int, float]:
    """Status (0 when nobody answers) and seconds."""
    debut = time.perf_counter()
    try:
        liaison = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
        liaison.request("GET", chemin)
        reponse = liaison.getresponse()
        reponse.read()
        liaison.close()
    except OSError:
        return 0, time.perf_counter() - debut
    return reponse.status, time.perf_counter() - debut


def read_pages(chemins: list[str], duree: float) -> list[tuple[float, float, int]]:
    """Start, end and status of each page: one each time its turn comes, late or not."""
    lues: list[tuple[float, float, int]] = []
    debut = time.perf_counter()

    def follow(rang: int, pas: int) -> None:
        while (tour := debut + rang / CADENCE) < debut + duree:
            time.sleep(max(0.0, tour - time.perf_counter()))
            statut, attente = ask(chemins[rang % len(chemins)])
            fin = time.perf_counter()
            lues.append((fin - attente, fin, statut))
            rang += pas

    with ThreadPoolExecutor(4) as lecteurs:
        list(lecteurs.map(lambda rang: follow(rang, 4), range(4)))
    return lues


def p95(attentes: list[float]) -> float:
    return sorted(attentes)[int(0.95 * len(attentes))]
