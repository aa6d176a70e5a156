"""The administration at 200,000 files against 2,000, then everything at once while all is computed again.

    DATABASE_URL=… REDIS_URL=… python bench/dossiers.py [--quick] [--garder]

Two databases are copied from the one given (communes and a zoning: `load_referentiel`, `load_demonstration`), filled
by `generate_dossiers`, dropped at the end (`--garder` keeps them for the next run). A server before each, under the
role of the web, as agents of a département and of a région; the same page is asked of one, then of the other.

P42 home, list, filtered list, search and page of a file: median time ≤ 1.5 times that of the small base.
P43 50 requests a second (public pages, API, lists, home, files) while the eligibilities are rebuilt: p95 < 300 ms and
    no error. `--quick` (for continuous integration): 20,000 files against 2,000, then 15 s, with goals half as strict.
"""

import argparse
import http.client
import os
import secrets
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2

RACINE = Path(__file__).resolve().parent.parent
PORTS = {"petit": 21_195, "grand": 21_196}
CADENCE = 50.0
LECTEURS = 16
COOKIE = "__Host-session"
AGENTS = ("agent0.59@engendre.invalid", "region.27@engendre.invalid")
NOMS = ("departement", "region")
"""The most peopled département: at 2,000 files it fills a page already, so that both sides show as many rows."""

# Run by a child with the settings and the secret of the servers: the session of an agent who has given both factors.
SESSIONS = """
import sys
import django; django.setup()
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice
from aides.models import Demande
from portal.accounts.models import User
for adresse in sys.argv[1:]:
    user = User.objects.get(email=adresse)
    device, _ = TOTPDevice.objects.get_or_create(user=user, confirmed=True, defaults={"name": "Mesure"})
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.create()
    visibles = Demande.objects.for_user(user).filter(statut="en_cours").order_by("-deposee_le", "id")
    cles = [str(cle) for cle in visibles.values_list("pk", flat=True)[:20]]
    print(session.session_key, ",".join(cles))
"""


def main() -> int:
    analyse = argparse.ArgumentParser()
    analyse.add_argument("--quick", action="store_true")
    analyse.add_argument("--garder", action="store_true")
    options = analyse.parse_args()
    tailles = {"petit": 2_000, "grand": 20_000 if options.quick else 200_000}
    env = os.environ | {
        "DJANGO_SECRET_KEY": secrets.token_urlsafe(64),
        "DJANGO_SETTINGS_MODULE": "bench.pairs.reglages_sans_cache",
        "PYTHONWARNINGS": "ignore",
    }
    bases = {nom: build_adresse(f"maillage_mesure_{taille}") for nom, taille in tailles.items()}
    try:
        for nom, taille in tailles.items():
            prepare(bases[nom], taille, env)
        sessions = {nom: read_sessions(env | {"DATABASE_URL": base}) for nom, base in bases.items()}
        with serve(bases, env):
            justes = [compare(sessions, options.quick), bear(sessions["grand"], bases["grand"], env, options.quick)]
    finally:
        if not options.garder:
            for base in bases.values():
                drop(base)
    return 0 if all(justes) else 1


def build_adresse(base: str) -> str:
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{base}"))


def run_sql(*ordres: str) -> None:
    connexion = psycopg2.connect(urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path="/postgres")))
    connexion.autocommit = True
    with connexion.cursor() as curseur:
        for ordre in ordres:
            curseur.execute(ordre)
    connexion.close()


def drop(adresse: str) -> None:
    run_sql(f'DROP DATABASE IF EXISTS "{urlsplit(adresse).path[1:]}" WITH (FORCE)')


def prepare(adresse: str, taille: int, env: dict[str, str]) -> None:
    """A copy of the base given, with that many files. A base kept by a former run serves again."""
    source, cible = urlsplit(os.environ["DATABASE_URL"]).path[1:], urlsplit(adresse).path[1:]
    try:
        run_sql(f'CREATE DATABASE "{cible}" TEMPLATE "{source}"')
    except psycopg2.errors.DuplicateDatabase:
        pass
    except psycopg2.errors.ObjectInUse:
        sys.exit(f"La base {source} est utilisée : arrêtez le portail avant la mesure.")
    commun = env | {"DATABASE_URL": adresse, "DJANGO_SETTINGS_MODULE": "portal.settings.dev"}
    for commande in (["migrate", "--noinput", "-v", "0"], ["generate_dossiers", str(taille)]):
        fini = subprocess.run(
            [sys.executable, "manage.py", *commande], cwd=RACINE, env=commun, capture_output=True, text=True
        )
        if fini.returncode:
            sys.exit(f"manage.py {commande[0]} : {fini.stderr.strip()[-500:]}")


def read_sessions(env: dict[str, str]) -> list[tuple[str, list[str]]]:
    """By agent: the key of a session, and files that they may open."""
    fini = subprocess.run(
        [sys.executable, "-c", SESSIONS, *AGENTS], cwd=RACINE, env=env, capture_output=True, text=True, check=False
    )
    if fini.returncode:
        sys.exit(f"Les sessions de la mesure n'ont pas pu être ouvertes : {fini.stderr.strip()[-500:]}")
    lignes = [ligne.split(" ") for ligne in fini.stdout.splitlines()]
    return [(cle, [dossier for dossier in dossiers.split(",") if dossier]) for cle, dossiers in lignes]


@contextmanager
def serve(bases: dict[str, str], env: dict[str, str]) -> Iterator[None]:
    """Two workers before each base, under the role of the web: row level security is on."""
    processus = []
    try:
        for nom, base in bases.items():
            commande = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-w", "2", "--log-level", "error"]
            commande += ["-b", f"127.0.0.1:{PORTS[nom]}", "portal.wsgi:application"]
            propre = env | {"DATABASE_URL": base, "MAILLAGE_ROLE": "maillage_web", "MAILLAGE_API_LIMITE": "100000/min"}
            processus.append(
                subprocess.Popen(
                    commande, cwd=RACINE, env=propre, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            )  # fmt: skip
        fin = time.monotonic() + 90
        for nom in bases:
            while ask(nom, "/sante/")[0] != 200:
                if time.monotonic() > fin:
                    sys.exit("Le serveur de la mesure ne répond pas.")
                time.sleep(0.2)
        yield
    finally:
        for un in processus:
            os.killpg(un.pid, signal.SIGTERM)
            un.wait(20)


def ask(base: str, chemin: str, session: str = "") -> tuple[int, float]:
    """Status (0 when nobody answers) and seconds."""
    debut = time.perf_counter()
    try:
        liaison = http.client.HTTPConnection("127.0.0.1", PORTS[base], timeout=15)
        liaison.request("GET", chemin, headers={"Cookie": f"{COOKIE}={session}"} if session else {})
        reponse = liaison.getresponse()
        reponse.read()
        liaison.close()
    except (OSError, http.client.HTTPException):
        return 0, time.perf_counter() - debut
    return reponse.status, time.perf_counter() - debut


def list_pages(dossiers: list[str]) -> dict[str, str]:
    liste = "/admin/aides/demande/"
    return {
        "accueil": "/admin/",
        "liste": f"{liste}?etat=&tri=recents",
        "a_traiter": f"{liste}?etat=a_traiter&tri=echeance",
        "filtree": f"{liste}?etat=en_cours&guichet=cpam&depot=&instructeur=&tri=recents",
        "en_retard": f"{liste}?etat=a_traiter&delai=retard&instructeur=aucun&tri=echeance",
        "dossier": f"/admin/aides/demande/{dossiers[0]}/change/",
    }


def compare(sessions: dict[str, list[tuple[str, list[str]]]], quick: bool) -> bool:
    """Each page of one base, then of the other: the machine may drift, the ratio stays."""
    tours, but = (11, 3.0) if quick else (41, 1.5)
    justes = True
    for rang, agent in enumerate(NOMS):
        pages = {base: list_pages(sessions[base][rang][1]) for base in PORTS}
        for nom in pages["grand"]:
            temps: dict[str, list[float]] = {base: [] for base in PORTS}
            for tour in range(tours + 2):
                for base in PORTS:
                    statut, secondes = ask(base, pages[base][nom], sessions[base][rang][0])
                    if statut != 200:
                        sys.exit(f"{nom} ({agent}, {base}) : réponse {statut}")
                    if tour >= 2:
                        temps[base].append(secondes)
            petit, grand = (1000 * statistics.median(temps[base]) for base in ("petit", "grand"))
            juste = grand / petit <= but
            justes = justes and juste
            sys.stdout.write(
                f"P42 {agent}_{nom} petit={petit:.1f}ms grand={grand:.1f}ms ratio={grand / petit:.2f} "
                f"goal<={but} {'PASS' if juste else 'FAIL'}\n"
            )
            sys.stdout.flush()
    return justes


def bear(sessions: list[tuple[str, list[str]]], adresse: str, env: dict[str, str], quick: bool) -> bool:
    """A steady pace, one request each time its turn comes, late or not, while everything is computed again."""
    duree, but = (15.0, 0.6) if quick else (60.0, 0.3)
    chemins: list[tuple[str, str]] = [
        ("/aides/verifier/resultat/?commune=71076&profession=medecin", ""),
        ("/communes/71076/", ""),
        ("/api/v1/zones/?commune=71076", ""),
        ("/api/v1/communes/?departement=71", ""),
        ("/aides/", ""),
    ]
    for cle, dossiers in sessions:
        chemins += [(chemin, cle) for chemin in list_pages(dossiers).values()]
    fini = threading.Event()
    reconstructions: list[int] = []
    calcul = threading.Thread(target=rebuild, args=(adresse, env, fini, reconstructions))
    calcul.start()
    lues: list[tuple[int, float]] = []
    debut = time.perf_counter()

    def follow(rang: int) -> None:
        while (tour := debut + rang / CADENCE) < debut + duree:
            time.sleep(max(0.0, tour - time.perf_counter()))
            chemin, session = chemins[rang % len(chemins)]
            statut, secondes = ask("grand", chemin, session)
            lues.append((statut, secondes))
            rang += LECTEURS

    with ThreadPoolExecutor(LECTEURS) as lecteurs:
        list(lecteurs.map(follow, range(LECTEURS)))
    ecoule = time.perf_counter() - debut
    fini.set()
    calcul.join()
    erreurs = sum(statut != 200 for statut, _ in lues)
    p95 = sorted(secondes for _, secondes in lues)[int(0.95 * len(lues))]
    juste = p95 < but and erreurs == 0 and len(reconstructions) > 0 and not any(reconstructions)
    sys.stdout.write(
        f"P43 charge requetes={len(lues)} rythme={len(lues) / ecoule:.0f}/s p95={1000 * p95:.0f}ms "
        f"goal<{1000 * but:.0f}ms erreurs={erreurs} recalculs={len(reconstructions)} {'PASS' if juste else 'FAIL'}\n"
    )
    return juste


def rebuild(adresse: str, env: dict[str, str], fini: threading.Event, codes: list[int]) -> None:
    """The whole of France, again and again until the end; its exit codes."""
    propre = env | {"DATABASE_URL": adresse, "DJANGO_SETTINGS_MODULE": "portal.settings.dev"}
    while not fini.is_set():
        lance = subprocess.run(
            [sys.executable, "manage.py", "refresh_eligibilite", "--entier"],
            cwd=RACINE,
            env=propre,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        codes.append(lance.returncode)
        fini.wait(1)


if __name__ == "__main__":
    sys.exit(main())
