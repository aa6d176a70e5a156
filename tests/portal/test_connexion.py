"""A kept connection: checked without a round trip, replaced when its backend is gone."""

import psycopg2
import pytest
from django.db import close_old_connections, connection

from zonage.models import Region


def end_backend(pid: int) -> None:
    """As a crash does: the server ends the process that serves the connection."""
    reglages = connection.get_connection_params()
    autre = psycopg2.connect(
        **{nom: reglages[nom] for nom in ("host", "port", "user", "password", "dbname") if nom in reglages}
    )
    try:
        with autre.cursor() as curseur:
            curseur.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
            assert curseur.fetchone() == (True,)
    finally:
        autre.close()


def read_pid() -> int:
    with connection.cursor() as curseur:
        curseur.execute("SELECT pg_backend_pid()")
        return int(curseur.fetchone()[0])


@pytest.fixture
def gardee(transactional_db):
    """The connection of a production process: kept, and checked at each request."""
    avant = connection.settings_dict["CONN_MAX_AGE"], connection.settings_dict["CONN_HEALTH_CHECKS"]
    connection.close()
    connection.settings_dict |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    connection.connect()
    yield connection
    connection.settings_dict["CONN_MAX_AGE"], connection.settings_dict["CONN_HEALTH_CHECKS"] = avant
    connection.close()


def test_a_living_connection_is_kept_and_asked_nothing(gardee, django_assert_num_queries):
    pid = read_pid()
    for _ in range(3):
        close_old_connections()
        with django_assert_num_queries(1):
            assert list(Region.objects.order_by("code")[:1]) == []
        assert read_pid() == pid


def test_a_connection_whose_backend_was_ended_is_replaced_without_an_error(gardee):
    for _ in range(5):
        pid = read_pid()
        end_backend(pid)
        close_old_connections()
        assert Region.objects.count() == 0
        assert read_pid() != pid


def test_a_health_check_after_an_error_asks_the_server(gardee):
    end_backend(read_pid())
    with pytest.raises(Exception, match=r"terminat|closed|connection"):
        read_pid()
    close_old_connections()
    assert Region.objects.count() == 0
