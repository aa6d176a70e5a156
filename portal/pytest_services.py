"""The pytest plugin that gives the tests a real PostgreSQL and a real Valkey.

It is named in `addopts` (-p): a conftest.py would be too late, pytest-django reads the settings before it. Importing
it starts what is missing, once: the processes of xdist inherit the two addresses and start nothing.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from portal.embarque import Postgres, Valkey
from portal.lancement.pannes import Panne

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
EN_CI = os.environ.get("CI", "").lower() in ("1", "true")


def start_services() -> None:
    """Start the missing servers in a folder of this run, erased at the end whatever the end."""
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    dossier = Path(tempfile.mkdtemp(prefix="maillage-tests-"))
    atexit.register(shutil.rmtree, dossier, ignore_errors=True)
    for variable, service in (("DATABASE_URL", Postgres), ("REDIS_URL", Valkey)):
        if not os.environ.get(variable):
            serveur = service(dossier, jetable=True)
            atexit.register(serveur.stop)
            os.environ[variable] = serveur.start()


def find_chromium() -> str | None:
    """The browser of the tests marked `navigateur`: MAILLAGE_CHROMIUM, else the one of the system."""
    if choisi := os.environ.get("MAILLAGE_CHROMIUM"):
        return choisi if Path(choisi).exists() else None
    return next((chemin for nom in CHROMIUMS if (chemin := shutil.which(nom))), None)


def find_missing() -> list[str]:
    """One line for each kind of test that this machine cannot run."""
    absents = []
    if not os.environ.get("MAILLAGE_DONNEES") or not Path(os.environ["MAILLAGE_DONNEES"]).is_dir():
        absents.append(
            "MAILLAGE_DONNEES ne nomme pas un dossier : les tests sur les données officielles ne sont pas lancés."
        )
    if find_chromium() is None:
        absents.append("Aucun Chromium trouvé : les tests dans un vrai navigateur ne sont pas lancés.")
    return absents


def pytest_configure(config: pytest.Config) -> None:
    """In continuous integration nothing may be left out in silence."""
    if EN_CI and not hasattr(config, "workerinput") and (absents := find_missing()):
        raise pytest.UsageError("En intégration continue rien ne se saute. " + " ".join(absents))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for ligne in find_missing():
        terminalreporter.write_line(ligne, yellow=True)


try:
    start_services()
except Panne as panne:
    pytest.exit(str(panne), returncode=3)
