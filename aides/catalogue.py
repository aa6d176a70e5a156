"""The national schemes: read once from `aides/dispositifs/`, kept for the life of the process."""

from functools import cache
from pathlib import Path

from aides.regles.chargement import load_dossier
from aides.regles.dispositifs import Catalogue

DOSSIER = Path(__file__).resolve().parent / "dispositifs"


@cache
def catalogue() -> Catalogue:
    """The catalogue. Raises RegleInvalide when a file is wrong: the portal then refuses to start."""
    return load_dossier(DOSSIER)
