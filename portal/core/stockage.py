"""Where the bytes of the documents are: a file under a random key, whole or absent, closed to other accounts.

Nothing that a person typed is ever part of a path, and a link put in the folder is never followed.
"""

import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

CLE = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}")
DOCUMENTS, QUARANTAINE = "documents", "quarantaine"


class OctetsAbsents(Exception):
    """The row is there, its bytes are not: a disk to look at, never a reason to serve something else."""


def draw_cle() -> str:
    hexa = secrets.token_hex(32)
    return f"{hexa[:2]}/{hexa}"


def build_chemin(cle: str, *, dossier: str = DOCUMENTS) -> Path:
    """Raises ValueError for anything but a key that `draw_cle` made."""
    if not CLE.fullmatch(cle):
        raise ValueError("not a storage key")
    return Path(settings.MEDIA_ROOT) / dossier / cle


def write_octets(octets: bytes) -> str:
    """Write aside, force to the disk, rename. Returns the key. What a death leaves, the sweep takes."""
    cle = draw_cle()
    chemin = build_chemin(cle)
    chemin.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    provisoire = chemin.with_name(f"{chemin.name}.tmp")
    descripteur = os.open(provisoire, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descripteur, "wb") as sortie:
            sortie.write(octets)
            sortie.flush()
            os.fsync(sortie.fileno())
        provisoire.replace(chemin)
    except BaseException:
        provisoire.unlink(missing_ok=True)
        raise
    _sync_dossier(chemin.parent)
    return cle


def load_octets(cle: str) -> bytes:
    """Raises OctetsAbsents."""
    try:
        descripteur = os.open(build_chemin(cle), os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as erreur:
        raise OctetsAbsents(type(erreur).__name__) from None
    with os.fdopen(descripteur, "rb") as entree:
        return entree.read()


def delete_octets(cle: str) -> None:
    for dossier in (DOCUMENTS, QUARANTAINE):
        build_chemin(cle, dossier=dossier).unlink(missing_ok=True)


def quarantine_octets(cle: str) -> None:
    """Move the bytes where nothing is ever served from. Done already: nothing happens."""
    source, cible = build_chemin(cle), build_chemin(cle, dossier=QUARANTAINE)
    if not source.exists():
        return
    cible.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    source.replace(cible)
    cible.chmod(0o000)
    os.utime(cible)


def list_vieux(dossier: str, *, age: float) -> Iterator[tuple[str, Path]]:
    """(key, path) of the files older than `age` seconds, unfinished ones included (their key is empty)."""
    limite = time.time() - age
    racine = Path(settings.MEDIA_ROOT) / dossier
    for chemin in sorted(racine.glob("??/*")):
        try:
            etat = chemin.lstat()
        except FileNotFoundError:
            continue
        cle = f"{chemin.parent.name}/{chemin.name}"
        if etat.st_mtime < limite:
            yield (cle if CLE.fullmatch(cle) else ""), chemin


def _sync_dossier(dossier: Path) -> None:
    descripteur = os.open(dossier, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descripteur)
    finally:
        os.close(descripteur)
