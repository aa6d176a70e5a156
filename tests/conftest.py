"""Fixtures that every part of the tests may use."""

import os
from collections.abc import Iterator

import pytest
from django.db import connection, connections

from aides.catalogue import hold_national
from tests.browser.base import drop_modele
from tests.migree import drop_migree, make_migree
from zonage.models import Commune
from zonage.services.territoire import load_referentiel
from zonage.sources.referentiel import read_referentiel

LONGS = {"test_exercices.py", "test_exercices_pannes.py", "test_droits_monotones.py", "test_vie_dossier.py"}
FORMES_LONGUES = {"MAILLAGE_COURSES", "MAILLAGE_PAS"}
TRANSACTIONNELS = {"transactional_db", "live_server", "django_db_reset_sequences", "django_db_serialized_rollback"}

# The rules of the files, without a query, from the collection on; a test of local schemes asks for `follow_locaux`.
_NATIONAL = hold_national()
_NATIONAL.__enter__()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests that need the whole country last: it is loaded once, and no other test meets it.

    Those in a browser come before them, when their base, filled beside the first tests, is ready. The longest come
    first: the drills wait more than they compute, and nobody waits for them at the end.
    """
    items.sort(key=_rang)


def _rang(item: pytest.Item) -> int:
    fixtures = set(getattr(item, "fixturenames", ()))
    if "france" not in fixtures:
        if item.path.name in LONGS:
            return -1
        return 1 if item.get_closest_marker("navigateur") else 0
    marque = item.get_closest_marker("django_db")
    flushes = bool(TRANSACTIONNELS & fixtures) or (marque is not None and marque.kwargs.get("transaction"))
    return 3 if flushes else 2


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures of the long forms: what the races and the state machine counted."""
    if FORMES_LONGUES & os.environ.keys():
        for rapport in terminalreporter.getreports("passed"):
            if nombres := dict(rapport.user_properties):
                dits = ", ".join(f"{nom} {nombre}" for nom, nombre in nombres.items())
                terminalreporter.write_line(f"{rapport.nodeid.removeprefix('tests/')} : {dits}")


def pytest_unconfigure(config: pytest.Config) -> None:
    """The process that shared the tests out drops the bases that its children cloned, if they made some."""
    if not hasattr(config, "workerinput"):
        drop_migree(os.getpid())
    if not hasattr(config, "workerinput") and getattr(config.option, "numprocesses", None):
        drop_modele(os.getpid())


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    django_db_keepdb: bool,
    django_db_createdb: bool,
    django_db_use_migrations: bool,
) -> None:
    """The migrations run once, not in each process; a base that is kept or made without them is left as it is."""
    if django_db_use_migrations and (django_db_createdb or not django_db_keepdb):
        pid = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
        connections["default"].settings_dict["TEST"]["TEMPLATE"] = make_migree(pid)


@pytest.fixture(scope="session")
def _france(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    referentiel = read_referentiel()
    with django_db_blocker.unblock():
        load_referentiel(referentiel)
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE zonage_region, zonage_epci CASCADE")


@pytest.fixture
def france(_france: None, db: None) -> None:
    """The 34,969 communes, EPCI, départements and régions that the portal ships. Write freely: it is rolled back."""
    if not Commune.objects.filter(code_insee="71076").exists():  # flushed by a transactional test before this one
        load_referentiel(read_referentiel())
