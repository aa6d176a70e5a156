"""What the tests of the pages share."""

import pytest
from django.core.cache import caches

from aides.catalogue import follow_locaux
from aides.classes import forget_classes
from aides.locaux import forget_parametres
from aides.views.resultat import PATRONS
from portal.core import cache
from tests.aides.suivis_essai import build_territoire
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


@pytest.fixture
def regles_fraiches(settings):
    """Rules, lists and amounts are read again at each call; no limit by caller, whom all the tests share."""
    settings.MAILLAGE_SUIVIS_LIMITE = ""
    forget_listes()
    forget_parametres()
    with follow_locaux():
        yield
    forget_listes()
    forget_parametres()


@pytest.fixture
def boite(settings, tmp_path):
    """The folder where each message is a file."""
    settings.EMAIL_BACKEND = "portal.core.courriels.FichiersBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "courriels")
    settings.MAILLAGE_ADRESSE = "https://maillage.exemple.fr"
    return tmp_path / "courriels"


@pytest.fixture
def territoire_suivis(db):
    build_territoire()
