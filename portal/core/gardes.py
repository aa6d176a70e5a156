"""A small reading of the database kept in each process, and made again when the version of the data moves."""

from collections.abc import Callable
from typing import Generic, TypeVar

from portal.core.cache import data_version

T = TypeVar("T")


class Garde(Generic[T]):
    """`load` reads the whole; `read` gives it. What is kept is never changed, only replaced: threads may share it.

    It has no clock of its own, so that a page is never kept under a version newer than what it was made with. The
    version is looked at before the reading: what is published meanwhile is read again, never missed.
    """

    def __init__(self, load: Callable[[], T]) -> None:
        self.load = load
        self._gardee: tuple[str, T] | None = None

    def read(self) -> T:
        gardee, version = self._gardee, data_version()
        if gardee is not None and gardee[0] == version:
            return gardee[1]
        valeur = self.load()
        self._gardee = (version, valeur)
        return valeur

    def forget(self) -> None:
        self._gardee = None
