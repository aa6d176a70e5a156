"""What the tests of the pages share."""

import pytest
from django.core.cache import caches

from aides.classes import forget_classes
from aides.views.resultat import PATRONS
from portal.core import cache
from tests.aides.territoire import build_verifier


@pytest.fixture(autouse=True)
def _fresh_pages(monkeypatch):
    """Each test starts without kept pages; the version of the data is read again at each request."""
    caches["pages"].clear()
    PATRONS.clear()
    forget_classes()
    monkeypatch.setattr(cache, "DUREE_VERSION", -1.0)


@pytest.fixture
def territoire_verifier(db):
    build_verifier()
