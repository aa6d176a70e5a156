"""Where the project is, what the environment says, and whether this is an exercise: read by the other settings."""

from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()
# The drills shorten the delays.
EXERCICE = env.bool("MAILLAGE_EXERCICE", default=False)
