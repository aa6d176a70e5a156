"""200,000 situations × every open scheme, evaluated by PostgreSQL, against the speed at which it takes ready rows.

    DATABASE_URL=… REDIS_URL=… python bench/situations.py [--quick]

The rules run as one statement (`aides.tables.evaluate_table`) that writes one row a situation and scheme: verdict,
amount, periodicity. The limit is the binary COPY of those same rows into a bare table, in the same session, in turn.
Then the growth from n to 4n, and a sample of the rows against the Python reading. One line a goal, exit 1 on a FAIL.
"""

import argparse
import json
import math
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

RACINE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RACINE))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.dev")

import django  # noqa: E402 (the folder of the project comes first)

django.setup()

from django.db import connection  # noqa: E402
from django.db.backends.utils import CursorWrapper  # noqa: E402

from aides.catalogue import national  # noqa: E402
from aides.regles.dispositifs import JOURS_PASSES  # noqa: E402
from aides.regles.evaluation import evaluate  # noqa: E402
from aides.regles.faits import FAITS, TypeFait  # noqa: E402
from aides.regles.situation import Locaux, Situation, Valeur, ZoneLue  # noqa: E402
from aides.regles.sql.colonnes import COLONNES  # noqa: E402
from aides.regles.sql.textes import name  # noqa: E402
from aides.regles.valeurs import sample_values  # noqa: E402
from aides.tables import create_situations, evaluate_table  # noqa: E402
from portal.core.sql import copy_rows  # noqa: E402

AU = date(2025, 12, 31)
MODELES = 5_000
ISSUES = {True: "eligible", False: "non_eligible", None: "a_instruire"}
OUVERTS = national().versions_au(AU)
VERSIONS = [version for _, version in OUVERTS]


def draw_situations(nombre: int) -> list[Situation]:
    """Seeded persons: a fact in six is unknown, values sit on the thresholds and beside them."""
    hasard = random.Random(20251231)
    valeurs = {code: sample_values(code, VERSIONS, {}, AU) or invent(code) for code in FAITS}
    return [
        Situation(
            {code: hasard.choice(valeurs[code]) for code in FAITS if hasard.random() > 1 / 6},
            {AU: ZoneLue(hasard.choice(["zip", "zac", "hors_zonage", None]))},
            True,
            frozenset(lieu for lieu in sorted(national().lieux) if hasard.random() < 0.5),
            {AU: Locaux(tuple((liste, hasard.random() < 0.5) for liste in sorted(national().listes)))},
        )
        for _ in range(nombre)
    ]


def invent(code: str) -> tuple[Valeur, ...]:
    if FAITS[code].type is TypeFait.DATE:
        return tuple(AU - timedelta(days=30 * rang) for rang in range(24))
    return (1,) if FAITS[code].type is TypeFait.ENTIER else (Decimal(1),)


def list_rows(situations: list[Situation]) -> Iterator[list[object]]:
    for rang, situation in enumerate(situations):
        valeurs: dict[str, object] = dict(situation.faits)
        valeurs["commune_choisie"] = True
        valeurs["lieux"] = "{" + ",".join(sorted(situation.lieux)) + "}"
        jours = {"demande": AU} | {jour: valeurs.get(code) for jour, (code, _, _) in JOURS_PASSES.items()}
        for nom, jour in jours.items():
            if jour == AU:
                valeurs[f"zone_{nom}"] = situation.zones[AU].niveau
                valeurs[f"listes_{nom}"] = json.dumps(dict(situation.locaux[AU].listes))
        yield [rang, AU, *(valeurs.get(colonne) for colonne in COLONNES)]


def fill(cursor: CursorWrapper, table: str, nombre: int) -> None:
    """`nombre` situations, the models again and again."""
    colonnes = ", ".join(map(name, COLONNES))
    create_situations(cursor, table)
    cursor.execute(
        f"INSERT INTO {table} (id, au, {colonnes})"
        f" SELECT rang, au, {colonnes} FROM generate_series(0, %s) AS rang JOIN modeles ON modeles.id = rang %% %s",
        [nombre - 1, MODELES],
    )
    cursor.execute(f"ANALYZE {table}")


def run_rules(cursor: CursorWrapper, table: str) -> float:
    cursor.execute("DROP TABLE IF EXISTS resultats")
    debut = time.perf_counter()
    evaluate_table(cursor, table, VERSIONS, au=AU, table="resultats")
    return time.perf_counter() - debut


def run_copy(cursor: CursorWrapper, fichier: Path) -> float:
    cursor.execute("DROP TABLE IF EXISTS limite")
    cursor.execute("CREATE TEMPORARY TABLE limite (LIKE resultats)")
    with fichier.open("rb") as lignes:
        debut = time.perf_counter()
        cursor.copy_expert("COPY limite FROM STDIN (FORMAT binary)", lignes)  # type: ignore[attr-defined]
        return time.perf_counter() - debut


def check_sample(cursor: CursorWrapper, situations: list[Situation]) -> bool:
    cursor.execute("SELECT id, rang, verdict, minimum, maximum FROM resultats WHERE id < 400 ORDER BY id, rang")
    for rang_situation, rang, verdict, minimum, maximum in cursor.fetchall():
        dispositif, version = OUVERTS[rang]
        lu = evaluate(dispositif, version, situations[rang_situation], au=AU)
        bornes = (lu.montant.minimum, lu.montant.maximum) if lu.montant else (None, None)
        if (lu.issue, bornes) != (ISSUES[verdict], (minimum, maximum)):
            print(f"P6b situations FAIL les deux lectures diffèrent : {dispositif.code}, {situations[rang_situation]}")
            return False
    return True


def main() -> int:
    analyseur = argparse.ArgumentParser(description=__doc__)
    analyseur.add_argument("--quick", action="store_true", help="fewer situations, looser goals")
    rapide = analyseur.parse_args().quick
    nombre, but, pente_max, tours = (20_000, 0.1, 1.5, 3) if rapide else (200_000, 0.25, 1.2, 3)
    situations = draw_situations(MODELES)
    with connection.cursor() as cursor, tempfile.TemporaryDirectory() as dossier:
        cursor.execute("SET statement_timeout = 0")
        create_situations(cursor, "modeles")
        copy_rows(cursor, "modeles", ["id", "au", *map(name, COLONNES)], list_rows(situations))
        fill(cursor, "quart", nombre // 4)
        fill(cursor, "toutes", nombre)
        run_rules(cursor, "toutes")
        fichier = Path(dossier) / "lignes.bin"
        with fichier.open("wb") as sortie:
            cursor.copy_expert("COPY resultats TO STDOUT (FORMAT binary)", sortie)  # type: ignore[attr-defined]
        mesures = [
            (run_rules(cursor, "quart"), run_rules(cursor, "toutes"), run_copy(cursor, fichier)) for _ in range(tours)
        ]
        juste = check_sample(cursor, situations)
    quart, regles, copie = (min(mesure[place] for mesure in mesures) for place in range(3))
    ratio = statistics.median(limite / notre for _, notre, limite in mesures)
    pente, lignes = math.log(regles / quart) / math.log(4), nombre * len(VERSIONS)
    print(
        f"P6b situations ours={lignes / regles:,.0f}/s limit={lignes / copie:,.0f}/s ratio={ratio:.2f} goal>={but}"
        f" {'PASS' if ratio >= but else 'FAIL'} ({nombre} situations, {len(VERSIONS)} dispositifs, {lignes} lignes)"
    )
    print(
        f"P12b situations_pente ours={pente:.2f} goal<={pente_max} {'PASS' if pente <= pente_max else 'FAIL'} (n→4n)"
    )
    return 0 if juste and ratio >= but and pente <= pente_max else 1


if __name__ == "__main__":
    sys.exit(main())
