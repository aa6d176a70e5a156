"""A real Valkey that stops answering."""

import contextlib
import os
import signal
from collections.abc import Iterator

from portal.embarque import Valkey


@contextlib.contextmanager
def frozen(serveur: Valkey) -> Iterator[None]:
    """Its process is held: connections open, nothing answers."""
    assert serveur.processus is not None
    os.kill(serveur.processus.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(serveur.processus.pid, signal.SIGCONT)
