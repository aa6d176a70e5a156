"""Figures of a whole country in one run, against the same queries one territory at a time; readings as years go by.

    DATABASE_URL=… REDIS_URL=… python bench/pilotage.py [--quick]

Everything happens in one transaction, undone at the end: the base given (communes, a zoning) is left as it was.

P54 every indicator × every territory of a day, by the queries of the portal (counts, roll-up) against the
    peer that one would write first: the same query, one territory and one indicator at a time. The peer is timed on
    territories of each size drawn with a fixed seed, and extrapolated by size: the line says from how many queries.
P55 the 800 values of a dashboard (40 indicators × 20 territories) and 36 curves of a year by months, at five years of
    measures that change every day, against the same at one year, in turn: ratio of the fastest readings. P55c: pages
    of the base touched for each value, more than at one year: a level of the index at most.
P56 those 800 values at five years, in milliseconds.
P57 from a changed row to the badge « modifié depuis », in seconds.
P58 the page of the dashboard of a région and of a CPTS, whole, for somebody who reads every figure: milliseconds of
    the server (the fastest of them; the line says the median) when every indicator of the portal has a measure a day
    for five years; P58b against the same page at one year, in turn; P58c queries more than at one year.
`--quick` (continuous integration): fewer queries of the peer, half as many territories, 40 indicators, goals half as
    strict.
"""

import argparse
import os
import random
import secrets
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import date, timedelta
from pathlib import Path
from typing import Any

RACINE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RACINE))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.dev")

import django  # noqa: E402 (the folder of the project comes first)

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.db.models import Q  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402
from django_otp import DEVICE_ID_SESSION_KEY  # noqa: E402
from django_otp.plugins.otp_totp.models import TOTPDevice  # noqa: E402

from portal.accounts.models import User  # noqa: E402
from portal.core.ceinture import as_systeme  # noqa: E402
from portal.core.sql import first_fill  # noqa: E402
from portal.pilotage.enums import Cause  # noqa: E402
from portal.pilotage.fraicheur import is_stale  # noqa: E402
from portal.pilotage.lecture import VALEURS, find_indicateur, read_series, read_valeurs  # noqa: E402
from portal.pilotage.models import Territoire  # noqa: E402
from portal.pilotage.services.calcul import compute_jour, load_calcul  # noqa: E402
from portal.pilotage.services.territoires import refresh_territoires  # noqa: E402
from portal.pilotage.sources.definitions import Indicateur, list_indicateurs, load_definitions  # noqa: E402

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
SELECT i.code, t, j::date, i.rang + extract(doy FROM j), NULL, i.rang + extract(doy FROM j), false,
       j::date - %(du)s::date + 1
  FROM unnest(%(codes)s::text[]) WITH ORDINALITY AS i (code, rang), unnest(%(territoires)s::bigint[]) t,
       generate_series(%(du)s::date, %(au)s::date, interval '1 day') j
"""
PASSAGES = """
INSERT INTO pilotage_passage
       (id, jour, cause, detail, debut, fin, empreinte, indicateurs, lignes, instantane, transaction)
SELECT j::date - %(du)s::date + 1, j::date, 'nuit', '', j, j, 'banc', 1, 1, pg_current_snapshot()::text,
       pg_current_xact_id()::text::bigint
  FROM generate_series(%(du)s::date, %(au)s::date, interval '1 day') j
"""
PARTS = """
INSERT INTO pilotage_passageindicateur (passage_id, indicateur, jour, empreinte, lignes)
SELECT p.id, i.code, p.jour, i.empreinte, 1
  FROM pilotage_passage p, unnest(%(bases)s::text[], %(empreintes)s::text[]) AS i (code, empreinte)
"""
TABLES = ("pilotage_mesure", "pilotage_passage", "pilotage_passageindicateur")
JOUR = timezone.localdate()
INDICATEURS = list(list_indicateurs())
PAGES = ("region:27", "cpts:banc")
DES_PAGES = 4
"""France, the région, the département, the CPTS: what those two pages read."""
LUS = INDICATEURS[:40]
"""The indicators of P55 and P56, and all those of the short form."""


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


def measure_sets(cursor: Any, quick: bool) -> bool:
    """P54. The peer reads what the portal reads: same functions, same indexes, statistics up to date."""
    refresh_territoires(cursor)
    cursor.execute("ANALYZE pilotage_territoire, pilotage_appartenance, zonage_commune, zonage_zonecommune")
    definitions = list(load_definitions())
    requetes, but = (12, 25) if quick else (1000, 50)
    ensemble = time_best(1 if quick else 2, lambda: load_calcul(cursor, JOUR, definitions))
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


def fill(cursor: Any, nom: str, annees: int, codes: list[str], territoires: list[Territoire]) -> int:
    """Tables of its own, found first: those of the portal are not touched."""
    cursor.execute(f"CREATE SCHEMA {nom}_{annees}")
    for table in TABLES:
        cursor.execute(f"CREATE TABLE {nom}_{annees}.{table} (LIKE public.{table} INCLUDING ALL)")
    use(cursor, nom, annees)
    bases = {un.base: un.empreinte for un in list_indicateurs().values()}
    valeurs = {
        "du": date(JOUR.year - annees, JOUR.month, min(JOUR.day, 28)),
        "au": JOUR,
        "territoires": [t.pk for t in territoires],
        "codes": codes,
        "bases": list(bases),
        "empreintes": list(bases.values()),
    }
    cursor.execute(PASSAGES, valeurs)
    cursor.execute(PARTS, valeurs)
    with first_fill(cursor, "pilotage_mesure"):
        cursor.execute(REMPLIT, valeurs)
        lignes = int(cursor.rowcount)
    cursor.execute(f"ANALYZE {', '.join(TABLES)}")
    return lignes


def use(cursor: Any, nom: str, annees: int) -> None:
    cursor.execute(f"SET LOCAL search_path = {nom}_{annees}, public")


def choose(cursor: Any, nombre: int) -> list[Territoire]:
    """What the pages read first (a CPTS is made where the base has none), then EPCI."""
    refresh_territoires(cursor)  # a base without any run has none yet
    Territoire.objects.get_or_create(type="cpts", code="banc", region_code="27", departement_code="71", nom="CPTS")
    pages = Q(type="france") | Q(type="region", code="27") | Q(type="departement", code="71") | Q(code="banc")
    lus = [*Territoire.objects.filter(pages).order_by("pk"), *Territoire.objects.filter(type="epci").order_by("pk")]
    assert len(lus) >= nombre
    return lus[:nombre]


def measure_readings(cursor: Any, quick: bool) -> bool:
    """Both sets of tables are read in turn: what the machine does meanwhile is shared."""
    but, tours = (1.5, 40) if quick else (1.2, 200)
    territoires = choose(cursor, 10 if quick else 20)
    cles = [(t.type, t.code) for t in territoires]
    lignes = {annees: fill(cursor, "banc", annees, LUS, territoires) for annees in (1, 5)}
    du = JOUR - timedelta(days=330)  # within the year that both have
    temps: dict[int, list[tuple[float, float]]] = {1: [], 5: []}
    pages = {annees: count_pages(cursor, cles, annees) for annees in (1, 5)}
    for tour in range(tours):
        annees = (1, 5)[tour % 2]
        use(cursor, "banc", annees)
        tableau = time_best(2, lambda: read_valeurs(LUS, cles, au=JOUR))
        courbes = time_best(2, lambda: [read_series(un, cles[:6], du=du, au=JOUR) for un in LUS[:6]])
        temps[annees].append((tableau, courbes))
    lus = {annees: [min(colonne) for colonne in zip(*mesures, strict=True)] for annees, mesures in temps.items()}
    detail = f"{lignes[5]} measures against {lignes[1]}"
    bons = [
        say("P55", "tableau", lus[5][0] / lus[1][0], but, plus=False, detail=detail),
        say("P55b", "courbes", lus[5][1] / lus[1][1], but, plus=False, detail=detail),
    ]
    etages = (pages[5] - pages[1]) / (len(LUS) * len(cles))
    bons.append(say("P55c", "etages", etages, 1, plus=False, detail=f"{pages[5]} pages against {pages[1]}"))
    valeurs = f"{len(LUS) * len(cles)} values at five years"
    bons.append(say("P56", "lecture_ms", lus[5][0] * 1000, 60, plus=False, detail=valeurs))
    return all([*bons, *measure_pages(cursor, quick, territoires[:DES_PAGES])])


def measure_pages(cursor: Any, quick: bool, territoires: list[Territoire]) -> list[bool]:
    """P58. The whole stack of the server, but the network: session, rights, queries, template."""
    codes = LUS if quick else INDICATEURS
    lignes = {annees: fill(cursor, "page", annees, codes, territoires) for annees in (1, 5)}
    personne = open_session()
    temps: dict[tuple[str, int], list[float]] = {}
    requetes: dict[tuple[str, int], int] = {}
    for tour in range(4 + (32 if quick else 80)):
        annees = (1, 5)[tour % 2]
        use(cursor, "page", annees)
        for cle in PAGES:
            debut = time.perf_counter()
            with CaptureQueriesContext(connection) if tour < 4 else nullcontext() as requetes_lues:
                reponse = personne.get(f"/pilotage/?territoire={cle}")
            assert reponse.status_code == 200, reponse.status_code
            assert "</table>" in reponse.content.decode()
            if tour < 4:
                requetes[cle, annees] = len(requetes_lues)
            else:
                temps.setdefault((cle, annees), []).append(time.perf_counter() - debut)
    lente = max(PAGES, key=lambda cle: min(temps[cle, 5]))
    dits = ", ".join(f"{cle} median {statistics.median(temps[cle, 5]) * 1000:.0f} ms" for cle in PAGES)
    cinq, un = (sum(min(temps[cle, annees]) for cle in PAGES) for annees in (5, 1))
    plus = max(requetes[cle, 5] - requetes[cle, 1] for cle in PAGES)
    page = min(temps[lente, 5]) * 1000
    return [
        say("P58", "page_ms", page, 120 if quick else 60, plus=False, detail=f"{dits}; {lignes[5]} measures"),
        say("P58b", "croissance", cinq / un, 1.5 if quick else 1.2, plus=False, detail="five years against one"),
        say("P58c", "requetes", plus, 0, plus=False, detail=f"{requetes[lente, 5]} queries, as at one year"),
    ]


def open_session() -> Client:
    """Somebody of the whole country, who gave the second factor."""
    user = User.objects.create_superuser(email="banc@engendre.invalid", password=secrets.token_urlsafe(24))
    device = TOTPDevice.objects.create(user=user, confirmed=True, name="Mesure")
    personne = Client(headers={"host": "localhost"})
    personne.force_login(user, "django.contrib.auth.backends.ModelBackend")
    session = personne.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    return personne


def count_pages(cursor: Any, cles: list[tuple[str, str]], annees: int) -> int:
    """Pages of the base that the reading touches: the same whatever the machine does meanwhile."""
    use(cursor, "banc", annees)
    codes = {"types": [type_ for type_, _ in cles], "territoires": [code for _, code in cles]}
    cursor.execute(
        f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {VALEURS}",
        {"codes": LUS, "jours": [JOUR] * len(cles), **codes},
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
        bons = [measure_sets(cursor, quick)]
    with undone() as cursor:
        bons.append(measure_readings(cursor, quick))
    with undone() as cursor:
        bons.append(measure_badge(cursor))
    return 0 if all(bons) else 1


if __name__ == "__main__":
    sys.exit(main())
