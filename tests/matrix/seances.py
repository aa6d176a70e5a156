"""Who is signed in, without asking the base again in each of the twenty thousand cells.

Sessions are held in this process and put back after each cell, as the base is; people and their mandats, which no cell
changes for good, are read once. Signing in, ending a session and losing a mandat have tests of their own.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest import mock

from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.utils import timezone

from portal.accounts.models import SessionOuverte, User
from portal.accounts.portee import read_portee

GARDEES: dict[str, dict[str, Any]] = {}


class SessionStore(SessionBase):
    """`SESSION_ENGINE = "tests.matrix.seances"`."""

    def exists(self, session_key: str) -> bool:
        return session_key in GARDEES

    def create(self) -> None:
        self._session_key = self._get_new_session_key()
        self.save(must_create=True)
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        if self.session_key is None:
            return self.create()
        contenu = copy.deepcopy(self._get_session(no_load=must_create))
        if not must_create and not self.exists(self.session_key):
            raise UpdateError
        GARDEES[self.session_key] = contenu
        return None

    def delete(self, session_key: str | None = None) -> None:
        GARDEES.pop(session_key or self.session_key or "", None)

    def load(self) -> dict[str, Any]:
        if self.session_key in GARDEES:
            return copy.deepcopy(GARDEES[self.session_key])
        self._session_key = None
        return {}


@contextmanager
def put_back() -> Iterator[None]:
    """What a cell does to the sessions is undone."""
    avant = dict(GARDEES)
    try:
        yield
    finally:
        GARDEES.clear()
        GARDEES.update(avant)


@contextmanager
def remember(users: dict[str, User]) -> Iterator[None]:
    """A person that the scene does not know is read as ever."""
    lus = {user.pk: ModelBackend().get_user(user.pk) for user in users.values()}
    for lu in lus.values():
        read_portee(lu)  # kept on the object, and on its copies
    # A last visit written half a minute ago would be written again in each cell, and undone.
    SessionOuverte.objects.update(vue_le=timezone.now() + timedelta(hours=1))
    lire = ModelBackend.get_user

    def get_user(self: ModelBackend, user_id: int) -> Any:
        return copy.copy(lus[user_id]) if user_id in lus else lire(self, user_id)

    with mock.patch.object(ModelBackend, "get_user", get_user):
        yield
