"""The stage of a drill: its own PostgreSQL, Valkey without persistence, worker and relay, and how to kill them."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2

from portal.embarque import Postgres, Valkey, open_log, read_tail
from portal.lancement.modeles import MIGREE, fill_base
from portal.lancement.processus import child_setup, stop_group
from portal.lancement.superviseur import read_heartbeat_age

RACINE = Path(__file__).resolve().parents[2]
SILENCE_MAX = 30.0  # a worker of a busy machine takes ten seconds to start
GESTION = [sys.executable, "-W", "ignore", "manage.py"]
CELERY = [sys.executable, "-m", "celery", "-A", "portal", "worker", "--concurrency", "2", "--loglevel", "WARNING"]
CELERY += ["--without-gossip", "--without-mingle"]
SHELL = ["shell", "-v", "0", "-c"]
SORTES = ("enfant", "groupe", "relais", "valkey", "postgres", "hote")


@dataclass
class Programme:
    """One process of ours, in its own group, started again as soon as it is seen dead."""

    nom: str
    commande: list[str]
    env: dict[str, str]
    dossier: Path
    processus: "subprocess.Popen[bytes] | None" = None
    ne: float = 0.0
    voulu_mort: bool = False
    sorties: int = 0

    @property
    def journal(self) -> Path:
        return self.dossier / f"{self.nom}.log"

    def start(self) -> None:
        journal = open_log(self.journal)
        self.processus = subprocess.Popen(
            self.commande,
            cwd=RACINE,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=journal,
            stderr=journal,
            preexec_fn=child_setup(),
        )
        os.close(journal)
        self.ne = time.monotonic()
        self.voulu_mort = False

    def revive(self) -> None:
        if self.processus is not None and self.processus.poll() is not None:
            if not self.voulu_mort:
                self.sorties += 1
                with self.journal.open("a") as journal:
                    journal.write(f"--- sorti de lui-même, code {self.processus.returncode}\n")
            stop_group(self.processus, signal.SIGKILL, 1)
            self.start()

    def kill(self) -> None:
        self.voulu_mort = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.processus.pid, signal.SIGKILL)
        self.processus.wait()

    def children(self) -> list[int]:
        fichier = Path(f"/proc/{self.processus.pid}/task/{self.processus.pid}/children")
        return [int(pid) for pid in fichier.read_text().split()]


@dataclass
class Scene:
    """Servers and programs of one drill, in a folder that its caller erases; every kind of kill it knows."""

    dossier: Path
    alea: random.Random
    outbox: bool = True
    reglages: str = "portal.settings.dev"
    taches: str = ""
    coups: Counter = field(default_factory=Counter)
    relances: int = 0
    valkey_ne: float = 0.0  # a queue that was emptied has forgotten the sign of life: not a silence

    def __post_init__(self) -> None:
        self.postgres = Postgres(self.dossier)
        self.valkey = Valkey(self.dossier, jetable=True)
        self.url = self.postgres.start()
        self.env = os.environ | {
            "DATABASE_URL": self.url,
            "REDIS_URL": self.valkey.start(),
            "DJANGO_SETTINGS_MODULE": self.reglages,
            "MAILLAGE_EXERCICE": "1",
            "MAILLAGE_TACHES": self.taches,
            "PYTHONPATH": str(RACINE),
            "MAILLAGE_MEDIA": str(self.dossier / "media"),
            "MAILLAGE_COURRIELS": str(self.dossier / "courriels"),
        }
        self.travailleur = self.program("travailleur", CELERY)
        self.relais = self.program("relais", [*GESTION, "relais"])
        self.programmes = [self.travailleur, self.relais] if self.outbox else [self.travailleur]
        self.acteurs: list[Programme] = []

    def program(self, nom: str, commande: list[str]) -> Programme:
        return Programme(nom, commande, self.env, self.dossier)

    def act(self, nom: str, code: str) -> Programme:
        """Start a program of ours inside Django, which is never killed: somebody at a screen."""
        acteur = self.program(nom, [*GESTION, *SHELL, code])
        self.acteurs.append(acteur)
        acteur.start()
        return acteur

    def migrate(self) -> None:
        """The tables of the portal, in the seconds that a copy takes when another process has made them already."""
        fill_base(MIGREE, self.url, self.env)

    def manage(self, *arguments: str) -> None:
        subprocess.run([*GESTION, *arguments], cwd=RACINE, env=self.env, check=True, stdout=subprocess.DEVNULL)

    def query(self, requete: str, valeurs: "dict[str, object] | None" = None) -> list[tuple]:
        with contextlib.closing(psycopg2.connect(self.url)) as connexion, connexion, connexion.cursor() as cursor:
            cursor.execute(requete, valeurs)
            return cursor.fetchall() if cursor.description else []

    def tend(self, secondes: float) -> None:
        """Let it live, start again what died, and what no longer gives a sign of life (the supervisor's rule)."""
        limite = time.monotonic() + secondes
        while True:
            for programme in self.programmes:
                programme.revive()
            maintenant = time.monotonic()
            if self.outbox and maintenant - max(self.travailleur.ne, self.valkey_ne) > SILENCE_MAX:
                age = read_heartbeat_age(self.env["REDIS_URL"])
                if age is None or age > SILENCE_MAX:
                    self.relances += 1
                    for programme in self.programmes:
                        programme.kill()
            if maintenant >= limite:
                return
            time.sleep(0.05)

    def kill_child(self) -> None:
        enfants = self.travailleur.children()
        if enfants:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.alea.choice(enfants), signal.SIGKILL)

    def kill_valkey(self) -> None:
        self.valkey.processus.kill()
        self.valkey.processus.wait()
        time.sleep(self.alea.uniform(0, 0.5))
        self.valkey.start()
        self.valkey_ne = time.monotonic()

    def kill_postgres(self) -> None:
        """The immediate stop: what a crash leaves, and its recovery."""
        self.postgres.processus.send_signal(signal.SIGQUIT)
        self.postgres.processus.wait()
        self.postgres.start()

    def kill_host(self) -> None:
        """Worker, relay and queue together; acts go on meanwhile."""
        self.travailleur.kill()
        time.sleep(0.7)
        if self.outbox:
            self.relais.kill()
        self.kill_valkey()

    @contextlib.contextmanager
    def frozen(self):
        """The queue accepts connections and answers nothing."""
        pid = self.valkey.processus.pid
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def strike(self, sorte: str) -> None:
        gestes: dict[str, Callable[[], None]] = {
            "enfant": self.kill_child,
            "groupe": self.travailleur.kill,
            "relais": self.relais.kill if self.outbox else self.travailleur.kill,
            "valkey": self.kill_valkey,
            "postgres": self.kill_postgres,
            "hote": self.kill_host,
        }
        gestes[sorte]()
        self.coups[sorte] += 1

    def list_kinds(self, nombre: int) -> list[str]:
        """Every kind as often as the others, in an order that the seed gives."""
        sortes: list[str] = []
        while len(sortes) < nombre:
            tour = list(SORTES)
            self.alea.shuffle(tour)
            sortes += tour
        return sortes[:nombre]

    def read_logs(self, taille: int = 3000) -> str:
        journaux = [programme.journal for programme in [*self.programmes, *self.acteurs]]
        lus = [f"  --- {journal.stem}\n{read_tail(journal, taille)}" for journal in journaux if journal.exists()]
        return "\n".join(lus) + "\n"

    def describe_exits(self) -> str:
        sorties = {programme.nom: programme.sorties for programme in [*self.programmes, *self.acteurs]}
        return f"Sortis d'eux-mêmes : {sorties} ; relancés par le veilleur : {self.relances}\n"

    def stop(self) -> None:
        for programme in [*self.acteurs, *self.programmes]:
            if programme.processus is not None:
                stop_group(programme.processus, signal.SIGKILL, 5)
        self.valkey.stop()
        self.postgres.stop()
