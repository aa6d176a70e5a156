"""A run: a day computed for every territory at once, in one transaction, by difference (docs/adr/0205).

One run at a time: the lock is taken before the snapshot, so that a run always reads what the one before it wrote. A
run that is killed leaves nothing; one that was let go meanwhile (`tient`) writes nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.utils import OperationalError
from django.utils import timezone

from portal.core.ceinture import as_systeme
from portal.core.outbox import emit
from portal.pilotage.enums import Cause
from portal.pilotage.fraicheur import query_fraicheurs
from portal.pilotage.models import Passage, PassageIndicateur
from portal.pilotage.services import requetes, territoires
from portal.pilotage.sources.definitions import Definition, hash_catalogue, load_definitions

REGLAGES = (
    "SET LOCAL lock_timeout = '120s'",
    "SET LOCAL statement_timeout = '150s'",
    "SET LOCAL work_mem = '64MB'",
)
DEBUT = "SELECT clock_timestamp(), pg_current_snapshot()::text, pg_current_xact_id()::text::bigint"
RATTRAPAGE_MAX = 31
"""Days without a run that the night does by itself; beyond, `rebuild_mesures`."""


class JourFutur(Exception):
    """A day that has not come has no figure."""


class CalculEnCours(Exception):
    """Another run holds the lock."""


@contextmanager
def open_passage(*, attend: bool = True) -> Iterator[CursorWrapper]:
    """The lock, then one snapshot for the whole run. Inside a transaction already open, each statement has its own.

    Raises CalculEnCours when another run holds the lock, at once or (`attend`) after two minutes.
    """
    dedans = connection.in_atomic_block
    with as_systeme(), transaction.atomic(), connection.cursor() as cursor:
        if not dedans:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for reglage in REGLAGES:
            cursor.execute(reglage)
        try:
            cursor.execute(f"LOCK TABLE pilotage_passage IN SHARE ROW EXCLUSIVE MODE{'' if attend else ' NOWAIT'}")
        except OperationalError as erreur:
            raise CalculEnCours from erreur
        yield cursor


def is_due(jour: date) -> bool:
    """Whether a run of that day would do something: one query, no lock."""
    sources = {d.indicateur.code: (d.indicateur.empreinte, d.indicateur.sources) for d in load_definitions()}
    return any(lue.is_due(jour) for lue in query_fraicheurs(sources).values())


def compute_jour(
    jour: date,
    *,
    cause: Cause,
    detail: str = "",
    codes: Iterable[str] | None = None,
    forcer: bool = False,
    tient: Callable[[], None] | None = None,
    attend: bool = True,
) -> Passage | None:
    """Compute what is due for that day (`codes`: among these; `forcer`: all of them). None: nothing was due.

    `tient` is called first, inside the transaction: it raises when this run may no longer write.
    """
    if jour > timezone.localdate():
        raise JourFutur(f"Le {jour:%d/%m/%Y} n'est pas encore venu.")
    voulus = None if codes is None else set(codes)
    definitions = [d for d in load_definitions() if voulus is None or d.indicateur.code in voulus]
    with open_passage(attend=attend) as cursor:
        if tient is not None:
            tient()
        return _compute(cursor, jour, definitions, cause=cause, detail=detail, forcer=forcer)


def _compute(
    cursor: CursorWrapper, jour: date, definitions: list[Definition], *, cause: Cause, detail: str, forcer: bool
) -> Passage | None:
    sources = {d.indicateur.code: (d.indicateur.empreinte, d.indicateur.sources) for d in definitions}
    lues = query_fraicheurs(sources | {territoires.CODE: (territoires.EMPREINTE, territoires.SOURCES)})
    dus = definitions if forcer else [d for d in definitions if lues[d.indicateur.code].is_due(jour)]
    dimension = lues[territoires.CODE]
    refaire = dimension.perime or dimension.definition_changee or dimension.jour is None
    if not dus and not refaire:
        return None
    passage = _open(cursor, jour, dus, cause, detail)
    ecrites: Counter[str] = Counter()
    empreintes = {d.indicateur.code: d.indicateur.empreinte for d in dus}
    if refaire:
        ecrites[territoires.CODE] = territoires.refresh_territoires(cursor)
        empreintes[territoires.CODE] = territoires.EMPREINTE
    if dus:
        ecrites += write_mesures(cursor, jour, dus, passage.pk)
    PassageIndicateur.objects.bulk_create(
        PassageIndicateur(passage=passage, indicateur=code, jour=jour, empreinte=empreinte, lignes=ecrites[code])
        for code, empreinte in empreintes.items()
    )
    passage.lignes = sum(ecrites[code] for code in empreintes if code != territoires.CODE)
    passage.fin = _read_heure(cursor)
    passage.save(update_fields=["lignes", "fin"])
    if len(dus) == len(load_definitions()) and not _has_suite(jour):
        cursor.execute(requetes.VUES, {"debut": passage.debut, "instantane": passage.instantane})
    emit("pilotage.passage", passage.pk)
    return passage


def _open(cursor: CursorWrapper, jour: date, dus: list[Definition], cause: Cause, detail: str) -> Passage:
    cursor.execute(DEBUT)
    debut, instantane, numero = cursor.fetchone()
    return Passage.objects.create(
        jour=jour,
        cause=cause,
        detail=detail[:200],
        debut=debut,
        empreinte=hash_catalogue(tuple(d.indicateur for d in dus)),
        indicateurs=len(dus),
        instantane=instantane,
        transaction=numero,
    )


def write_mesures(cursor: CursorWrapper, jour: date, definitions: list[Definition], passage: int) -> Counter[str]:
    """Rows written, removed or changed, by file."""
    suite = _has_suite(jour)
    valeurs: dict[str, Any] = {"jour": jour, "passage": passage, "suite": suite}
    load_calcul(cursor, jour, definitions)
    cursor.execute(requetes.ECART, valeurs)
    ecrites: Counter[str] = Counter()
    for requete in requetes.ECRITURES:
        cursor.execute(requete, valeurs)
        ecrites.update(code.partition(".")[0] for (code,) in cursor.fetchall())
    return ecrites


def load_calcul(cursor: CursorWrapper, jour: date, definitions: list[Definition]) -> None:
    """The figures of the day, of every territory, in the temporary table `calcul`."""
    tous = [un for definition in definitions for un in definition.tous]
    cursor.execute(f"DROP TABLE IF EXISTS {', '.join(requetes.TEMPORAIRES)}")
    indicateurs: dict[str, Any] = {
        "codes": [un.code for un in tous],
        "formes": [un.forme for un in tous],
        "genres": [un.genre for un in tous],
        "zeros": [un.forme == "nombre" and un.genre != "territoire" for un in tous],
    }
    cursor.execute(requetes.INDICATEURS, indicateurs)
    couples = [(un.code, maille) for un in tous for maille in un.mailles]
    cursor.execute(requetes.MAILLES, {"codes": [c for c, _ in couples], "mailles": [m for _, m in couples]})
    cursor.execute(requetes.LIENS, {"jour": jour})
    cursor.execute(requetes.LIENS_COMMUNE)
    cursor.execute(requetes.LIENS_AUTRE)
    cursor.execute("ANALYZE voulue, voulue_maille, lien_du_jour, lien_commune, lien_autre")
    cursor.execute(requetes.build_premier(definitions), {"jour": jour})
    cursor.execute("ANALYZE premier")
    cursor.execute(requetes.CUMUL)
    cursor.execute("ANALYZE cumul")
    cursor.execute(requetes.CALCUL)
    cursor.execute("ANALYZE calcul")


def _has_suite(jour: date) -> bool:
    """Whether a later day was computed: its figures keep what they read."""
    return Passage.objects.filter(jour__gt=jour).exists()


def _read_heure(cursor: CursorWrapper) -> datetime:
    cursor.execute("SELECT clock_timestamp()")
    heure: datetime = cursor.fetchone()[0]
    return heure


def list_jours_manquants(jour: date) -> list[date]:
    """The days without a run between the last one and this day, the oldest first, at most RATTRAPAGE_MAX."""
    dernier = Passage.objects.filter(jour__lt=jour).order_by("-jour").values_list("jour", flat=True).first()
    if dernier is None:
        return []
    manquants = [dernier + timedelta(days=rang) for rang in range(1, (jour - dernier).days)]
    return manquants[-RATTRAPAGE_MAX:]
