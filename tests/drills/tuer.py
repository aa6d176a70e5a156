"""Kill everything, again and again, while acts are filed: what was acknowledged is done, once.

    python tests/drills/tuer.py [--quick] [--coups 60] [--graine N] [--sans-outbox]

Its own PostgreSQL, its own Valkey without persistence, relay, worker and producer, in a folder erased at the end.
`--sans-outbox` is the control: tasks sent once, straight to the queue. It must lose at least one, or the drill proves
nothing and says so.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2

RACINE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(RACINE))

from portal.embarque import Postgres, Valkey, open_log, read_tail  # noqa: E402
from portal.lancement.processus import child_setup, stop_group  # noqa: E402
from portal.lancement.superviseur import read_heartbeat_age  # noqa: E402

SILENCE_MAX = 30.0  # a worker of a busy machine takes ten seconds to start
IMMOBILE_MAX = 60.0  # seconds without any new effect: what is not done by then is lost


@dataclass(frozen=True, slots=True)
class Acte:
    """What is filed during the drill: its tables, how it is produced, what is stored and what it did."""

    preparation: str
    producteur: str
    temoin: str
    deposes: str
    effets: str
    module: str = "tests.drills.exercice"


SIMPLE = Acte(
    preparation="CREATE TABLE exercice_acte (numero int PRIMARY KEY);"
    "CREATE TABLE exercice_effet (numero int NOT NULL, le timestamptz NOT NULL DEFAULT now());",
    producteur="file_act",
    temoin="file_act_without_outbox",
    deposes="SELECT numero FROM exercice_acte",
    effets="SELECT numero FROM exercice_effet",
)


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

    def start(self) -> None:
        journal = open_log(self.dossier / f"{self.nom}.log")
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
            self.sorties += not self.voulu_mort
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
class Exercice:
    """The whole stage, and the kinds of kill it knows."""

    dossier: Path
    acte: Acte
    alea: random.Random
    outbox: bool
    coups: Counter = field(default_factory=Counter)
    relances: int = 0

    def __post_init__(self) -> None:
        self.postgres = Postgres(self.dossier)
        self.valkey = Valkey(self.dossier, jetable=True)
        self.url = self.postgres.start()
        self.env = os.environ | {
            "DATABASE_URL": self.url,
            "REDIS_URL": self.valkey.start(),
            "DJANGO_SETTINGS_MODULE": "portal.settings.dev",
            "MAILLAGE_EXERCICE": "1",
            "MAILLAGE_TACHES": self.acte.module,
            "PYTHONPATH": str(RACINE),
        }
        gestion = [sys.executable, "-W", "ignore", "manage.py"]
        subprocess.run([*gestion, "migrate", "core", "-v0"], cwd=RACINE, env=self.env, check=True)
        self.query(self.acte.preparation)
        celery = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "portal",
            "worker",
            "--concurrency",
            "2",
            "--loglevel",
            "WARNING",
        ]
        self.travailleur = self.program("travailleur", [*celery, "--without-gossip", "--without-mingle"])
        self.relais = self.program("relais", [*gestion, "relais"])
        self.programmes = [self.travailleur, self.relais] if self.outbox else [self.travailleur]
        self.acquittes = self.dossier / "acquittes"
        self.producteur: Programme | None = None

    def program(self, nom: str, commande: list[str]) -> Programme:
        return Programme(nom, commande, self.env, self.dossier)

    def produce(self, debit: float, graine: int) -> None:
        fonction = self.acte.producteur if self.outbox else self.acte.temoin
        code = (
            f"from {self.acte.module} import {fonction}, produce; "
            f"produce({str(self.acquittes)!r}, {debit}, {fonction}, {graine})"
        )
        commande = [sys.executable, "-W", "ignore", "manage.py", "shell", "-v", "0", "-c", code]
        self.producteur = self.program("producteur", commande)
        self.producteur.start()

    def query(self, requete: str) -> list[tuple]:
        with contextlib.closing(psycopg2.connect(self.url)) as connexion, connexion, connexion.cursor() as cursor:
            cursor.execute(requete)
            return cursor.fetchall() if cursor.description else []

    def acknowledged(self) -> set[int]:
        return {int(ligne) for ligne in self.acquittes.read_text().split()} if self.acquittes.exists() else set()

    def tend(self, secondes: float) -> None:
        """Let it live, start again what died, and what no longer gives a sign of life (the supervisor's rule)."""
        limite = time.monotonic() + secondes
        while True:
            for programme in self.programmes:
                programme.revive()
            maintenant = time.monotonic()
            if self.outbox and maintenant - self.travailleur.ne > SILENCE_MAX:
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

    def wait_for(self, nombre: int, immobile: float) -> bool:
        """Whether that many acts have had their effect. Given up after `immobile` seconds without a new one."""
        faits, dernier = -1, time.monotonic()
        while time.monotonic() - dernier < immobile:
            self.tend(0.2)
            lus = len(self.done() & self.acknowledged())
            if lus >= nombre:
                return True
            if lus > faits:
                faits, dernier = lus, time.monotonic()
        return False

    def done(self) -> set[int]:
        return {ligne[0] for ligne in self.query(self.acte.effets)}

    def stop(self) -> None:
        for programme in [self.producteur, *self.programmes]:
            if programme is not None and programme.processus is not None:
                stop_group(programme.processus, signal.SIGKILL, 5)
        self.valkey.stop()
        self.postgres.stop()


def list_kinds(nombre: int, alea: random.Random) -> list[str]:
    """Every kind as often as the others, in an order that the seed gives."""
    sortes: list[str] = []
    while len(sortes) < nombre:
        tour = ["enfant", "groupe", "relais", "valkey", "postgres", "hote"]
        alea.shuffle(tour)
        sortes += tour
    return sortes[:nombre]


def run(exercice: Exercice, nombre: int, debit: float, graine: int) -> int:
    for programme in exercice.programmes:
        programme.start()
    exercice.produce(debit, graine)
    if not exercice.wait_for(5, 60):
        journaux = "\n".join(read_tail(journal) for journal in sorted(exercice.dossier.glob("*.log")))
        sys.stdout.write(f"Rien ne démarre.\n{journaux}\n")
        return 2
    debut = time.monotonic()
    for sorte in list_kinds(nombre, exercice.alea):
        exercice.strike(sorte)
        exercice.tend(exercice.alea.uniform(0.4, 3.0))
    duree = time.monotonic() - debut
    exercice.producteur.kill()
    exercice.producteur = None
    acquittes = exercice.acknowledged()
    fin = time.monotonic()
    exercice.wait_for(len(acquittes), IMMOBILE_MAX if exercice.outbox else 10)
    return report(exercice, acquittes, duree, time.monotonic() - fin, graine)


def report(exercice: Exercice, acquittes: set[int], duree: float, ecoulement: float, graine: int) -> int:
    effets = Counter(ligne[0] for ligne in exercice.query(exercice.acte.effets))
    deposes = {ligne[0] for ligne in exercice.query(exercice.acte.deposes)}
    perdus = acquittes - set(effets)
    doubles = {numero: fois for numero, fois in effets.items() if fois > 1}
    disparus = acquittes - deposes
    sorties = {programme.nom: programme.sorties for programme in exercice.programmes}
    sys.stdout.write(
        f"Graine {graine}, {sum(exercice.coups.values())} coups en {duree:.0f} s : "
        f"{dict(sorted(exercice.coups.items()))}\n"
        f"Acquittés {len(acquittes)}, enregistrés {len(deposes)}, effets {sum(effets.values())}, "
        f"perdus {len(perdus | disparus)}, en double {len(doubles)}, écoulé en {ecoulement:.1f} s\n"
        f"Sortis d'eux-mêmes : {sorties} ; relancés par le veilleur : {exercice.relances}\n"
    )
    if not exercice.outbox:
        sys.stdout.write(
            "Témoin sans outbox : "
            + ("il perd, comme prévu\n" if perdus else "il ne perd rien : l'exercice ne prouve rien\n")
        )
        return 0 if perdus else 1
    if not (perdus or doubles or disparus):
        return 0
    etats = exercice.query(
        "SELECT statut, erreur, max(tentatives), count(*) FROM core_envoi GROUP BY 1, 2 ORDER BY 1, 2"
    )
    sys.stdout.write("".join(f"  {etat}\n" for etat in etats))
    for programme in exercice.programmes:
        sys.stdout.write(f"  --- {programme.nom}\n{read_tail(programme.dossier / f'{programme.nom}.log', 3000)}\n")
    return 1


def main(arguments: Sequence[str]) -> int:
    analyseur = argparse.ArgumentParser(prog="tuer", description="Tue tout, et compte ce qui manque.")
    analyseur.add_argument("--coups", type=int, default=60, help="nombre de morts (60)")
    analyseur.add_argument("--quick", action="store_true", help="six morts, une de chaque sorte")
    analyseur.add_argument("--graine", type=int, default=None, help="graine du hasard (tirée)")
    analyseur.add_argument("--debit", type=float, default=25.0, help="actes par seconde (25)")
    analyseur.add_argument("--sans-outbox", action="store_true", help="le témoin, qui doit perdre")
    lus = analyseur.parse_args(arguments)
    graine = lus.graine if lus.graine is not None else random.SystemRandom().randrange(10**6)
    dossier = Path(tempfile.mkdtemp(prefix="maillage-exercice-"))
    exercice: Exercice | None = None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the folder is erased
    try:
        exercice = Exercice(dossier, SIMPLE, random.Random(graine), outbox=not lus.sans_outbox)
        return run(exercice, 6 if lus.quick else lus.coups, lus.debit, graine)
    finally:
        if exercice is not None:
            exercice.stop()
        shutil.rmtree(dossier, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
