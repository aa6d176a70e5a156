"""The search of communes over all France, against the same search by sequential scans.

    DATABASE_URL=… REDIS_URL=… python bench/recherche.py [--quick]

The queries are drawn (seeded) from the names of the reference data, big communes more often, and typed as people do:
beginnings, no accents, « st », « s/ », postal codes, a département beside, one letter wrong. Both sides run each query
in turn in the same session; the peer has the indexes switched off and must give the very same answers. One line a
goal, exit 1 on a FAIL. Data: `manage.py load_referentiel`. Nothing is written.
"""

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

RACINE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RACINE))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.dev")

import django  # noqa: E402 (the folder of the project comes first)

django.setup()

from django.db import connection  # noqa: E402

from zonage.calculs.noms import fold  # noqa: E402
from zonage.models import Commune  # noqa: E402
from zonage.recherche import search_communes  # noqa: E402

BUT_P95_MS = 30.0
BUT_RATIO = 3.0
PARCOURS = ("enable_indexscan", "enable_bitmapscan", "enable_indexonlyscan")
Commune_ = tuple[str, str, list[str], int]


def misspell(nom: str, alea: random.Random) -> str:
    rang = alea.randrange(1, max(2, len(nom) - 1))
    geste = alea.choice(("oubli", "double", "echange"))
    if geste == "oubli":
        return nom[:rang] + nom[rang + 1 :]
    if geste == "double":
        return nom[:rang] + nom[rang] + nom[rang:]
    return nom[: rang - 1] + nom[rang] + nom[rang - 1] + nom[rang + 1 :]


def write_queries(communes: list[Commune_], nombre: int) -> list[str]:
    alea = random.Random(71)  # the same queries each time
    manieres: list[Callable[[Commune_], str]] = [
        lambda c: c[0],
        lambda c: fold(c[0]).replace("-", " "),
        lambda c: c[0][: alea.randint(2, 8)],
        lambda c: fold(c[0][: alea.randint(3, 12)]),
        lambda c: fold(c[0]).replace("saint", "st").replace("-sur-", " s/ "),
        lambda c: misspell(fold(c[0]), alea),
        lambda c: c[2][0] if c[2] else c[0],
        lambda c: f"{c[0]} {c[1]}",
    ]
    poids = [c[3] + 200 for c in communes]
    return [alea.choice(manieres)(c) for c in alea.choices(communes, poids, k=nombre)]


def set_indexes(actifs: bool) -> None:
    with connection.cursor() as cursor:
        for reglage in PARCOURS:
            cursor.execute(f"SET {reglage} = {'on' if actifs else 'off'}")


def measure(requetes: list[str]) -> tuple[list[float], list[float], int]:
    """Milliseconds of each query on both sides, and how many answers differ."""
    nous, pair, differences = [], [], 0
    for requete in requetes:
        reponses = []
        for durees, actifs in ((nous, True), (pair, False)):
            set_indexes(actifs)
            debut = time.perf_counter()
            reponses.append(search_communes(requete))
            durees.append((time.perf_counter() - debut) * 1000)
        differences += reponses[0] != reponses[1]
    set_indexes(actifs=True)
    return nous, pair, differences


def percentile(valeurs: list[float], rang: int) -> float:
    return statistics.quantiles(valeurs, n=100, method="inclusive")[rang - 1]


def print_goal(nom: str, texte: str, atteint: bool) -> bool:
    sys.stdout.write(f"{nom} {texte} {'PASS' if atteint else 'FAIL'}\n")
    return atteint


def main() -> int:
    parser = argparse.ArgumentParser(description="Recherche de communes : index contre parcours séquentiel.")
    parser.add_argument("--quick", action="store_true", help="120 recherches au lieu de 600, durée permise doublée")
    rapide = parser.parse_args().quick
    nombre, but_p95 = (120, 2 * BUT_P95_MS) if rapide else (600, BUT_P95_MS)
    champs = ("nom", "departement_id", "codes_postaux", "population")
    communes = [(n, d, cp, p or 0) for n, d, cp, p in Commune.objects.order_by("pk").values_list(*champs)]
    if len(communes) < 35_000:
        sys.stderr.write("Chargez d'abord la France : manage.py load_referentiel\n")
        return 2
    requetes = write_queries(communes, nombre)
    measure(requetes[:10])
    nous, pair, differences = measure(requetes)
    ratio = statistics.median(pair) / statistics.median(nous)
    mesures = f"ours={statistics.median(nous):.2f}ms peer={statistics.median(pair):.2f}ms ratio={ratio:.1f}"
    p95 = percentile(nous, 95)
    atteints = [
        print_goal("search_vs_seqscan", f"{mesures} goal>={BUT_RATIO} n={nombre}", ratio >= BUT_RATIO),
        print_goal(
            "search_p95", f"ours={p95:.1f}ms p50={statistics.median(nous):.1f}ms goal<={but_p95}", p95 <= but_p95
        ),
        print_goal("search_same_answers", f"differences={differences} goal=0", differences == 0),
    ]
    return 0 if all(atteints) else 1


if __name__ == "__main__":
    sys.exit(main())
