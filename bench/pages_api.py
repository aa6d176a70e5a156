"""Pages and API against Django's hello-world, in the same rounds: goals P9 and P10 of the performance page.

    DATABASE_URL=… REDIS_URL=… python bench/pages_api.py [--quick] [--tours N]

All servers are up at once (gunicorn sync, 2 workers each; an idle one costs nothing), with the settings of production
but HTTPS; each has a secret of its own, drawn at the start and shared by its workers. Each round measures one slice of
each contestant and divides it by the hello slice of the same round: the machine may drift, the ratio stays. The
reading is the median of the rounds. Data: `load_referentiel` then `load_demonstration`; communes by population.

P9  page_sans_cache ≥ 0.28 of hello, page_en_cache ≥ 0.80.  P10  api ≥ 0.35 of hello and ≥ 2.5 × ModelSerializer.
`--quick` (for continuous integration, about 35 s) halves them: two cores shared with the client and
PostgreSQL swing that much over slices of one second. Without `wrk` a client of this file is used; it is slower than
the servers, which flatters every ratio: the lines then say INDICATIF, neither PASS nor FAIL.

On a machine that others use, requests a second mean nothing: PostgreSQL and the servers wait for their turn more than
the hello does. Above `BRUIT` of foreign load, the ratio judged is that of the processor time spent for one request by
the servers and by the PostgreSQL backends of this database (the same ratio, when nobody else runs); the line says so.

Not named http.py: a script of that name hides the standard library from its neighbours.
"""

import argparse
import asyncio
import os
import random
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

RACINE = Path(__file__).resolve().parent.parent
CONNEXIONS = 16
PREMIER_PORT = 21_170
"""Below 32768: above, the closed connections of the client hold the ports of the servers."""
ASSOUPLI = 0.5
BRUIT = 0.15
CHAUFFE = 600
JOUR = "2026-06-01"
FAITS = "profession=medecin&specialite=generaliste&statut=projet&premiere_installation=oui&jours_semaine=4"


@dataclass(frozen=True)
class Serveur:
    module: str
    reglages: str
    chemin: str


@dataclass(frozen=True)
class Concurrent:
    nom: str
    serveur: str
    adresses: str


SERVEURS = {
    "bonjour": Serveur("bench.pairs.bonjour", "", "/bonjour/"),
    "portail": Serveur("portal.wsgi", "bench.pairs.reglages_portail", "/sante/"),
    "sans_cache": Serveur("portal.wsgi", "bench.pairs.reglages_sans_cache", "/sante/"),
    "drf": Serveur("bench.pairs.drf", "bench.pairs.reglages_drf", f"/zones/?commune=71076&au={JOUR}"),
}
CONCURRENTS = (
    Concurrent("page_sans_cache", "sans_cache", "pages"),
    Concurrent("page_en_cache", "portail", "pages_chaudes"),
    Concurrent("api_zones", "portail", "zones"),
    Concurrent("api_zone", "portail", "zone"),
    Concurrent("api_commune", "portail", "communes"),
    Concurrent("drf_zones", "drf", "zones_drf"),
)


def build_adresses(dossier: Path, graine: int) -> dict[str, Path]:
    """One file of addresses by kind. Communes are drawn by population; the hot set is 60 of them."""
    tirage = random.Random(graine)
    lignes = read_communes()
    tires = tirage.choices([code for code, _ in lignes], weights=[population for _, population in lignes], k=4000)
    page = "/aides/verifier/resultat/?commune={}&au=" + JOUR + "&" + FAITS
    familles = {
        "bonjour": ["/bonjour/"],
        "pages": [page.format(code) for code in tires],
        "pages_chaudes": [page.format(code) for code in tires[:60]],
        "zones": [f"/api/v1/zones/?commune={code}&au={JOUR}" for code in tires],
        "zone": [f"/api/v1/zones/?commune={code}&profession=medecin&au={JOUR}" for code in tires],
        "communes": [f"/api/v1/communes/{code}/" for code in tires],
        "zones_drf": [f"/zones/?commune={code}&au={JOUR}" for code in tires],
    }
    fichiers = {}
    for nom, adresses in familles.items():
        fichiers[nom] = dossier / f"{nom}.txt"
        fichiers[nom].write_text("\n".join(adresses) + "\n", encoding="utf-8")
    return fichiers


def read_communes() -> list[tuple[str, int]]:
    """Read by a child process: the settings of the portal stay out of this one."""
    code = (
        "import django; django.setup()\n"
        "from zonage.models import Commune\n"
        "for code, population in Commune.objects.filter(type='COM', zones__isnull=False).distinct()"
        ".order_by('code_insee').values_list('code_insee', 'population'): print(code, population or 1)"
    )
    environnement = os.environ | {"DJANGO_SETTINGS_MODULE": "portal.settings.dev"}
    sortie = subprocess.run(
        [sys.executable, "-c", code], cwd=RACINE, env=environnement, capture_output=True, text=True, check=True
    )
    lignes = [ligne.split() for ligne in sortie.stdout.splitlines()]
    if len(lignes) < 1000:
        sys.exit("Les données manquent : lancez d'abord load_referentiel puis load_demonstration.")
    return [(code, int(population)) for code, population in lignes]


@contextmanager
def start_serveurs() -> Iterator[dict[str, int]]:
    """Every server, each in its own group, ended by its own id."""
    processus: list[subprocess.Popen[bytes]] = []
    ports: dict[str, int] = {}
    try:
        for rang, (nom, serveur) in enumerate(SERVEURS.items()):
            ports[nom] = PREMIER_PORT + rang
            environnement = os.environ | {"MAILLAGE_MANDATAIRES": "1", "PYTHONWARNINGS": "ignore"}
            environnement |= {
                "DJANGO_SETTINGS_MODULE": serveur.reglages,
                "DJANGO_SECRET_KEY": secrets.token_urlsafe(64),
            }
            commande = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-w", "2", "--log-level", "error"]
            commande += ["-b", f"127.0.0.1:{ports[nom]}", f"{serveur.module}:application"]
            processus.append(
                subprocess.Popen(
                    commande,
                    cwd=RACINE,
                    env=environnement,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            )
        for nom, serveur in SERVEURS.items():
            wait_ready(f"http://127.0.0.1:{ports[nom]}{serveur.chemin}", nom)
        yield ports
    finally:
        for un in processus:
            if un.poll() is None:
                os.killpg(un.pid, signal.SIGTERM)
        for un in processus:
            try:
                un.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(un.pid, signal.SIGKILL)
                un.wait()


def wait_ready(adresse: str, nom: str) -> None:
    fin = time.monotonic() + 60
    while time.monotonic() < fin:
        try:
            with urllib.request.urlopen(adresse, timeout=5) as reponse:
                reponse.read()
            return
        except OSError:
            time.sleep(0.2)
    sys.exit(f"Le serveur « {nom} » ne répond pas à {adresse}.")


def measure(port: int, fichier: Path, duree: float) -> tuple[float, float, int]:
    """Requests a second, p99 in milliseconds, errors (any status from 400 on included)."""
    graine = str(random.randrange(1 << 30))
    if shutil.which("wrk") is None:
        return asyncio.run(measure_asyncio(port, fichier.read_text(encoding="utf-8").split(), duree))
    commande = [
        "wrk",
        "-t1",
        f"-c{CONNEXIONS}",
        f"-d{max(1, round(duree))}s",
        "-s",
        str(RACINE / "bench/pages_api.lua"),
    ]
    sortie = subprocess.run(
        [*commande, f"http://127.0.0.1:{port}"],
        env=os.environ | {"URLS": str(fichier), "GRAINE": graine},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout
    ligne = next(ligne for ligne in sortie.splitlines() if ligne.startswith("RESULTAT"))
    requetes, microsecondes, p99, erreurs = map(int, ligne.split()[1:])
    return requetes / microsecondes * 1e6, p99 / 1000, erreurs


async def measure_asyncio(port: int, adresses: list[str], duree: float) -> tuple[float, float, int]:
    """The same without `wrk`: slower than the servers, so only a sign."""
    fin, delais, erreurs = time.perf_counter() + duree, [], 0

    async def call_forever() -> None:
        nonlocal erreurs
        while (debut := time.perf_counter()) < fin:
            lecteur, redacteur = await asyncio.open_connection("127.0.0.1", port)
            visiteur = f"198.18.{random.randrange(16)}.{random.randrange(256)}"
            entetes = f"Host: 127.0.0.1\r\nX-Forwarded-For: {visiteur}\r\nConnection: close"
            redacteur.write(f"GET {random.choice(adresses)} HTTP/1.1\r\n{entetes}\r\n\r\n".encode())
            reponse = await lecteur.read(-1)
            redacteur.close()
            erreurs += not reponse.startswith(b"HTTP/1.1 2")
            delais.append(time.perf_counter() - debut)

    debut = time.perf_counter()
    await asyncio.gather(*(call_forever() for _ in range(CONNEXIONS)))
    ecoule = time.perf_counter() - debut
    return len(delais) / ecoule, sorted(delais)[int(len(delais) * 0.99)] * 1000, erreurs


def warm(port: int, fichier: Path, duree: float) -> None:
    """Until both workers have compiled, prepared and cached what they keep: a count of requests, bounded in time."""
    recues = 0.0
    for _ in range(5):
        recues += measure(port, fichier, duree)[0] * duree
        if recues >= CHAUFFE:
            return


def read_cpu(port: int) -> dict[str, int]:
    """Ticks of processor used so far by each server of this port and each backend of this database."""
    base = os.environ["DATABASE_URL"].rsplit("/", 1)[1].partition("?")[0]
    ticks = {}
    for dossier in Path("/proc").glob("[0-9]*"):
        try:
            commande = (dossier / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if f"127.0.0.1:{port} " in commande or (commande.startswith("postgres: ") and f" {base} " in commande):
                champs = (dossier / "stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
                ticks[dossier.name] = int(champs[11]) + int(champs[12])
        except OSError:
            continue  # the process ended meanwhile
    return ticks


def spend(avant: dict[str, int], apres: dict[str, int]) -> float:
    """Seconds of processor between two readings. What a process that ended meanwhile used last is not known."""
    return sum(ticks - avant.get(pid, 0) for pid, ticks in apres.items()) / os.sysconf("SC_CLK_TCK")


def read_busy() -> tuple[int, int]:
    """(all, idle) ticks of the machine."""
    ticks = [int(champ) for champ in Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0].split()[1:9]]
    return sum(ticks), ticks[3] + ticks[4]


def read_bruit() -> float:
    """The share of the machine that others use, over a second when nothing is measured."""
    total, libre = read_busy()
    time.sleep(1)
    total_apres, libre_apres = read_busy()
    return 1 - (libre_apres - libre) / max(1, total_apres - total)


@dataclass(frozen=True)
class Mesure:
    debit: float
    cpu: float
    p99: float


def measure_cpu(port: int, fichier: Path, duree: float, nom: str) -> Mesure:
    """Requests a second, milliseconds of processor a request, p99 in milliseconds."""
    avant = read_cpu(port)
    debit, p99, erreurs = measure(port, fichier, duree)
    if erreurs:
        sys.exit(f"{nom} : {erreurs} réponses en erreur, la mesure ne vaut rien.")
    return Mesure(debit, spend(avant, read_cpu(port)) / max(1, debit * duree) * 1000, p99)


def run_tours(
    ports: dict[str, int], fichiers: dict[str, Path], tours: int, duree: float
) -> tuple[dict[str, list[float]], bool]:
    """The ratios to hello, round by round; True when they are ratios of processor time."""
    for concurrent in CONCURRENTS:
        warm(ports[concurrent.serveur], fichiers[concurrent.adresses], duree)
    bruit = read_bruit()
    mesures: dict[str, list[tuple[Mesure, Mesure]]] = {concurrent.nom: [] for concurrent in CONCURRENTS}
    for _ in range(tours):
        for rang, concurrent in enumerate(CONCURRENTS):
            if rang % 3 == 0:  # a fresh hello slice every three contestants
                bonjour = measure_cpu(ports["bonjour"], fichiers["bonjour"], duree, "bonjour")
            sien = measure_cpu(ports[concurrent.serveur], fichiers[concurrent.adresses], duree, concurrent.nom)
            mesures[concurrent.nom].append((bonjour, sien))
    bruit = max(bruit, read_bruit())
    print_debits(mesures, bruit)
    par_cpu = bruit > BRUIT
    ratios = {
        nom: [hello.cpu / lui.cpu if par_cpu else lui.debit / hello.debit for hello, lui in paires]
        for nom, paires in mesures.items()
    }
    return ratios, par_cpu


def print_debits(mesures: dict[str, list[tuple[Mesure, Mesure]]], bruit: float) -> None:
    print(f"    charge étrangère {bruit:.0%}", flush=True)
    tous = {"bonjour": [hello for paires in mesures.values() for hello, _ in paires]}
    tous |= {nom: [lui for _, lui in paires] for nom, paires in mesures.items()}
    for nom, siennes in tous.items():
        debit, cpu, p99 = (statistics.median(getattr(m, champ) for m in siennes) for champ in ("debit", "cpu", "p99"))
        print(f"    {nom:16} {debit:7.0f} req/s  {cpu:6.2f} ms cpu  p99 {p99:6.1f} ms", flush=True)


def judge(ratios: dict[str, list[float]], facteur: float, *, par_cpu: bool) -> bool:
    """Print one line a goal. True when every goal is met."""
    medians = {nom: statistics.median(valeurs) for nom, valeurs in ratios.items()}
    pair = [zones / drf for zones, drf in zip(ratios["api_zones"], ratios["drf_zones"], strict=True)]
    buts = [
        ("P9", "page_sans_cache/bonjour", ratios["page_sans_cache"], 0.28),
        ("P9", "page_en_cache/bonjour", ratios["page_en_cache"], 0.80),
        ("P10", "api_zones/bonjour", ratios["api_zones"], 0.35),
        ("P10", "api_zone/bonjour", ratios["api_zone"], 0.35),
        ("P10", "api_commune/bonjour", ratios["api_commune"], 0.35),
        ("P10", "api_zones/drf_zones", pair, 2.5),
    ]
    indicatif = shutil.which("wrk") is None
    tout = True
    for but, nom, valeurs, seuil in buts:
        ratio, exige = statistics.median(valeurs), seuil * facteur
        tenu = ratio >= exige
        tout = tout and (tenu or indicatif)
        verdict = "INDICATIF" if indicatif else "PASS" if tenu else "FAIL"
        etendue = f"{min(valeurs):.2f}..{max(valeurs):.2f}"
        mesure = "cpu" if par_cpu else "req/s"
        print(f"{but} {nom} ratio={ratio:.2f} ({etendue}, {mesure}) goal>={exige:.2f} {verdict}", flush=True)
    print(f"    (drf_zones/bonjour {medians['drf_zones']:.2f})")
    return tout


def main() -> int:
    lecteur = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    lecteur.add_argument("--quick", action="store_true")
    lecteur.add_argument("--tours", type=int, default=0)
    lecteur.add_argument("--graine", type=int, default=7)
    options = lecteur.parse_args()
    tours = options.tours or (2 if options.quick else 7)
    for port in range(PREMIER_PORT, PREMIER_PORT + len(SERVEURS)):
        with socket.socket() as prise:
            if prise.connect_ex(("127.0.0.1", port)) == 0:
                sys.exit(f"Le port {port} est déjà pris : arrêtez ce qui l'occupe.")
    with tempfile.TemporaryDirectory() as dossier:
        fichiers = build_adresses(Path(dossier), options.graine)
        with start_serveurs() as ports:
            ratios, par_cpu = run_tours(ports, fichiers, tours, 1)
    return 0 if judge(ratios, ASSOUPLI if options.quick else 1.0, par_cpu=par_cpu) else 1


if __name__ == "__main__":
    sys.exit(main())
