"""Figures of a whole country in one run, against the same queries one territory at a time; readings as years go by.

    DATABASE_URL=… REDIS_URL=… python bench/pilotage.py [--quick]

Everything happens in one transaction, undone at the end: the base given (communes, a zoning) is left as it was.

P54 every indicator × every territory of a day, by the queries of the portal (counts, roll-up) against the
    peer that one would write first: the same query, one territory and one indicator at a time. The peer is timed on
    territories of each size drawn with a fixed seed, and extrapolated by size: the line says from how many queries.
P55 the 800 values of a dashboard (40 indicators × 20 territories) and 36 curves of a year by months, at five years of
    measures that change every day, against the same at one year, in turn: ratio of the fastest readings (P55c: of the
    pages of the base that they touch).
P56 those 800 values at five years, in milliseconds.
P57 from a changed row to the badge « modifié depuis », in seconds.
`--quick` (continuous integration): fewer queries of the peer, half as many territories, goals half as strict.
"""

import argparse
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

RACINE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RACINE))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.dev")

import django  # noqa: E402 (the folder of the project comes first)

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from portal.core.ceinture import as_systeme  # noqa: E402
from portal.core.sql import first_fill  # noqa: E402
from portal.pilotage.enums import Cause  # noqa: E402
from portal.pilotage.fraicheur import is_stale  # noqa: E402
from portal.pilotage.lecture import VALEURS, find_indicateur, read_series, read_valeurs  # noqa: E402
from portal.pilotage.models import Territoire  # noqa: E402
from portal.pilotage.services.calcul import compute_jour, load_calcul  # noqa: E402
from portal.pilotage.services.territoires import refresh_territoires  # noqa: E402
from portal.pilotage.sources.definitions import Indicateur, load_definitions  # noqa: E402

SEUL = """
SELECT sum(b.numerateur), sum(b.denominateur), bool_or(b.demonstration)
  FROM ({sql}) b
  JOIN pilotage_appartenance a ON a.genre = %(genre)s AND a.objet = b.objet::text
       AND (a.periode IS NULL OR a.periode @> %(jour)s::date)
 WHERE a.territoire_id = %(territoire)s
"""
REMPLIT = """
INSERT INTO pilotage_mesure
       (indicateur, territoire_id, jour, numerateur, denominateur, valeur, demonstration, passage_id)
SELECT 'banc_' || lpad(i::text, 2, '0'), t, j::date, i + extract(doy FROM j), NULL, i + extract(doy FROM j), false, 1
  FROM generate_series(1, 40) i, unnest(%(territoires)s::bigint[]) t,
       generate_series(%(du)s::date, %(au)s::date, interval '1 day') j
"""
JOUR = timezone.localdate()
INDICATEURS = [f"banc_{rang:02d}" for rang in range(1, 41)]


def say(code: str, mot: str, mesure: float, but: float, *, plus: bool, detail: str) -> bool:
    bon = mesure >= but if plus else mesure <= but
    signe = ">=" if plus else "<="
    print(f"{code} {mot} mesure={mesure:.3g} goal{signe}{but:g} {'PASS' if bon else 'FAIL'} ({detail})", flush=True)
    return bon


@contextmanager
def undone() -> Iterator[Any]:
    with as_systeme(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL lock_timeout = '60s'")
        yield cursor
        transaction.set_rollback(True)


def time_best(fois: int, lire: Callable[[], object]) -> float:
    temps = []
    for _ in range(fois):
        debut = time.perf_counter()
        lire()
        temps.append(time.perf_counter() - debut)
    return min(temps)


def measure_sets(cursor: Any, requetes: int, but: float) -> bool:
    """P54. The peer reads what the portal reads: same functions, same indexes, statistics up to date."""
    refresh_territoires(cursor)
    cursor.execute("ANALYZE pilotage_territoire, pilotage_appartenance, zonage_commune, zonage_zonecommune")
    definitions = list(load_definitions())
    ensemble = time_best(2, lambda: load_calcul(cursor, JOUR, definitions))
    tirage = random.Random(54)
    tailles = {}
    for territoire in Territoire.objects.order_by("type", "pk"):
        tailles.setdefault(territoire.type, []).append(territoire.pk)
    attendu, posees = 0.0, 0
    for maille, cles in tailles.items():
        concernes = [d.indicateur for d in definitions if maille in d.indicateur.mailles]
        moyennes = [time_alone(cursor, un, tirage.choice(cles)) for un in draw(tirage, concernes, requetes, maille)]
        attendu += sum(moyennes) / len(moyennes) * len(concernes) * len(cles)
        posees += len(moyennes)
    nombre = sum(len(cles) for cles in tailles.values())
    detail = f"{len(definitions)} files × {nombre} territories in {ensemble:.1f} s; one by one {attendu:.0f} s, "
    detail += f"extrapolated from {posees} queries"
    return say("P54", "ensemble", attendu / ensemble, but, plus=True, detail=detail)


def draw(tirage: random.Random, concernes: list[Indicateur], requetes: int, maille: str) -> list[Indicateur]:
    """Each indicator once for the many EPCI, which make the sum; a draw for the others."""
    if maille == "epci" or requetes >= len(concernes):
        return concernes
    return tirage.sample(concernes, requetes)


def time_alone(cursor: Any, un: Indicateur, territoire: int) -> float:
    debut = time.perf_counter()
    cursor.execute(SEUL.format(sql=un.sql), {"jour": JOUR, "genre": un.genre, "territoire": territoire})
    cursor.fetchone()
    return time.perf_counter() - debut


def fill(cursor: Any, territoires: list[Territoire], annees: int) -> int:
    """A table of its own, found first: the one of the portal is not touched."""
    cursor.execute(f"CREATE SCHEMA banc_{annees}")
    cursor.execute(f"CREATE TABLE banc_{annees}.pilotage_mesure (LIKE public.pilotage_mesure INCLUDING ALL)")
    cursor.execute(f"SET LOCAL search_path = banc_{annees}, public")
    du = date(JOUR.year - annees, JOUR.month, min(JOUR.day, 28))
    with first_fill(cursor, "pilotage_mesure"):
        cursor.execute(REMPLIT, {"territoires": [t.pk for t in territoires], "du": du, "au": JOUR})
        lignes = int(cursor.rowcount)
    cursor.execute("ANALYZE pilotage_mesure")
    return lignes


def measure_readings(cursor: Any, nombre: int, but: float, tours: int) -> bool:
    """Both tables are read in turn: what the machine does meanwhile is shared."""
    refresh_territoires(cursor)  # a base without any run has none yet
    territoires = list(Territoire.objects.filter(type__in=["region", "departement", "epci"]).order_by("pk")[:nombre])
    assert len(territoires) == nombre
    cles = [(t.type, t.code) for t in territoires]
    lignes = {annees: fill(cursor, territoires, annees) for annees in (1, 5)}
    du = JOUR - timedelta(days=330)  # within the year that both have
    temps: dict[int, list[tuple[float, float]]] = {1: [], 5: []}
    pages = {annees: count_pages(cursor, cles, annees) for annees in (1, 5)}
    for tour in range(tours):
        annees = (1, 5)[tour % 2]
        cursor.execute(f"SET LOCAL search_path = banc_{annees}, public")
        tableau = time_best(2, lambda: read_valeurs(INDICATEURS, cles, au=JOUR))
        courbes = time_best(2, lambda: [read_series(un, cles[:6], du=du, au=JOUR) for un in INDICATEURS[:6]])
        temps[annees].append((tableau, courbes))
    lus = {annees: [min(colonne) for colonne in zip(*mesures, strict=True)] for annees, mesures in temps.items()}
    detail = f"{lignes[5]} measures against {lignes[1]}"
    bons = [
        say("P55", "tableau", lus[5][0] / lus[1][0], but, plus=False, detail=detail),
        say("P55b", "courbes", lus[5][1] / lus[1][1], but, plus=False, detail=detail),
    ]
    bons.append(say("P55c", "pages", pages[5] / pages[1], but, plus=False, detail=f"{pages[5]} pages touched"))
    detail = f"{len(INDICATEURS) * len(cles)} values at five years"
    return all([*bons, say("P56", "lecture_ms", lus[5][0] * 1000, 60, plus=False, detail=detail)])


def count_pages(cursor: Any, cles: list[tuple[str, str]], annees: int) -> int:
    """Pages of the base that the reading touches: the same whatever the machine does meanwhile."""
    cursor.execute(f"SET LOCAL search_path = banc_{annees}, public")
    codes = {"types": [type_ for type_, _ in cles], "territoires": [code for _, code in cles]}
    cursor.execute(
        f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {VALEURS}",
        {"codes": INDICATEURS, "jours": [JOUR] * len(cles), **codes},
    )
    plan = cursor.fetchone()[0][0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def measure_badge(cursor: Any) -> bool:
    refresh_territoires(cursor)
    compute_jour(JOUR, cause=Cause.CHANGEMENT, codes=["population", "communes"], forcer=True)
    un = find_indicateur("population")
    assert un is not None
    assert not is_stale(un)
    debut = time.perf_counter()
    cursor.execute("UPDATE zonage_commune SET population = population + 1 WHERE code_insee = (SELECT min(code_insee)"
                   " FROM zonage_commune)")  # fmt: skip
    while not is_stale(un):
        time.sleep(0.01)
    return say("P57", "badge_s", time.perf_counter() - debut, 5, plus=False, detail="one row changed, then read")


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true")
    quick = options.parse_args().quick
    with undone() as cursor:
        bons = [measure_sets(cursor, 12 if quick else 1000, 25 if quick else 50)]
    with undone() as cursor:
        bons.append(measure_readings(cursor, 10 if quick else 20, 1.5 if quick else 1.2, 40 if quick else 200))
    with undone() as cursor:
        bons.append(measure_badge(cursor))
    return 0 if all(bons) else 1


if __name__ == "__main__":
    sys.exit(main())
