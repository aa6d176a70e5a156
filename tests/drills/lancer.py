"""The drills in short, as processes apart."""

import subprocess
import sys

from tests.drills.scene import RACINE

TUER = RACINE / "tests" / "drills" / "tuer.py"


def start_drill(*arguments):
    commande = [sys.executable, str(TUER), "--quick", *arguments]
    return subprocess.Popen(commande, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(exercice):
    sortie, _ = exercice.communicate(timeout=480)
    assert exercice.returncode == 0, sortie
    return sortie
