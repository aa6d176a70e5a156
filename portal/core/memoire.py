"""The cache of the pages: what is kept in the memory of the process, as it is (docs/adr/0098).

Django's own keeps a pickled copy of each value, so that whoever changes what he read changes nothing for the others.
Copying an answer of a hundred kilobytes at each reading cost as much as all the rest of serving it.
"""

import time
from collections import OrderedDict
from threading import Lock
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache

Gardes = OrderedDict[str, tuple[float | None, Any]]

_memoires: dict[str, tuple[Gardes, Lock]] = {}
"""By name: each thread has its own `MemoireCache`, all of them have the same memory."""


class MemoireCache(BaseCache):
    """Give back the very object that was kept: it is read, never changed. The least recently read leaves first.

    The names of its keys are made of digests, codes and days: they are not checked. It does not count (`incr`).
    """

    def __init__(self, nom: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self.taille = int(params.get("OPTIONS", {}).get("MAX_ENTRIES", 300))
        self.gardes, self.verrou = _memoires.setdefault(nom, (OrderedDict(), Lock()))

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        entiere = self.make_key(key, version)
        with self.verrou:
            garde = self.gardes.get(entiere)
            if garde is None:
                return default
            if garde[0] is not None and garde[0] <= time.time():
                del self.gardes[entiere]
                return default
            self.gardes.move_to_end(entiere)
            return garde[1]

    def set(self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        entiere, fin = self.make_key(key, version), self.get_backend_timeout(timeout)
        with self.verrou:
            self.gardes[entiere] = (fin, value)
            self.gardes.move_to_end(entiere)
            while len(self.gardes) > self.taille:
                self.gardes.popitem(last=False)

    def add(self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        absent = object()
        if self.get(key, absent, version) is not absent:
            return False
        self.set(key, value, timeout, version)
        return True

    def delete(self, key: str, version: int | None = None) -> bool:
        with self.verrou:
            return self.gardes.pop(self.make_key(key, version), None) is not None

    def clear(self) -> None:
        with self.verrou:
            self.gardes.clear()
