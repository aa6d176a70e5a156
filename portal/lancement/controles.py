"""What is checked before a start, so that a failure is one sentence and not a pile of logs."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import time
from pathlib import Path
from typing import TextIO

from portal.lancement.chemins import CLE_SECRETE, ENFANTS, JOURNAUX, VAR, VERROU
from portal.lancement.pannes import Panne, explain_oserror

PLACE_MINIMALE = 700 * 1024 * 1024  # the database of France and its journals, with room to work
PLACE_DE_SECOURS = 100 * 1024 * 1024


def check_folder() -> None:
    """Make the folders of this installation. Raises Panne."""
    try:
        for dossier in (VAR, JOURNAUX):
            dossier.mkdir(mode=0o700, parents=True, exist_ok=True)
        essai = VAR / ".essai"
        essai.write_text("écriture\n")
        essai.unlink()
    except OSError as erreur:
        raise explain_oserror(erreur, "le portail") from erreur


def check_disk(*, deja_prepare: bool) -> None:
    """Raises Panne when the base of France could not fit: the first start writes it, the next ones need less."""
    libre = shutil.disk_usage(VAR).free
    voulu = PLACE_DE_SECOURS if deja_prepare else PLACE_MINIMALE
    if libre < voulu:
        raise Panne(
            f"Disque presque plein : il reste {libre // 2**20} Mo dans {VAR}, il en faut {voulu // 2**20}. "
            "Libérez de la place, puis relancez."
        )


def is_disk_full() -> bool:
    return shutil.disk_usage(VAR).free < 20 * 1024 * 1024


def check_port(bind: str, port: int) -> None:
    """Raises Panne when the port is taken, reserved, or when the address is not one of this machine."""
    try:
        famille, _type, _proto, _nom, adresse = socket.getaddrinfo(bind, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(famille, socket.SOCK_STREAM) as prise:
            prise.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            prise.bind(adresse)
            prise.listen(1)
    except socket.gaierror as erreur:
        raise Panne(f"Adresse d'écoute inconnue : « {bind} ». Donnez une adresse de cette machine.") from erreur
    except PermissionError as erreur:
        raise Panne(
            f"Le port {port} est réservé à l'administrateur : choisissez-en un autre, --port 8080."
        ) from erreur
    except OSError as erreur:
        if erreur.errno == 99:  # EADDRNOTAVAIL
            raise Panne(f"L'adresse {bind} n'est pas celle de cette machine : essayez --bind 127.0.0.1.") from erreur
        raise Panne(
            f"Le port {port} est déjà pris par un autre programme : arrêtez-le, ou choisissez un autre port, "
            f"par exemple ./maillage run --port {port + 1 if port < 65535 else 8000}"
        ) from erreur


def take_lock() -> TextIO:
    """One launcher at a time in a folder; the kernel gives the lock back whatever the end. Raises Panne."""
    try:
        fichier = VERROU.open("a+")
    except OSError as erreur:
        raise explain_oserror(erreur, "le portail") from erreur
    try:
        fcntl.flock(fichier, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as erreur:
        fichier.seek(0)
        qui = fichier.read().strip()
        fichier.close()
        raise Panne(
            f"Maillage tourne déjà dans ce dossier{f' ({qui})' if qui else ''} : "
            "arrêtez-le (Ctrl-C), ou clonez le projet dans un autre dossier."
        ) from erreur
    fichier.truncate(0)
    fichier.write(f"processus {os.getpid()}")
    fichier.flush()
    return fichier


def is_locked() -> bool:
    """Whether a launcher lives in this folder."""
    if not VERROU.exists():
        return False
    with VERROU.open() as fichier:
        try:
            fcntl.flock(fichier, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def read_birth(pid: int) -> str | None:
    """When a process began, in clock ticks: a pid alone can be given again to another program."""
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    return None


def write_children(pids: list[int]) -> None:
    ENFANTS.write_text(json.dumps([[pid, read_birth(pid)] for pid in pids]))


def end_leftovers(attente: float = 10) -> None:
    """After a `kill -9` of the launcher its children are closing: wait for them, then insist."""
    try:
        restes = [(int(pid), ne) for pid, ne in json.loads(ENFANTS.read_text()) if ne]
    except (OSError, ValueError, TypeError):
        return
    limite = time.monotonic() + attente
    while restes := [(pid, ne) for pid, ne in restes if read_birth(pid) == ne]:
        if time.monotonic() > limite:
            for pid, _ne in restes:
                with contextlib.suppress(OSError):
                    os.killpg(pid, signal.SIGKILL)
            break
        time.sleep(0.1)
    ENFANTS.unlink(missing_ok=True)


def read_secret_key() -> str:
    """The secret of this installation, drawn once."""
    if not CLE_SECRETE.exists():
        provisoire = CLE_SECRETE.with_suffix(".nouvelle")
        provisoire.unlink(missing_ok=True)
        provisoire.touch(mode=0o600)
        provisoire.write_text(secrets.token_urlsafe(64))
        provisoire.replace(CLE_SECRETE)
    return CLE_SECRETE.read_text().strip()
