"""What the tests of the pages share."""

import pytest
from django.core.cache import caches

from aides.classes import forget_classes
from aides.locaux import forget_parametres
from aides.views.resultat import PATRONS
from portal.core import cache
from tests.aides.territoire import build_verifier
from zonage.listes import forget_listes


@pytest.fixture(autouse=True)
def _fresh_pages(monkeypatch):
    """Each test starts without kept pages; the version of the data is read again at each request."""
    caches["pages"].clear()
    PATRONS.clear()
    forget_classes()
    monkeypatch.setattr(cache, "DUREE_VERSION", -1.0)


@pytest.fixture
def locaux_relus():
    """The lists and the regional amounts are read again, and nothing is left to the next test."""
    forget_listes()
    forget_parametres()
    yield
    forget_listes()
    forget_parametres()


@pytest.fixture
def territoire_verifier(db):
    build_verifier()
