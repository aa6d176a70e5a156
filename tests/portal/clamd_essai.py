"""A clamd of our own: the real INSTREAM protocol over loopback. No antivirus has to be installed to test."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

from tests.corpus.fabrique import EICAR

TAILLE_MAX = 25 * 1024 * 1024


class Clamd:
    """`humeur`: "sain" judges (EICAR is a threat), "muet" reads and says nothing, "coupe" hangs up, "plein" refuses
    the size, "bruit" answers what no clamd says. `vus`: what it was given."""

    def __init__(self, adresse: str | None = None) -> None:
        famille = socket.AF_UNIX if adresse else socket.AF_INET
        self.prise = socket.socket(famille, socket.SOCK_STREAM)
        self.prise.bind(adresse or ("127.0.0.1", 0))
        self.prise.listen(8)
        self.prise.settimeout(0.1)
        self.reglage = f"clamd:{adresse}" if adresse else f"clamd://127.0.0.1:{self.prise.getsockname()[1]}"
        self.humeur, self.vus = "sain", []
        self.ferme = threading.Event()
        self.fil = threading.Thread(target=self.run, daemon=True)
        self.fil.start()

    def run(self) -> None:
        while not self.ferme.is_set():
            try:
                liaison, _ = self.prise.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            with liaison, contextlib.suppress(OSError):
                liaison.settimeout(5)
                self.answer(liaison)

    def answer(self, liaison: socket.socket) -> None:
        if self.humeur == "coupe":
            liaison.recv(4)
            return
        assert self.read(liaison, 10) == b"zINSTREAM\0"
        recu = b""
        while longueur := int.from_bytes(self.read(liaison, 4), "big"):
            recu += self.read(liaison, longueur)
            if self.humeur == "plein":
                liaison.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.vus.append(recu)
        if self.humeur == "muet":
            while not self.ferme.is_set() and self.humeur == "muet":
                time.sleep(0.02)
            return
        reponse = b"stream: Eicar-Test-Signature FOUND" if EICAR in recu else b"stream: OK"
        liaison.sendall((b"PONG" if self.humeur == "bruit" else reponse) + b"\0")

    def read(self, liaison: socket.socket, nombre: int) -> bytes:
        recu = b""
        while len(recu) < nombre:
            morceau = liaison.recv(nombre - len(recu))
            if not morceau:
                raise OSError("cut")
            recu += morceau
        return recu

    def stop(self) -> None:
        self.ferme.set()
        self.prise.close()
        self.fil.join(5)


@contextlib.contextmanager
def start_clamd(adresse: str | None = None) -> Iterator[Clamd]:
    clamd = Clamd(adresse)
    try:
        yield clamd
    finally:
        clamd.stop()
