"""What each commune offers, for all France: computed whole, by difference, and while pages are served: P6 to P8, P12.

    python bench/eligibilite.py [--quick]

A PostgreSQL of its own, with the settings that the portal ships (fsync, full pages in the journal), the reference data
and the demonstration zoning; everything is erased at the end. Both sides in turn; a ratio is the median of the turns.

P6   the rebuild (classes, rules, table, key, statistics, swap) against COPY of the ready rows: binary into a bare
     table (journaled too), and text into a table with the same key.
P7   a refresh when nothing changed, then when 2 % of the communes did: bytes of journal.
P8   that refresh against the loop that one writes first, a check and an `update_or_create` for each row: measured on a
     sample of which every row changed, extrapolated to the table, and whose end state must be the same.
P12  growth of the rebuild from a quarter of the country to the whole.
P12s pages asked for at a steady pace: those that a refresh or a swap overlaps, against those between two of them.
"""

import argparse
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

RACINE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RACINE))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.dev")

import django  # noqa: E402 (the folder of the project comes first)

django.setup()

from django.db import connection, transaction  # noqa: E402

from aides.catalogue import catalogue  # noqa: E402
from aides.eligibilite.calcul import (  # noqa: E402
    CLES,
    ECHANGE,
    NOUVELLE,
    REMPLISSAGE,
    SOURCE,
    read_ordre,
    refresh_eligibilite,
)
from aides.eligibilite.classes import Portee, read_terrain  # noqa: E402
from aides.eligibilite.vecteurs import AILLEURS, LETTRES, SANS_MONTANT, VECTEURS, build_vecteurs  # noqa: E402
from aides.models import Eligibilite, JeuEligibilite  # noqa: E402
from aides.regles.evaluation import Issue  # noqa: E402
from aides.services import check  # noqa: E402
from bench._service import p95, read_pages, serve  # noqa: E402
from portal.embarque import Postgres  # noqa: E402
from portal.lancement.modeles import DEMONSTRATION, fill_base  # noqa: E402
from zonage.enums import Profession  # noqa: E402
from zonage.models import Commune, Region  # noqa: E402

AU = date(2026, 11, 22)
PART = 0.02
PAUSE = 0.6
"""Seconds before and after each computation, when pages are served alone."""
BUTS = {
    "binaire": 0.35,
    "texte": 1.0,
    "naif": 1_000.0,
    "wal": 1_200.0,
    "wal_nul": 65_536.0,
    "exposant": 1.2,
    "p95": 2.0,
}
PARTIES = ("calcul", "mise_a_jour", "croissance", "pages")
COLONNES = "commune_id, profession, eligibles, a_instruire, minimums, maximums, periodicites"

# Each zone of the communes drawn takes the niveau that comes next among those of its profession.
BOUSCULE = """
WITH niveaux AS (
    SELECT profession, niveau_id, coalesce(lead(niveau_id) OVER w, first_value(niveau_id) OVER w) AS suivant
      FROM (SELECT DISTINCT profession, niveau_id FROM zonage_zonecommune WHERE niveau_id IS NOT NULL) AS connus
    WINDOW w AS (PARTITION BY profession ORDER BY niveau_id))
UPDATE zonage_zonecommune z SET niveau_id = n.suivant FROM niveaux n
 WHERE n.profession = z.profession AND n.niveau_id = z.niveau_id AND z.commune_id = ANY(%s)
"""
# Whoever reads first what has just been written marks it as committed, which the journal keeps: not our bytes.
LECTURE = "SELECT count(*) FROM zonage_zonecommune WHERE origine <> ''"


class Banc:
    """The lines, and whether one failed."""

    def __init__(self) -> None:
        self.reussi = True

    def show(self, nom: str, mesure: float, but: float, details: str, *, au_plus: bool = False) -> None:
        tenu = mesure <= but if au_plus else mesure >= but
        self.reussi &= tenu
        but_lu = f"{'<=' if au_plus else '>='}{but:g} {'PASS' if tenu else 'FAIL'}"
        print(f"{nom} {details} value={mesure:.3g} goal{but_lu}", flush=True)


def execute(requete: str, *parametres: object) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(requete, parametres or None)
        return cursor.fetchall() if cursor.description else []


def chrono(acte: Callable[[], object]) -> float:
    execute("CHECKPOINT")
    debut = time.perf_counter()
    acte()
    return time.perf_counter() - debut


def read_wal(acte: Callable[[], object]) -> int:
    """The bytes of journal that an act writes, just after a checkpoint: each page that it touches is written whole."""
    execute("CHECKPOINT")
    avant = execute("SELECT pg_current_wal_insert_lsn()")[0][0]
    acte()
    return int(str(execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s::pg_lsn)", avant)[0][0]))


def refresh(*, entier: bool = False) -> int:
    return int(refresh_eligibilite(au=AU, cause="banc", entier=entier).lignes_ecrites)


def draw_communes(nombre: int, graine: int) -> list[str]:
    codes = list(Commune.objects.order_by("code_insee").values_list("code_insee", flat=True))
    return random.Random(graine).sample(codes, nombre)


def copy_in(table: str, fichier: Path, forme: str) -> None:
    with connection.cursor() as cursor, fichier.open("rb") as lignes:
        cursor.copy_expert(f"COPY {table} ({COLONNES}) FROM STDIN (FORMAT {forme})", lignes)  # type: ignore[attr-defined]


def bench_rebuild(banc: Banc, tours: int, buts: dict[str, float], dossier: Path) -> None:
    lignes = refresh(entier=True)
    fichiers = {forme: dossier / forme for forme in ("binary", "text")}
    with connection.cursor() as cursor:
        for forme, fichier in fichiers.items():
            with fichier.open("wb") as sortie:
                selection = f"SELECT {COLONNES} FROM aides_eligibilite ORDER BY commune_id, profession"
                cursor.copy_expert(f"COPY ({selection}) TO STDOUT (FORMAT {forme})", sortie)  # type: ignore[attr-defined]
    temps: dict[str, list[float]] = {"nous": [], "binaire": [], "texte": []}
    for _ in range(tours):
        temps["nous"].append(chrono(lambda: refresh(entier=True)))
        execute("DROP TABLE IF EXISTS nue, pareille")
        execute("CREATE TABLE nue (LIKE aides_eligibilite)")
        temps["binaire"].append(chrono(lambda: copy_in("nue", fichiers["binary"], "binary")))
        execute("CREATE TABLE pareille (LIKE aides_eligibilite INCLUDING ALL)")
        temps["texte"].append(chrono(lambda: copy_in("pareille", fichiers["text"], "text")))
    assert not execute("SELECT count(*) FROM (TABLE nue EXCEPT TABLE aides_eligibilite) AS ecart")[0][0]
    execute("DROP TABLE nue, pareille")
    nous, binaire, texte = (min(temps[nom]) for nom in ("nous", "binaire", "texte"))
    chiffres = f"rows={lignes} ours={nous * 1000:.0f}ms ({lignes / nous:,.0f} rows/s)"
    tour_a_tour = {
        nom: statistics.median(lui / le_notre for le_notre, lui in zip(temps["nous"], temps[nom], strict=True))
        for nom in ("binaire", "texte")
    }
    details = f"{chiffres} limit={binaire * 1000:.0f}ms"
    banc.show("P6 rebuild_vs_copy_binary", tour_a_tour["binaire"], buts["binaire"], details)
    banc.show("P6t rebuild_vs_copy_text_indexed", tour_a_tour["texte"], buts["texte"], f"limit={texte * 1000:.0f}ms")


def bench_refresh(banc: Banc, tours: int, buts: dict[str, float], echantillon: int) -> None:
    execute("VACUUM aides_eligibilite, zonage_zonecommune")  # or that of the base itself comes amid a measure
    rien = min(read_wal(refresh) for _ in range(3))
    banc.show("P7 wal_when_nothing_changed", rien, buts["wal_nul"], "bytes", au_plus=True)
    communes = Commune.objects.count()
    durees, octets, changees = [], [], 0
    for tour in range(tours):
        execute(BOUSCULE, draw_communes(round(communes * PART), tour))
        execute(LECTURE)
        ecrites: list[int] = []
        debut = time.perf_counter()
        octets.append(read_wal(lambda ecrites=ecrites: ecrites.append(refresh())))
        durees.append(time.perf_counter() - debut)
        changees = ecrites[0]
        octets[-1] = round(octets[-1] / changees)
        execute("VACUUM aides_eligibilite, zonage_zonecommune")
    wal = statistics.median(octets)
    banc.show("P7b wal_a_changed_row", wal, buts["wal"], f"changed={changees} bytes", au_plus=True)
    boucle, ecriture = bench_naive(echantillon)
    lignes, nous = Eligibilite.objects.count(), min(durees)
    details = f"ours={nous * 1000:.0f}ms loop={boucle * lignes:,.0f}s extrapolated from {echantillon} rows"
    details += f" (its writes alone: {ecriture * lignes / nous:,.0f} times ours)"
    banc.show("P8 refresh_vs_update_or_create", boucle * lignes / nous, buts["naif"], details)


def bench_naive(echantillon: int) -> tuple[float, float]:
    """Seconds a row of the loop that one writes first, and of its writes alone. The end state must be ours."""
    professions = Profession.values
    communes = draw_communes(max(1, echantillon // len(professions)), 99)
    execute(BOUSCULE, communes)
    versions = JeuEligibilite.objects.get().versions
    ecriture = 0.0
    debut = time.perf_counter()
    for commune in communes:
        for profession in professions:
            champs = build_champs(commune, profession, versions)
            avant = time.perf_counter()
            Eligibilite.objects.update_or_create(commune_id=commune, profession=profession, defaults=champs)
            ecriture += time.perf_counter() - avant
    nombre = len(communes) * len(professions)
    duree = (time.perf_counter() - debut) / nombre
    if differentes := refresh():
        sys.exit(f"La boucle et le calcul ne finissent pas dans le même état : {differentes} lignes diffèrent.")
    return duree, ecriture / nombre


def build_champs(commune: str, profession: str, versions: list[list[str]]) -> dict[str, object]:
    """From the check of one commune to the columns of its row."""
    resultats = {
        (r.dispositif.code, r.version.code): r for r in check(commune, {"profession": profession}, au=AU).resultats
    }
    rangees = [resultats.get((code, version)) for code, version, _ in versions]
    montants = [rangee.montant if rangee else None for rangee in rangees]
    return {
        "eligibles": "".join("1" if r and r.issue is Issue.ELIGIBLE else "0" for r in rangees),
        "a_instruire": "".join("1" if r and r.issue is Issue.A_INSTRUIRE else "0" for r in rangees),
        "minimums": [int(m.minimum * 100) if m else None for m in montants],
        "maximums": [int(m.maximum * 100) if m and m.maximum is not None else None for m in montants],
        "periodicites": "".join(
            AILLEURS if r is None else LETTRES[m.periodicite] if m else SANS_MONTANT
            for r, m in zip(rangees, montants, strict=True)
        ),
    }


def rebuild_part(regions: tuple[str, ...] | None) -> int:
    """The rebuild of `refresh_eligibilite`, over a part of the country."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('work_mem', '64MB', true)")
        terrain = read_terrain(cursor, catalogue(), Portee(None, regions), AU)
        vecteurs = build_vecteurs(terrain, terrain.read_classes(cursor), catalogue().versions_au(AU))
        cursor.execute(NOUVELLE)
        source = SOURCE.format(vecteurs=VECTEURS, cible=terrain.cible + read_ordre(cursor))
        cursor.execute(source + REMPLISSAGE, {**terrain.parametres, **vecteurs})
        lignes = int(cursor.rowcount)
        cursor.execute(CLES)
        cursor.execute(ECHANGE)
    return lignes


def bench_growth(banc: Banc, tours: int, buts: dict[str, float]) -> None:
    codes = list(Region.objects.order_by("code").values_list("code", flat=True))
    tailles = {code: Commune.objects.filter(departement__region=code).count() for code in codes}
    quart: list[str] = []
    for code in sorted(codes, key=tailles.__getitem__):
        if sum(tailles[une] for une in quart) + tailles[code] <= sum(tailles.values()) / 4:
            quart.append(code)
    points: dict[int, float] = {}
    for regions in (tuple(quart), None):
        lignes: list[int] = []
        durees = [
            chrono(lambda regions=regions, lignes=lignes: lignes.append(rebuild_part(regions))) for _ in range(tours)
        ]
        points[lignes[0]] = min(durees)
    (petit, court), (grand, long) = sorted(points.items())
    exposant = math.log(long / court) / math.log(grand / petit)
    details = f"n={petit} {court * 1000:.0f}ms, n={grand} {long * 1000:.0f}ms exponent"
    banc.show("P12 rebuild_growth", exposant, buts["exposant"], details, au_plus=True)


def compute_in_turn(
    fini: threading.Event, calculs: list[tuple[float, float]], preparations: list[tuple[float, float]]
) -> None:
    """2 % of the communes change, then the refresh (one in three, a whole rebuild), then as long without anything."""
    try:
        while not fini.is_set():
            debut = time.perf_counter()
            execute(BOUSCULE, draw_communes(700, len(calculs)))
            preparations.append((debut, time.perf_counter()))
            if fini.wait(PAUSE):
                break
            debut = time.perf_counter()
            refresh(entier=len(calculs) % 3 == 2)
            calculs.append((debut, time.perf_counter()))
            fini.wait(PAUSE)
    finally:
        connection.close()


def bench_served(banc: Banc, duree: float, buts: dict[str, float]) -> None:
    """Both sides in the same minute, in turn: what else the machine does weighs on both."""
    page = "/aides/verifier/resultat/?commune={}&au=2026-11-22&profession=medecin&statut=projet&specialite=generaliste"
    chemins = [page.format(code) for code in draw_communes(400, 7)] + ["/travaux/"]
    fini, calculs, preparations = threading.Event(), [], []
    with serve():
        read_pages(chemins, 3)
        calcul = threading.Thread(target=compute_in_turn, args=(fini, calculs, preparations))
        calcul.start()
        try:
            lues = read_pages(chemins, duree)
        finally:
            fini.set()
            calcul.join()

    def overlap(debut: float, fin: float, moments: list[tuple[float, float]]) -> bool:
        return any(debut < apres and avant < fin for avant, apres in moments)

    pendant = [fin - debut for debut, fin, _ in lues if overlap(debut, fin, calculs)]
    calmes = [fin - debut for debut, fin, _ in lues if not overlap(debut, fin, calculs + preparations)]
    charge, calme = p95(pendant), p95(calmes)
    details = f"quiet={calme * 1000:.1f}ms ({len(calmes)} pages) during={charge * 1000:.1f}ms ({len(pendant)} pages)"
    details += f" runs={len(calculs)}"
    banc.show("P12s pages_p95_during_refresh", charge / calme, buts["p95"], details, au_plus=True)
    erreurs = sum(statut != 200 for *_, statut in lues)
    banc.show("P12e errors_during_refresh", erreurs, 0, f"pages={len(lues)}", au_plus=True)


def measure(*, quick: bool, parties: list[str]) -> int:
    """Inside the cluster of the bench."""
    execute("SET statement_timeout = 0")
    execute("VACUUM ANALYZE")
    buts = dict(BUTS)
    if quick:  # two cores that others share
        buts |= {"binaire": BUTS["binaire"] / 2, "texte": 0.5, "naif": 300.0, "exposant": 1.4, "p95": 4.0}
    banc = Banc()
    refresh(entier=True)
    if "calcul" in parties:
        with tempfile.TemporaryDirectory() as dossier:
            bench_rebuild(banc, 3 if quick else 7, buts, Path(dossier))
    if "mise_a_jour" in parties:
        bench_refresh(banc, 3 if quick else 5, buts, 120 if quick else 1_200)
    if "croissance" in parties:
        bench_growth(banc, 2 if quick else 5, buts)
        refresh(entier=True)
    if "pages" in parties:
        bench_served(banc, 12 if quick else 60, buts)
    return 0 if banc.reussi else 1


def main() -> int:
    analyseur = argparse.ArgumentParser(description=__doc__)
    analyseur.add_argument("--quick", action="store_true", help="fewer turns and looser goals, about a minute")
    analyseur.add_argument("--partie", action="append", choices=PARTIES, help="cette partie seulement")
    analyseur.add_argument("--dedans", action="store_true", help=argparse.SUPPRESS)
    options = analyseur.parse_args()
    if options.dedans:
        return measure(quick=options.quick, parties=options.partie or list(PARTIES))
    dossier = Path(tempfile.mkdtemp(prefix="maillage-banc-"))
    serveur = Postgres(dossier)
    try:
        adresse = serveur.start()
        fill_base(DEMONSTRATION, adresse)
        environnement = os.environ | {"DATABASE_URL": adresse, "REDIS_URL": "redis://127.0.0.1:1/0"}
        commande = [sys.executable, __file__, "--dedans", *sys.argv[1:]]
        return subprocess.run(commande, cwd=RACINE, env=environnement, check=False).returncode
    finally:
        serveur.stop()
        shutil.rmtree(dossier, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
