"""The cache that keeps pages as they are: the same object, for a time, and no more than so many."""

import threading

import pytest
from django.core.cache import caches

from portal.core import memoire
from portal.core.memoire import MemoireCache

ABSENT = object()


@pytest.fixture
def cache():
    essai = MemoireCache("essai", {"TIMEOUT": 60, "OPTIONS": {"MAX_ENTRIES": 3}})
    essai.clear()
    return essai


def test_pages_are_kept_there():
    assert isinstance(caches["pages"], MemoireCache)


def test_the_very_object_is_given_back(cache):
    page = (b"octets", {"ETag": "1"})
    cache.set("a", page)
    assert cache.get("a") is page
    assert cache.get("b", ABSENT) is ABSENT


def test_threads_share_what_is_kept():
    lues = []
    caches["pages"].set("essai", "valeur")
    fil = threading.Thread(target=lambda: lues.append(caches["pages"].get("essai")))
    fil.start()
    fil.join()
    caches["pages"].delete("essai")
    assert lues == ["valeur"]


def test_what_is_too_old_is_forgotten(cache, monkeypatch):
    maintenant = 1_000.0
    monkeypatch.setattr(memoire.time, "time", lambda: maintenant)
    cache.set("a", 1, timeout=10)
    cache.set("toujours", 2, timeout=None)
    maintenant = 1_009.9
    assert cache.get("a") == 1
    maintenant = 1_010.0
    assert cache.get("a") is None
    assert cache.get("toujours") == 2


def test_the_least_recently_read_leaves_first(cache):
    for cle in "abc":
        cache.set(cle, cle)
    cache.get("a")
    cache.set("d", "d")
    assert [cle for cle in "abcd" if cache.get(cle)] == ["a", "c", "d"]


def test_add_delete_and_clear(cache):
    assert cache.add("a", 1) is True
    assert cache.add("a", 2) is False
    assert cache.get("a") == 1
    assert cache.delete("a") is True
    assert cache.delete("a") is False
    cache.set("b", None)
    assert cache.get("b", ABSENT) is None
    cache.clear()
    assert cache.get("b", ABSENT) is ABSENT
    with pytest.raises(NotImplementedError):
        cache.touch("b")
