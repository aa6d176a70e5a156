"""Where this installation keeps what it makes: everything under `.var/`, which can be erased to start again."""

import os
from pathlib import Path

RACINE = Path(__file__).resolve().parents[2]
VAR = Path(os.environ.get("MAILLAGE_VAR") or RACINE / ".var")
VERROU = VAR / "verrou"
SERVICES = VAR / "services.json"
ENFANTS = VAR / "enfants.json"
ETAT = VAR / "etat.json"
CLE_SECRETE = VAR / "cle-secrete"
COMPTES_DEMO = VAR / "comptes-demo.txt"
JOURNAUX = VAR / "journaux"
