"""The web server, the worker and the relay: started, watched, started again when they fall, stopped together."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import redis

from portal.embarque import open_log, read_tail
from portal.lancement.chemins import ENFANTS, JOURNAUX, RACINE
from portal.lancement.controles import is_disk_full, write_children
from portal.lancement.options import Options
from portal.lancement.pannes import Panne
from portal.lancement.processus import child_setup, stop_group
from portal.lancement.services import Dire, Services

MORTS_MAX = 5
FENETRE = 60.0
ARRET_MAX = 5.0  # seconds left to the children to end by themselves
SILENCE_MAX = 90.0  # seconds without a worker beginning anything: four turns of the heartbeat missed
PATIENCE_MAX = 720.0  # seconds left to a worker that was started again and again, on a machine that is slow or busy
RECUL_DE_FOND = 10
"""The worker, beside the site (`nice`): a person waits for a page, nobody for a table computed again."""
# gunicorn 27 would otherwise open a control socket in the home folder.
WEB = ("gunicorn", "portal.wsgi:application", "--preload", "--no-control-socket", "--workers", "2", "--threads", "4")
CLE_BATTEMENT = "maillage:battement"


@dataclass
class Enfant:
    """One supervised program."""

    nom: str
    commande: list[str]
    reglages: dict[str, str] = field(default_factory=dict)
    recul: int = 0
    processus: "subprocess.Popen[bytes] | None" = None
    morts: deque[float] = field(default_factory=lambda: deque(maxlen=MORTS_MAX))
    reprise: float = 0.0

    @property
    def journal(self) -> Path:
        return JOURNAUX / f"{self.nom}.log"

    def start(self, env: dict[str, str]) -> None:
        journal = open_log(self.journal)
        try:
            self.processus = subprocess.Popen(  # noqa: S603
                self.commande,
                cwd=RACINE,
                env={**env, **self.reglages},
                stdin=subprocess.DEVNULL,
                stdout=journal,
                stderr=journal,
                preexec_fn=child_setup(recul=self.recul),
            )
        finally:
            os.close(journal)

    def is_dead(self) -> bool:
        return self.processus is not None and self.processus.poll() is not None

    def bury(self, maintenant: float) -> float:
        """Note a death, end its group, return the seconds before the next start. Raises Panne at the fifth."""
        if self.processus is not None:
            stop_group(self.processus, signal.SIGKILL, 1)
            self.processus = None
        self.morts.append(maintenant)
        recentes = sum(1 for mort in self.morts if maintenant - mort <= FENETRE)
        if recentes >= MORTS_MAX:
            if is_disk_full():
                raise Panne("Le disque est plein : libérez de la place, puis relancez.")
            raise Panne(
                f"« {self.nom} » s'est arrêté {MORTS_MAX} fois en une minute : le portail s'arrête "
                f"(journal : {self.journal}).\n{read_tail(self.journal)}"
            )
        attente = min(8.0, 0.5 * 2 ** (recentes - 1))
        self.reprise = maintenant + attente
        return attente


def build_children(options: Options) -> list[Enfant]:
    """The three programs. What the worker computes gives way to the pages."""
    python = [sys.executable, "-m"]
    bind = f"[{options.bind}]" if ":" in options.bind else options.bind
    web = [*WEB, "--bind", f"{bind}:{options.port}", "--timeout", "60", "--graceful-timeout", "10"]
    web += ["--log-level", "warning"]
    celery = ["celery", "-A", "portal"]
    worker = [*celery, "worker", "--concurrency", "2", "--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
    relais = [sys.executable, "manage.py", "relais"]
    # docs/adr/0100: the worker makes tables again, so that it stays their owner; the site owns none.
    return [
        Enfant("web", python + web, {"MAILLAGE_ROLE": "maillage_web"}),
        Enfant("travailleur", python + worker, {"MAILLAGE_PORTEE": "systeme"}, recul=RECUL_DE_FOND),
        Enfant("relais", relais, {"MAILLAGE_ROLE": "maillage_web", "MAILLAGE_PORTEE": "systeme"}),
    ]


class Superviseur:
    """Holds the children until `arret` says to stop, then stops them in the reverse order of their start."""

    def __init__(self, options: Options, services: Services, dire: Dire, arret: Callable[[], int]) -> None:
        self.options = options
        self.services = services
        self.dire = dire
        self.arret = arret  # how many times we were asked to stop
        self.enfants = build_children(options)
        self.morts_services: deque[float] = deque(maxlen=MORTS_MAX)
        self.patience = SILENCE_MAX
        self.prochain_pouls = time.monotonic() + self.patience

    def start(self) -> None:
        """Start the site alone: a person waits for it. The worker and the relay follow once it answers."""
        self.enfants[0].start(self.services.env)
        self._note_children()

    def _note_children(self) -> None:
        pids = [enfant.processus.pid for enfant in self.enfants if enfant.processus]
        write_children(pids + self.services.pids())

    def wait_until_ready(self, attente: float = 90) -> bool:
        """Wait for the first good answer of the site. False when asked to stop meanwhile. Raises Panne."""
        limite = time.monotonic() + attente
        hote = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.options.bind)  # noqa: S104
        adresse = f"http://{hote}:{self.options.port}/" if hote else self.options.adresse
        demande = urllib.request.Request(f"{adresse}sante/", headers={"Host": "localhost"})  # noqa: S310
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while not self.arret():
            with contextlib.suppress(OSError), direct.open(demande, timeout=2) as reponse:
                if reponse.status == 200:
                    self.tend()
                    self.prochain_pouls = time.monotonic() + SILENCE_MAX  # the worker starts only now
                    return True
            self.tend(self.enfants[:1])
            if time.monotonic() > limite:
                journal = self.enfants[0].journal
                raise Panne(f"Le site ne répond pas (journal : {journal}).\n{read_tail(journal)}")
            time.sleep(0.05)
        return False

    def tend(self, enfants: list[Enfant] | None = None) -> None:
        """One round: bury the dead, start those whose time has come."""
        maintenant = time.monotonic()
        change = False
        for enfant in self.enfants if enfants is None else enfants:
            if enfant.is_dead():
                attente = enfant.bury(maintenant)
                self.dire(
                    f"« {enfant.nom} » s'est arrêté ; nouvel essai dans {attente:.1f} s (journal : {enfant.journal})"
                )
            elif enfant.processus is None and maintenant >= enfant.reprise:
                enfant.start(self.services.env)
                change = True
        for nom in self.services.restart_dead():
            self.morts_services.append(maintenant)
            self.dire(f"{nom} s'était arrêté : relancé")
            change = True
        if len(self.morts_services) == MORTS_MAX and maintenant - self.morts_services[0] <= FENETRE:
            raise Panne(f"La base ou la file s'est arrêtée {MORTS_MAX} fois en une minute : le portail s'arrête.")
        if change:
            self._note_children()

    def check_heartbeat(self) -> None:
        """The relay posts and sends, the worker answers in Valkey: after a silence, one of them no longer works.

        An outbox that no longer drains is seen here too: the sign of life takes the same way as all the rest.
        Each start in vain leaves twice as long to the next one: what is slow to begin is not what is stuck.
        """
        maintenant = time.monotonic()
        if maintenant < self.prochain_pouls:
            return
        self.prochain_pouls = maintenant + 30
        age = read_heartbeat_age(self.services.env["REDIS_URL"])
        if age is not None and age <= SILENCE_MAX:
            self.patience = SILENCE_MAX
            return
        self.dire("Le travailleur ne donne plus signe de vie : il est relancé avec le relais")
        for enfant in self.enfants[1:]:
            if enfant.processus is not None:
                enfant.bury(maintenant)
        self.patience = min(2 * self.patience, PATIENCE_MAX)
        self.prochain_pouls = maintenant + self.patience

    def watch(self) -> None:
        """Hold until asked to stop. Raises Panne when the portal cannot be held."""
        while not self.arret():
            self.tend()
            self.check_heartbeat()
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop every child at once, each with its group; asked twice, do not wait.

        A task under way loses nothing by being cut: its row is taken up again at the next start (docs/adr/0081).
        """
        for enfant in self.enfants:
            if enfant.processus is not None and enfant.processus.poll() is None:
                enfant.processus.send_signal(signal.SIGTERM)
        limite = time.monotonic() + ARRET_MAX
        while time.monotonic() < limite and self.arret() < 2:
            if all(enfant.processus is None or enfant.processus.poll() is not None for enfant in self.enfants):
                break
            time.sleep(0.05)
        for enfant in self.enfants:
            if enfant.processus is not None:
                stop_group(enfant.processus, signal.SIGKILL, 5)
        ENFANTS.unlink(missing_ok=True)


def read_heartbeat_age(url: str) -> float | None:
    """Seconds since a worker last began a task, None when it never did or Valkey is silent."""
    with contextlib.suppress(redis.RedisError, ValueError):
        client = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
        try:
            valeur = client.get(CLE_BATTEMENT)
        finally:
            client.close()
        return time.time() - float(valeur) if valeur is not None else None
    return None
