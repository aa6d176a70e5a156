"""The relay: the only caller of `send_task`. Any number run side by side; each may be killed at any line.

A row is marked as sent and committed before its message leaves: a worker never meets a row that is not ready, and a
message that was lost leaves again after 6, 12, 24… seconds. The queue is never filled beyond a bound. docs/adr/0080.
"""

import contextlib
import logging
import select
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import redis
from celery import Celery, current_app
from django.conf import settings
from django.db import connection
from django.db.utils import DatabaseError, InterfaceError, OperationalError
from kombu.exceptions import OperationalError as FileInjoignable

from portal.core.creneaux import Periodique, claim_due, read_periodiques
from portal.core.taches import perform

CANAL = "maillage_envois"
LOT = 50
journal = logging.getLogger("maillage.relais")
# What a broker that is down, frozen or replaced may raise on its way through kombu.
PANNES_DE_FILE = (redis.RedisError, FileInjoignable, OSError, AttributeError)

# ARRAY(…): the lock is taken once. As `IN (…)` a plan may run the subquery again, and take more than the batch.
QUARANTAINE = """
UPDATE core_envoi SET statut = 'quarantaine',
       erreur = CASE WHEN erreur = '' THEN 'arrêt brutal : le travailleur est mort en l''exécutant' ELSE erreur END
 WHERE id = ANY (ARRAY(SELECT id FROM core_envoi
               WHERE statut IN ('a_envoyer', 'envoye') AND prochain_essai_le <= now() AND tentatives >= %(max)s
               ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED))
RETURNING id
"""
PRISE = """
UPDATE core_envoi
   SET statut = 'envoye', envois = least(envois + 1, 30000), debute_le = NULL,
       jeton = jeton + CASE WHEN jeton = 0 OR debute_le IS NOT NULL THEN 1 ELSE 0 END,
       prochain_essai_le = now() + least(%(recul)s * power(2, least(envois, 12)), %(recul_max)s) * interval '1 second'
 WHERE id = ANY (ARRAY(SELECT id FROM core_envoi
               WHERE statut IN ('a_envoyer', 'envoye') AND prochain_essai_le <= now() AND tentatives < %(max)s
               ORDER BY prochain_essai_le, id LIMIT %(lot)s FOR UPDATE SKIP LOCKED))
RETURNING id, tache, jeton, envois
"""
RENDU = """
UPDATE core_envoi SET statut = 'a_envoyer', envois = envois - 1, prochain_essai_le = now() + interval '1 second'
 WHERE id = %(id)s AND jeton = %(jeton)s AND statut = 'envoye' AND debute_le IS NULL
"""
INCONNUE = """
UPDATE core_envoi SET statut = CASE WHEN envois >= %(max)s THEN 'quarantaine' ELSE 'a_envoyer' END,
       erreur = 'tâche inconnue de cette version du portail'
 WHERE id = %(id)s AND jeton = %(jeton)s AND statut = 'envoye'
"""
INCONNUE_MAX = 10  # some half an hour of back-off: the time of a deployment

Ligne = tuple[int, str, int, int]


@dataclass
class Relais:
    """One relay process: its hold on the queue and what it remembers between two rounds."""

    app: Celery = field(default_factory=lambda: current_app._get_current_object())
    url: str = field(default_factory=lambda: settings.CELERY_BROKER_URL)
    periodiques: list[Periodique] = field(default_factory=read_periodiques)
    vus: dict[str, str] = field(default_factory=dict)
    pause_file: float = 0.0  # the queue did not answer: not asked again before this instant
    pannes: int = 0

    def __post_init__(self) -> None:
        self.app.loader.import_default_modules()  # its tasks: one that it does not know would be thrown away
        self.client = redis.Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2, retry=None)
        self.lien = self.app.connection_for_write(
            self.url, transport_options=settings.CELERY_BROKER_TRANSPORT_OPTIONS | {"socket_timeout": 2}
        )
        self.producteur: Any = None

    def round(self) -> int:
        """Turns that are due, then what may be sent. Returns how many messages left. Raises OperationalError."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            maintenant = cursor.fetchone()[0]
        claim_due(self.periodiques, self.vus, maintenant)
        self.quarantine()
        place = self.count_places()
        return self.send(take(min(LOT, place))) if place > 0 else 0

    def quarantine(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(QUARANTAINE, {"max": settings.MAILLAGE_RELAIS["essais_max"]})
            for (envoi_id,) in cursor.fetchall():
                journal.error("envoi %s : mis en quarantaine", envoi_id)

    def count_places(self) -> int:
        """How many messages the queue may still take: none while it does not answer."""
        if time.monotonic() < self.pause_file:
            return 0
        try:
            profondeur = int(self.client.llen(self.app.conf.task_default_queue))
        except PANNES_DE_FILE as erreur:
            self.note_breakdown(erreur)
            return 0
        self.pannes = 0
        return int(settings.MAILLAGE_RELAIS["file_max"]) - profondeur

    def note_breakdown(self, erreur: Exception) -> None:
        """Wait 1, 2, 4, 8 seconds before the queue is asked again, and start its connections anew."""
        self.pannes += 1
        self.pause_file = time.monotonic() + min(8.0, 2.0 ** (self.pannes - 1))
        if self.pannes == 1:
            journal.warning("la file ne répond pas (%s) : les envois attendent dans la base", type(erreur).__name__)
        self.producteur = None
        with contextlib.suppress(*PANNES_DE_FILE):
            self.client.connection_pool.disconnect()
        with contextlib.suppress(*PANNES_DE_FILE):
            self.lien.collapse()

    def send(self, lignes: list[Ligne]) -> int:
        """One message for each row. At the first refusal of the queue the rest goes back to wait."""
        partis = 0
        for rang, (envoi_id, tache, jeton, _envois) in enumerate(lignes):
            if tache not in self.app.tasks:
                _execute(INCONNUE, id=envoi_id, jeton=jeton, max=INCONNUE_MAX)
                continue
            try:
                self.publish(tache, envoi_id, jeton)
            except PANNES_DE_FILE as erreur:
                self.note_breakdown(erreur)
                for rendu, _tache, son_jeton, _ in lignes[rang:]:
                    _execute(RENDU, id=rendu, jeton=son_jeton)
                break
            partis += 1
        return partis

    def publish(self, tache: str, envoi_id: int, jeton: int) -> None:
        if self.producteur is None:
            self.producteur = self.app.amqp.Producer(self.lien)
        self.app.send_task(tache, args=[envoi_id, jeton], producer=self.producteur, retry=False, ignore_result=True)

    def close(self) -> None:
        with contextlib.suppress(*PANNES_DE_FILE):
            self.client.close()
        with contextlib.suppress(*PANNES_DE_FILE):
            self.lien.collapse()


def take(nombre: int) -> list[Ligne]:
    """Mark the rows that are due as sent, those that another relay holds left aside. Oldest first."""
    reglages = settings.MAILLAGE_RELAIS
    valeurs = {
        "lot": nombre,
        "max": reglages["essais_max"],
        "recul": reglages["recul"],
        "recul_max": reglages["recul_max"],
    }
    with connection.cursor() as cursor:
        cursor.execute(PRISE, valeurs)
        return sorted(cursor.fetchall())


def _execute(requete: str, **valeurs: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(requete, valeurs)


def deliver_here(limite: int = 1000) -> int:
    """Run in this process, without a queue, what is due now (tests, drills, a machine without Valkey).

    Returns how many were done. A task that posts another sees it done too.
    """
    current_app.loader.import_default_modules()
    faits = 0
    for _ in range(limite):
        lignes = take(1)
        if not lignes:
            break
        ((envoi_id, nom, jeton, _envois),) = lignes
        tache = current_app.tasks.get(nom)
        if tache is None:
            _execute(INCONNUE, id=envoi_id, jeton=jeton, max=INCONNUE_MAX)
            continue
        faits += perform(tache.fonction, envoi_id, jeton, atomique=tache.atomique)
    return faits


@contextlib.contextmanager
def listening() -> Iterator[Callable[[float], None]]:
    """Yield a sleep that the commit of an intent cuts short. Raises OperationalError when the base goes away."""
    connection.ensure_connection()
    prise = connection.connection
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {CANAL}")

    def hear() -> bool:
        """Whether somebody called; the call may have come with the answer to a query of the round."""
        try:
            prise.poll()
        except Exception as erreur:
            raise OperationalError("the base closed the connection") from erreur
        entendu = bool(prise.notifies)
        prise.notifies.clear()
        return entendu

    def sleep(secondes: float) -> None:
        if not hear():
            select.select([prise], [], [], secondes)
            hear()

    yield sleep


def hold(arret: Callable[[], bool], relais: Relais | None = None) -> None:
    """Relay until asked to stop, whatever happens to the base and to the queue."""
    relais = relais or Relais()
    attente = 0.5
    while not arret():
        try:
            with listening() as sleep:
                while not arret():
                    partis = relais.round()
                    attente = 0.5
                    if partis < LOT:
                        sleep(1.0)
        # A base that stops says it in several ways, a bare DatabaseError when libpq itself has nothing to say.
        except (DatabaseError, InterfaceError) as erreur:
            journal.warning("la base ne répond pas (%s) : nouvel essai dans %.1f s", type(erreur).__name__, attente)
            connection.close()
            time.sleep(attente)
            attente = min(5.0, attente * 2)
    relais.close()
