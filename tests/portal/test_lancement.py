"""The launcher: options, checks before a start, supervision, embedded servers, deployment files."""

import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from portal.core.tasks import write_heartbeat
from portal.embarque import find_free_port
from portal.lancement import controles, deploiement, preparation, superviseur
from portal.lancement.chemins import RACINE
from portal.lancement.options import Options, read_options
from portal.lancement.pannes import Panne, explain_oserror
from portal.lancement.processus import child_setup
from portal.pytest_services import find_missing


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def wait_until(condition, attente=10.0):
    limite = time.monotonic() + attente
    while time.monotonic() < limite:
        if condition():
            return True
        time.sleep(0.05)
    return False


class TestOptions:
    def test_defaults_stay_on_the_loopback(self, monkeypatch):
        for nom in ("PORT", "MAILLAGE_DONNEES"):
            monkeypatch.delenv(nom, raising=False)
        assert read_options([]) == Options(8000, "127.0.0.1", True, None)

    @pytest.mark.parametrize("port", ["0", "65536", "-1", "abc", "80 80", "٨٠٠٠", ""])
    def test_a_bad_port_is_refused_with_an_example(self, port):
        with pytest.raises(Panne, match="Port refusé"):
            read_options([f"--port={port}"])

    def test_an_unknown_option_is_refused_in_french(self):
        with pytest.raises(Panne, match="Option refusée"):
            read_options(["--prot", "8000"])

    def test_opening_to_others_asks_for_the_names(self, monkeypatch):
        monkeypatch.delenv("DJANGO_ALLOWED_HOSTS", raising=False)
        with pytest.raises(Panne, match="DJANGO_ALLOWED_HOSTS"):
            read_options(["--bind", "0.0.0.0"])
        monkeypatch.setenv("DJANGO_ALLOWED_HOSTS", "portail.exemple.fr")
        assert read_options(["--bind", "0.0.0.0"]).ouvert

    def test_the_folder_is_relative_to_where_the_command_was_typed(self, tmp_path, monkeypatch):
        (tmp_path / "donnees").mkdir()
        monkeypatch.setenv("MAILLAGE_DEPART", str(tmp_path))
        assert read_options(["--donnees", "donnees"]).donnees == tmp_path / "donnees"
        with pytest.raises(Panne, match="n'existe pas"):
            read_options(["--donnees", "ailleurs"])


class TestChecksBeforeStart:
    def test_a_busy_port_is_said_with_another_to_try(self):
        with socket.socket() as prise:
            prise.bind(("127.0.0.1", 0))
            prise.listen(1)
            port = prise.getsockname()[1]
            with pytest.raises(Panne, match=f"port {port} est déjà pris"):
                controles.check_port("127.0.0.1", port)
        controles.check_port("127.0.0.1", port)

    def test_a_foreign_address_is_said(self):
        with pytest.raises(Panne, match="n'est pas celle de cette machine"):
            controles.check_port("192.0.2.1", 8000)

    def test_a_full_disk_is_said_before_anything_is_written(self, tmp_path, monkeypatch):
        monkeypatch.setattr(controles, "VAR", tmp_path)
        monkeypatch.setattr(controles.shutil, "disk_usage", lambda _: type("U", (), {"free": 50 * 2**20})())
        with pytest.raises(Panne, match="Disque presque plein"):
            controles.check_disk(deja_prepare=True)

    @pytest.mark.parametrize(
        ("numero", "phrase"),
        [
            (errno.ENOSPC, "disque est plein"),
            (errno.EACCES, "Écriture impossible"),
            (errno.EROFS, "Écriture impossible"),
        ],
    )
    def test_errors_of_the_disk_become_sentences(self, numero, phrase):
        assert phrase in str(explain_oserror(OSError(numero, os.strerror(numero), "/var/x"), "le portail"))

    def test_one_launcher_in_a_folder(self, tmp_path, monkeypatch):
        monkeypatch.setattr(controles, "VERROU", tmp_path / "verrou")
        assert not controles.is_locked()
        with controles.take_lock():
            assert controles.is_locked()
            with pytest.raises(Panne, match="tourne déjà"):
                controles.take_lock()
        assert not controles.is_locked()

    def test_children_left_by_a_killed_launcher_are_ended(self, tmp_path, monkeypatch):
        monkeypatch.setattr(controles, "ENFANTS", tmp_path / "enfants.json")
        reste = subprocess.Popen(["sleep", "60"], start_new_session=True)
        try:
            controles.write_children([reste.pid])
            controles.end_leftovers(attente=0.3)
            assert reste.wait(5) == -signal.SIGKILL
        finally:
            reste.kill()
            reste.wait()

    def test_a_pid_given_to_another_program_is_spared(self, tmp_path, monkeypatch):
        monkeypatch.setattr(controles, "ENFANTS", tmp_path / "enfants.json")
        autre = subprocess.Popen(["sleep", "60"], start_new_session=True)
        try:
            (tmp_path / "enfants.json").write_text(f'[[{autre.pid}, "1"]]')
            controles.end_leftovers(attente=0.1)
            assert autre.poll() is None
        finally:
            autre.kill()
            autre.wait()

    def test_the_secret_is_drawn_once_and_private(self, tmp_path, monkeypatch):
        monkeypatch.setattr(controles, "CLE_SECRETE", tmp_path / "cle")
        premiere = controles.read_secret_key()
        assert len(premiere) >= 50
        assert controles.read_secret_key() == premiere
        assert (tmp_path / "cle").stat().st_mode & 0o077 == 0


class TestProcesses:
    def test_a_child_ends_when_its_parent_is_killed(self, tmp_path):
        """The control in the same test: without the request to the kernel the child stays."""
        programme = (
            "import subprocess, sys, time\n"
            "from portal.lancement.processus import child_setup\n"
            "lie = subprocess.Popen(['sleep', '60'], preexec_fn=child_setup())\n"
            "libre = subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
            "print(lie.pid, libre.pid, flush=True)\n"
            "time.sleep(60)\n"
        )
        parent = subprocess.Popen([sys.executable, "-c", programme], cwd=RACINE, stdout=subprocess.PIPE, text=True)
        lie, libre = map(int, parent.stdout.readline().split())
        try:
            assert is_alive(lie)
            parent.kill()
            parent.wait()
            parent.stdout.close()
            assert wait_until(lambda: not is_alive(lie))
            assert is_alive(libre)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(libre, signal.SIGKILL)

    def test_each_child_has_its_own_group(self):
        enfant = subprocess.Popen(["sleep", "60"], preexec_fn=child_setup())
        try:
            assert os.getpgid(enfant.pid) == enfant.pid
        finally:
            enfant.kill()
            enfant.wait()


class TestSupervision:
    @pytest.fixture
    def enfant(self, tmp_path, monkeypatch):
        monkeypatch.setattr(superviseur, "JOURNAUX", tmp_path)
        return superviseur.Enfant("essai", [sys.executable, "-c", "raise SystemExit('raison de la chute')"])

    def test_waits_longer_and_longer_then_gives_up_with_the_journal(self, enfant):
        attentes = []
        for maintenant in range(4):
            enfant.start(dict(os.environ))
            assert wait_until(enfant.is_dead)
            attentes.append(enfant.bury(float(maintenant)))
        assert attentes == [0.5, 1.0, 2.0, 4.0]
        with pytest.raises(Panne, match="5 fois en une minute") as refus:
            enfant.bury(5.0)
        assert "raison de la chute" in str(refus.value)

    def test_deaths_far_apart_are_forgiven(self, enfant):
        for minute in range(20):
            assert enfant.bury(minute * 61.0) == 0.5

    def test_the_heartbeat_is_written_by_the_task_and_read_by_the_supervisor(self, settings):
        write_heartbeat()
        age = superviseur.read_heartbeat_age(settings.REDIS_URL)
        assert age is not None
        assert -1 < age < 5

    def test_a_silent_queue_has_no_heartbeat(self):
        assert superviseur.read_heartbeat_age(f"redis://127.0.0.1:{find_free_port()}/0") is None


class TestPreparation:
    def test_every_step_that_exists_is_called_in_order(self, tmp_path):
        commandes = [commande[0] for _phrase, commande in preparation.list_steps(Options(donnees=tmp_path))]
        assert commandes[0] == "migrate"
        connues = ["migrate", "load_referentiel", "load_objectifs", "import_donnees", "load_demonstration"]
        connues += ["create_demo_accounts", "rebuild_mesures"]
        assert commandes == [nom for nom in connues if nom in commandes]
        assert "create_demo_accounts" in commandes

    def test_without_demonstration_no_account_is_made(self, tmp_path, monkeypatch):
        monkeypatch.setattr(preparation, "COMPTES_DEMO", tmp_path / "comptes-demo.txt")
        commandes = [commande for _phrase, commande in preparation.list_steps(Options(demo=False))]
        assert not [c for c in commandes if c[0] in ("load_demonstration", "create_demo_accounts")]
        (tmp_path / "comptes-demo.txt").write_text("x")
        commandes = [commande for _phrase, commande in preparation.list_steps(Options(demo=False))]
        assert ["create_demo_accounts", "--retirer", str(tmp_path / "comptes-demo.txt")] in commandes


class TestDeploymentFiles:
    def test_the_files_of_the_project_have_no_fault(self):
        assert list(deploiement.check_deployment()) == []

    @pytest.mark.parametrize(
        ("avant", "apres", "faute"),
        [
            ("postgres:18.6-bookworm", "postgres:latest", "sans version exacte"),
            ("postgres:18.6-bookworm", "postgres", "sans version exacte"),
            ("    shm_size: 256mb\n", "    shm_size: 256mb\n    ports: ['5432:5432']\n", "seul nginx"),
            ("base:/var/lib/postgresql", "perdu:/var/lib/postgresql", "volume non déclaré"),
            ("    shm_size: 256mb\n", "    privileged: true\n", "privileged"),
            ('["no-new-privileges:true"]', "[]", "security_opt"),
            ("services:", "services: [", "YAML illisible"),
        ],
    )
    def test_a_fault_in_the_compose_file_is_named(self, avant, apres, faute):
        texte = (RACINE / "docker-compose.yml").read_text()
        assert avant in texte
        assert faute in "\n".join(deploiement.check_compose(texte.replace(avant, apres, 1)))

    @pytest.mark.parametrize(
        ("avant", "apres", "faute"),
        [
            ("server_tokens off;", "", "server_tokens off"),
            ("keepalive 16;", "keepalive 16", "sans fin de directive"),
            ("upstream portail {", "upstream portail", "accolades"),
        ],
    )
    def test_a_fault_in_the_front_server_is_named(self, avant, apres, faute):
        texte = (RACINE / "deploy" / "nginx.conf").read_text()
        assert avant in texte
        assert faute in "\n".join(deploiement.check_nginx(texte.replace(avant, apres, 1)))


class TestLauncherScript:
    def run(self, *arguments, cwd=RACINE, **env):
        commande = [str(RACINE / "maillage"), *arguments]
        return subprocess.run(commande, cwd=cwd, env=os.environ | env, capture_output=True, text=True, timeout=60)

    def test_without_argument_it_says_its_commands(self):
        fini = self.run()
        assert fini.returncode == 0
        assert all(mot in fini.stdout for mot in ("run", "test", "check", "fix", "bench", "drill", "manage"))

    def test_an_unknown_command_is_refused(self):
        fini = self.run("rnu")
        assert fini.returncode == 2
        assert "Commande inconnue : rnu" in fini.stderr

    def test_it_is_plain_posix_shell(self):
        assert subprocess.run(["sh", "-n", "maillage"], cwd=RACINE, check=False).returncode == 0

    def test_a_bigger_lock_in_place_satisfies_a_smaller_one(self, tmp_path):
        """The functions of the launcher, on a false installation: nothing is reinstalled back and forth."""
        script = (RACINE / "maillage").read_text().split("unset PYTHONPATH")[0].replace('cd "$(dirname "$0")"', ":")
        for nom in ("requirements.txt", "requirements-test.txt", "requirements-dev.txt"):
            (tmp_path / nom).write_text(nom)
        python = tmp_path / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text("#!/bin/sh\n")
        python.chmod(0o755)

        def wanted(installe: str, voulu: str) -> str:
            (tmp_path / ".venv" / ".verrou").unlink(missing_ok=True)
            pose = f'echo "{installe} $(cksum < {installe})" > .venv/.verrou\n' if installe else ""
            fin = f"\n{pose}if est_pret {voulu}; then echo pret; else echo $VOULU; fi\n"
            fini = subprocess.run(["sh", "-c", script + fin], cwd=tmp_path, capture_output=True, text=True, check=True)
            return fini.stdout.strip()

        assert wanted("", "requirements.txt") == "requirements.txt"
        assert wanted("requirements.txt", "requirements.txt") == "pret"
        assert wanted("requirements-dev.txt", "requirements.txt") == "pret"
        assert wanted("requirements.txt", "requirements-test.txt") == "requirements-test.txt"
        (tmp_path / ".venv" / ".verrou").write_text("requirements-dev.txt 1 1\n")
        script_seul = script + "\nif est_pret requirements.txt; then echo pret; else echo $VOULU; fi\n"
        fini = subprocess.run(["sh", "-c", script_seul], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert fini.stdout.strip() == "requirements-dev.txt", "a changed lock is installed again, at its own size"


def test_what_is_not_run_is_said(monkeypatch):
    monkeypatch.delenv("MAILLAGE_DONNEES", raising=False)
    monkeypatch.setenv("MAILLAGE_CHROMIUM", "/nulle/part")
    assert len(find_missing()) == 2


@pytest.mark.parametrize("donnees", ["", "/nulle/part"])
def test_continuous_integration_refuses_to_leave_tests_out(donnees, tmp_path):
    (tmp_path / "test_vide.py").write_text("def test_vide(): pass\n")
    env = os.environ | {"CI": "true", "MAILLAGE_DONNEES": donnees, "MAILLAGE_CHROMIUM": "/nulle/part"}
    pytest_nu = [
        sys.executable,
        "-m",
        "pytest",
        "-c",
        str(RACINE / "pyproject.toml"),
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
    ]
    commande = [*pytest_nu, str(tmp_path / "test_vide.py")]
    fini = subprocess.run(commande, cwd=RACINE, env=env, capture_output=True, text=True, timeout=120)
    assert fini.returncode != 0
    assert "rien ne se saute" in fini.stderr + fini.stdout
