"""The long form of the state machine of the files: 20,000 acts against the model, none of them in disagreement.

    ./maillage bench etats [--actes 20000]

The tests play 1,500 of them each time (tests/stateful, docs/adr/0179): with `--quick`, nothing is played twice.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

RACINE = Path(__file__).resolve().parents[1]
ESSAI = "tests/stateful/test_vie_dossier.py"
COMPTE = re.compile(r" : pas (\d+), faits (\d+), refusés (\d+)")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--actes", type=int, default=20_000)
    options.add_argument("--quick", action="store_true")
    choix = options.parse_args()
    if choix.quick:
        print("etats : 1 500 actes sont joués par les tests, 20 000 sans --quick")
        return 0
    debut = time.monotonic()
    commande = [sys.executable, "-m", "pytest", "-q", ESSAI, "-k", "every_act or control"]
    env = {**os.environ, "MAILLAGE_PAS": str(choix.actes), "DJANGO_SETTINGS_MODULE": "portal.settings.test"}
    fini = subprocess.run(commande, cwd=RACINE, env=env, capture_output=True, text=True, check=False)
    duree = time.monotonic() - debut
    parties = [tuple(map(int, trouve.groups())) for trouve in COMPTE.finditer(fini.stdout)]
    pas, faits, refuses = (sum(colonne) for colonne in zip(*parties, strict=True)) if parties else (0, 0, 0)
    juste = fini.returncode == 0 and pas >= choix.actes
    if fini.returncode:
        print(fini.stdout[-4000:])
    print(
        f"P44 etats actes={pas} goal>={choix.actes} faits={faits} refuses={refuses} parties={len(parties)} "
        f"duree={duree:.0f}s {'PASS' if juste else 'FAIL'}"
    )
    return 0 if juste else 1


if __name__ == "__main__":
    sys.exit(main())
