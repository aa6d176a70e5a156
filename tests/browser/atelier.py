"""What is done beside the browser: the worker, another agent, a year that goes by. In processes apart (no ORM here).

One process per base has Django and the acts loaded, and forks for each act (`tests.browser.atelier_serveur`): an act
starts in hundredths of a second, where a `manage.py shell` takes seconds. What it prints is what `do` returns.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

Geste = Callable[[str], str]
LANCEMENT = "from tests.browser.atelier_serveur import serve; serve()"


class Atelier:
    """The client, in the process of the tests."""

    def __init__(self, env: dict[str, str], racine: Path) -> None:
        self.processus = subprocess.Popen(
            [sys.executable, "manage.py", "shell", "-v", "0", "-c", LANCEMENT],
            cwd=racine,
            env=env | {"MAILLAGE_PORTEE": "systeme"},  # as the worker
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def do(self, code: str, courriels: Path) -> str:
        """Run it; the mails that it sends are written in `courriels`."""
        assert self.processus.stdin is not None
        assert self.processus.stdout is not None
        self.processus.stdin.write(json.dumps([code, str(courriels)]) + "\n")
        self.processus.stdin.flush()
        ligne = self.processus.stdout.readline()
        assert ligne, f"L'atelier s'est arrêté ({self.processus.poll()}) : {code}"
        reussi, sortie = json.loads(ligne)
        assert reussi, sortie[-3000:]
        return str(sortie).strip()

    def close(self) -> None:
        self.processus.communicate(timeout=20)
