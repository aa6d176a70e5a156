"""A task of the outbox: called with the row that asked for it, its effect is written once (docs/adr/0081).

The attempt is counted and committed on the row before anything runs: a task that kills its process still reaches
quarantine. Effect and end of the row are one transaction, under a fence: a worker that comes back late writes nothing.
"""

import logging
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any

import redis
from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import connection, transaction
from django.db.utils import DatabaseError, InterfaceError, OperationalError
from redis.backoff import NoBackoff
from redis.retry import Retry

from portal.core.models import Envoi

CLE_BATTEMENT = "maillage:battement"
ATTENTE_BASE = 20.0  # seconds
DUREE_MAX = 200  # with its margin, under the 300 seconds after which the queue delivers again
journal = logging.getLogger("maillage.taches")

# A delivery begins what has not begun under its jeton; the queue gives again what it lost (`rendu`). A row
# that another worker holds is skipped: it is at work.
DEBUT = """
UPDATE core_envoi SET tentatives = tentatives + 1, debute_le = now(), envois = 0, prochain_essai_le = now() + %(bail)s
 WHERE id = (SELECT id FROM core_envoi
              WHERE id = %(id)s AND statut = 'envoye' AND jeton = %(jeton)s AND tentatives < %(max)s
                AND (debute_le IS NULL OR %(rendu)s)
              FOR UPDATE SKIP LOCKED)
RETURNING tentatives
"""
MAIN = """
SELECT 1 FROM core_envoi WHERE id = %(id)s AND statut = 'envoye' AND jeton = %(jeton)s AND tentatives = %(tentative)s
   FOR UPDATE
"""
PROLONGATION = "UPDATE core_envoi SET prochain_essai_le = now() + %(bail)s WHERE id = %(id)s"
FIN = "UPDATE core_envoi SET statut = 'fait', fait_le = now(), erreur = '' WHERE id = %(id)s"
ECHEC = """
UPDATE core_envoi
   SET statut = CASE WHEN tentatives >= %(max)s THEN 'quarantaine' ELSE 'a_envoyer' END, erreur = %(erreur)s,
       prochain_essai_le = now() + least(%(recul)s * power(2, tentatives - 1), %(recul_max)s) * interval '1 second'
 WHERE id = %(id)s AND statut = 'envoye' AND jeton = %(jeton)s AND tentatives = %(tentative)s
RETURNING statut
"""
REPORT = """
UPDATE core_envoi SET statut = 'a_envoyer', tentatives = tentatives - 1, jeton = jeton + 1, debute_le = NULL,
       erreur = %(erreur)s, prochain_essai_le = now() + %(delai)s
 WHERE id = %(id)s AND statut = 'envoye' AND jeton = %(jeton)s AND tentatives = %(tentative)s
"""
PHRASES: tuple[tuple[type[BaseException], str], ...] = (
    (SoftTimeLimitExceeded, "la tâche a dépassé son délai"),
    (OperationalError, "la base n'a pas répondu à temps ou a refusé d'attendre"),
    (InterfaceError, "la liaison avec la base s'est coupée"),
    (DatabaseError, "la base a refusé une écriture"),
    (OSError, "un fichier ou un service n'a pas répondu"),
)


class MainPerdue(Exception):
    """This run is no longer the one that may write: cancelled, done, or taken up by another worker."""


class Reporte(Exception):
    """Raised by a task whose other side is away (a mail server): tried again later, not counted as an attempt."""

    def __init__(self, delai: timedelta, raison: str = "reporté") -> None:
        super().__init__(raison)
        self.delai = delai
        self.raison = raison


@dataclass(frozen=True, slots=True)
class Course:
    """One run of an intent: its fence."""

    id: int
    jeton: int
    tentative: int

    @contextmanager
    def tranche(self) -> Iterator[None]:
        """One piece of a long task, committed at its end. Raises MainPerdue when this run may no longer write."""
        with transaction.atomic():
            self.hold()
            yield
            _execute(PROLONGATION, id=self.id, bail=timedelta(seconds=settings.MAILLAGE_RELAIS["bail_long"]))
        write_heartbeat()

    def hold(self) -> None:
        """Hold the row until the end of the transaction. Raises MainPerdue."""
        if not _execute(MAIN, id=self.id, jeton=self.jeton, tentative=self.tentative):
            raise MainPerdue


def tache(
    nom: str, *, atomique: bool = True, duree: int = 0, entre: int = 0
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as the Celery task `nom`, called by the relay with an Envoi and its jeton.

    The function receives the arguments that were posted. What it writes and the end of the Envoi are one transaction.
    `atomique=False`: it receives a Course first, and writes by pieces, each inside `with course.tranche():`; run again
    after a kill, it takes up what is left. `duree`: seconds before SoftTimeLimitExceeded, 200 at most (else settings).
    `entre`: seconds that it may work outside any piece, when more than `bail_long`; a kill is seen only after them.
    """
    if duree > DUREE_MAX:
        raise ValueError(f"{nom}: a task lasts {DUREE_MAX} seconds at most, cut it into several rows")
    limites = {"soft_time_limit": duree, "time_limit": duree + 15} if duree else {}

    def decorate(fonction: Callable[..., Any]) -> Callable[..., Any]:
        @shared_task(name=nom, bind=True, **limites)
        @wraps(fonction)
        def run(celery_task: Any, envoi_id: int, jeton: int) -> None:
            rendu = bool((celery_task.request.delivery_info or {}).get("redelivered"))
            perform(fonction, envoi_id, jeton, atomique=atomique, rendu=rendu, duree=duree, entre=entre)

        run.fonction = fonction
        run.atomique = atomique
        return run

    return decorate


def perform(
    fonction: Callable[..., Any],
    envoi_id: int,
    jeton: int,
    *,
    atomique: bool = True,
    rendu: bool = False,
    duree: int = 0,
    entre: int = 0,
) -> bool:
    """Run one delivery. Returns whether its effect was written; a failure is written on the row, never raised."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()  # kept from a task to the next: too old, or to be looked at again
    bail = settings.MAILLAGE_RELAIS["bail"]
    if not atomique:  # a piece under way holds the row; between two of them nothing does: the lease covers that alone
        bail = max(settings.MAILLAGE_RELAIS["bail_long"], entre)
    commencee = wait_for_base(lambda: begin(envoi_id, jeton, bail=bail, rendu=rendu))
    if commencee is None:
        return False
    course, arguments = commencee
    write_heartbeat(duree)
    try:
        if not atomique:
            fonction(course, *arguments)
        with transaction.atomic():
            course.hold()
            if atomique:
                fonction(*arguments)
            _execute(FIN, id=course.id)
    except MainPerdue:
        journal.info("envoi %s : cette exécution n'a plus la main, rien n'est écrit", envoi_id)
    except Reporte as report:
        _execute(REPORT, **_cle(course), delai=report.delai, erreur=report.raison[:200])
    except Exception as erreur:
        record_failure(course, erreur)
    else:
        return True
    return False


def wait_for_base(commencer: Callable[[], Any]) -> Any:
    """Begin once the base answers, for a while: a worker that gave up at once would empty the whole queue for nothing.

    After that the message is let go: the row waits in the base, and the relay sends it again.
    """
    limite = time.monotonic() + ATTENTE_BASE
    while True:
        try:
            return commencer()
        except (OperationalError, InterfaceError) as erreur:
            if connection.in_atomic_block or time.monotonic() > limite:
                journal.warning("la base ne répond pas (%s) : l'envoi repartira", type(erreur).__name__)
                return None
            connection.close()
            time.sleep(0.5)


def begin(envoi_id: int, jeton: int, *, rendu: bool = False, bail: float = 10) -> tuple[Course, list[Any]] | None:
    """Count the attempt and commit it, with a lease of `bail` seconds. None when this delivery has nothing to do."""
    essais = settings.MAILLAGE_RELAIS["essais_max"]
    with transaction.atomic():
        lus = _execute(DEBUT, id=envoi_id, jeton=jeton, max=essais, rendu=rendu, bail=timedelta(seconds=bail))
        if not lus:
            return None
        envoi = Envoi.objects.get(pk=envoi_id)
    return Course(envoi_id, jeton, envoi.tentatives), envoi.arguments


def record_failure(course: Course, erreur: Exception) -> None:
    """Write the class of the error and a sentence: its own message may hold anything. The journal gets the lines."""
    phrase = next((p for classe, p in PHRASES if isinstance(erreur, classe)), "la tâche s'est arrêtée sur une erreur")
    lignes = " < ".join(f"{t.filename}:{t.lineno}" for t in reversed(traceback.extract_tb(erreur.__traceback__)[-4:]))
    journal.warning("envoi %s : %s (%s)", course.id, type(erreur).__name__, lignes)
    reglages = settings.MAILLAGE_RELAIS
    if not connection.in_atomic_block:
        connection.close()  # whatever state the failure left it in, the next task begins on a new one
    with suppress(DatabaseError, InterfaceError):  # the base is away: the relay sends again at the end of the lease
        lus = _execute(
            ECHEC,
            **_cle(course),
            erreur=f"{type(erreur).__name__} : {phrase}"[:200],
            max=reglages["essais_max"],
            recul=reglages["recul"],
            recul_max=reglages["recul_max"],
        )
        if lus and lus[0][0] == Envoi.Statut.QUARANTAINE:
            journal.error("envoi %s : mis en quarantaine", course.id)


def _cle(course: Course) -> dict[str, int]:
    return {"id": course.id, "jeton": course.jeton, "tentative": course.tentative}


def _execute(requete: str, **valeurs: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(requete, valeurs)
        return cursor.fetchall() if cursor.description is not None else []


class _Pouls:
    dernier = 0.0


def write_heartbeat(silence: int = 0) -> None:
    """Write in Valkey that a worker is at work, at most every five seconds: the supervisor looks at it.

    `silence`: seconds that the task beginning here may last without a word.
    """
    maintenant = time.monotonic()
    if not silence and _Pouls.dernier and maintenant - _Pouls.dernier < 5:
        return
    _Pouls.dernier = maintenant
    with suppress(redis.RedisError):
        # Tried once: a frozen Valkey must not slow the work down.
        client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0)
        )
        try:
            client.set(CLE_BATTEMENT, f"{time.time() + silence:.0f}", ex=3600)
        finally:
            client.close()
