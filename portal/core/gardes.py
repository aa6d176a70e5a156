"""A small reading of the database kept in each process, and made again when the version of the data moves."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from portal.core.cache import data_version

T = TypeVar("T")

DUREE_GARDE = 0.5
"""Seconds during which a process trusts what it keeps without looking at the version: as long as for the pages."""


class Garde(Generic[T]):
    """`load` reads the whole; `read` gives it. What is kept is never changed, only replaced: threads may share it.

    The version is looked at before the reading: what is published meanwhile is read again, never missed.
    """

    def __init__(self, load: Callable[[], T]) -> None:
        self.load = load
        self._gardee: tuple[float, str, T] | None = None

    def read(self) -> T:
        gardee, maintenant = self._gardee, time.monotonic()
        if gardee is not None and maintenant - gardee[0] <= DUREE_GARDE:
            return gardee[2]
        version = data_version()
        valeur = gardee[2] if gardee is not None and gardee[1] == version else self.load()
        self._gardee = (maintenant, version, valeur)
        return valeur

    def forget(self) -> None:
        self._gardee = None
