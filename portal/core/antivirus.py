"""Asking a clamd whether bytes are clean: its INSTREAM command, over TCP or a local socket, never longer than told.

Anything but a plain « OK » or « FOUND » means that nothing is known: the document waits, and nobody reads it.
"""

import socket
import time
from datetime import timedelta
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

DELAI = 30.0  # seconds for the whole exchange
DELAI_LIAISON = 3.0
MORCEAU = 64 * 1024
REPONSE_MAX = 4096


class AntivirusMuet(Exception):
    """Down, silent, too slow, or it would not look: tried again after `delai`."""

    def __init__(self, raison: str, delai: timedelta = timedelta(minutes=1)) -> None:
        super().__init__(raison)
        self.delai = delai


def read_adresse(reglage: str) -> tuple[str, int] | str:
    """« clamd://host:port » or « clamd:/path.sock ». Raises ImproperlyConfigured with a French sentence."""
    aide = "MAILLAGE_ANTIVIRUS s'écrit « clamd://hote:3310 » ou « clamd:/run/clamav/clamd.ctl »."
    try:
        parties = urlsplit(reglage)
        port = parties.port
    except ValueError:
        raise ImproperlyConfigured(aide) from None
    if parties.scheme != "clamd" or bool(parties.hostname) == bool(parties.path.strip("/")):
        raise ImproperlyConfigured(aide)
    return (parties.hostname, port or 3310) if parties.hostname else parties.path


def find_menace(octets: bytes, *, reglage: str) -> str:
    """The name of the threat, empty when the bytes are clean. Raises AntivirusMuet when that is not known."""
    limite = time.monotonic() + DELAI
    try:
        with _connect(reglage, min(DELAI_LIAISON, DELAI)) as liaison:
            _send(liaison, b"zINSTREAM\0", limite)
            for debut in range(0, len(octets), MORCEAU):
                morceau = octets[debut : debut + MORCEAU]
                _send(liaison, len(morceau).to_bytes(4, "big") + morceau, limite)
            _send(liaison, b"\0\0\0\0", limite)
            reponse = _receive(liaison, limite)
    except TimeoutError:
        raise AntivirusMuet("l'antivirus n'a pas répondu à temps") from None
    except OSError as erreur:
        raise AntivirusMuet(f"l'antivirus ne répond pas ({type(erreur).__name__})") from None
    if reponse == "stream: OK":
        return ""
    if reponse.startswith("stream: ") and reponse.endswith(" FOUND"):
        return reponse.removeprefix("stream: ").removesuffix(" FOUND")[:80] or "menace"
    if "size limit exceeded" in reponse:
        raise AntivirusMuet("l'antivirus refuse un document de cette taille", timedelta(minutes=15))
    raise AntivirusMuet("l'antivirus n'a pas su répondre")


def _connect(reglage: str, delai: float) -> socket.socket:
    adresse = read_adresse(reglage)
    if isinstance(adresse, tuple):
        return socket.create_connection(adresse, timeout=delai)
    liaison = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    liaison.settimeout(delai)
    try:
        liaison.connect(adresse)
    except OSError:
        liaison.close()
        raise
    return liaison


def _set_delai(liaison: socket.socket, limite: float) -> None:
    reste = limite - time.monotonic()
    if reste <= 0:
        raise TimeoutError
    liaison.settimeout(reste)


def _send(liaison: socket.socket, octets: bytes, limite: float) -> None:
    """A clamd that has had enough answers and closes: what it said is then read, not lost behind a broken pipe."""
    _set_delai(liaison, limite)
    try:
        liaison.sendall(octets)
    except (BrokenPipeError, ConnectionResetError):
        return


def _receive(liaison: socket.socket, limite: float) -> str:
    recu = b""
    while b"\0" not in recu and len(recu) < REPONSE_MAX:
        _set_delai(liaison, limite)
        morceau = liaison.recv(REPONSE_MAX)
        if not morceau:
            break
        recu += morceau
    return recu.split(b"\0")[0].decode("utf-8", "replace").strip()
