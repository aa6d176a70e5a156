"""The administration at 200,000 files against 2,000, then everything at once while all is computed again.

    DATABASE_URL=… REDIS_URL=… python bench/dossiers.py [--quick] [--garder]

Two databases are copied from the one given (communes and a zoning: `load_referentiel`, `load_demonstration`), filled
by `generate_dossiers`, dropped at the end (`--garder` keeps them for the next run). A server before each, as
`./maillage run` starts it, with the settings of production but HTTPS, under the role of the web.

P42 home, list, filtered list, late ones and page of a file, as agents of a département and of a région, of one base
    then of the other: median time ≤ 1.5 times that of the small base.
P43 50 requests a second for 60 s while the eligibilities are rebuilt, at the priority of the worker: p95 < 300 ms
    and no error. In a hundred: 36 public pages, 14 answers of the API, 20 pages of practitioners (their files, one of
    them, their account), 30 of agents (home, lists, files): `bench/_charge.py` says why, and gives the p95 of each.
`--quick` (for continuous integration): 20,000 files against 2,000, then 12 s, pace and goals half as strict.
"""

import argparse
import os
import secrets
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2

RACINE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RACINE))

from bench._charge import (  # noqa: E402
    CADENCE,
    LISTES,
    Acces,
    Public,
    ask,
    describe,
    draw_suite,
    p95,
    read_page,
    read_suite,
    warm,
)
from portal.lancement.processus import child_setup  # noqa: E402
from portal.lancement.superviseur import RECUL_DE_FOND, WEB  # noqa: E402

PORTS = {"petit": 21_195, "grand": 21_196}
AGENTS = ("agent0.59@engendre.invalid", "region.27@engendre.invalid")
NOMS = ("departement", "region")
DISPOSITIFS = ("caim", "cotram", "coscom", "cesp")
"""The most peopled département: at 2,000 files it fills a page already, so that both sides show as many rows."""

# Run by a child with the settings and the secret of the servers: the sessions of people who gave both factors.
SESSIONS = """
import sys
import django; django.setup()
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice
from aides.models import Demande
from portal.accounts.models import User
ordre = sys.argv[1].split(",")
for user in User.objects.filter(email__in=sys.argv[2:]).order_by("pk"):
    device, _ = TOTPDevice.objects.get_or_create(user=user, confirmed=True, defaults={"name": "Mesure"})
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.create()
    visibles = Demande.objects.for_user(user).filter(statut="en_cours").order_by(*ordre)
    cles = [str(cle) for cle in visibles.values_list("pk", flat=True)[:30]]
    print(user.email, session.session_key, ",".join(cles))
"""
PUBLIC = """
WITH pris AS (SELECT code FROM zonage_departement ORDER BY md5(code) LIMIT 20)
SELECT array(SELECT code_insee FROM (
                 SELECT code_insee, row_number() OVER (PARTITION BY departement_id ORDER BY md5(code_insee)) AS rang
                   FROM zonage_commune JOIN pris ON pris.code = departement_id WHERE type = 'COM') rangees
              WHERE rang <= 40 ORDER BY rang, code_insee),
       array(SELECT code FROM pris ORDER BY 1)
"""
# Instructors of ten départements and of four régions; practitioners who hold a contract.
AGENTS_CHARGE = """
SELECT email FROM (
    SELECT email, row_number() OVER (PARTITION BY left(email, 1) ORDER BY md5(email)) AS rang FROM accounts_user
     WHERE email LIKE 'agent0.%@engendre.invalid' OR email LIKE 'region.%@engendre.invalid') tires
 WHERE rang <= CASE left(email, 1) WHEN 'a' THEN 10 ELSE 4 END
"""
PRATICIENS_CHARGE = """
SELECT email FROM accounts_user
 WHERE id IN (SELECT proprietaire_id FROM aides_demande WHERE statut = 'en_cours' ORDER BY md5(numero) LIMIT 60)
"""


def main() -> int:
    analyse = argparse.ArgumentParser()
    analyse.add_argument("--quick", action="store_true")
    analyse.add_argument("--garder", action="store_true")
    options = analyse.parse_args()
    tailles = {"petit": 2_000, "grand": 20_000 if options.quick else 200_000}
    env = os.environ | {
        "DJANGO_SECRET_KEY": secrets.token_urlsafe(64),
        "DJANGO_SETTINGS_MODULE": "bench.pairs.reglages_portail",
        "PYTHONWARNINGS": "ignore",
    }
    bases = {nom: build_adresse(f"maillage_mesure_{taille}") for nom, taille in tailles.items()}
    try:
        for nom, taille in tailles.items():
            prepare(bases[nom], taille, env)
        acces = {nom: read_acces(env | {"DATABASE_URL": base}, AGENTS) for nom, base in bases.items()}
        with serve(bases, env):
            justes = [compare(acces, options.quick), bear(bases["grand"], env, options.quick)]
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
    commandes = [["generate_dossiers", str(taille)]]
    try:
        run_sql(f'CREATE DATABASE "{cible}" TEMPLATE "{source}"')
    except psycopg2.errors.DuplicateDatabase:
        commandes.insert(0, ["migrate", "--noinput", "-v", "0"])
    except psycopg2.errors.ObjectInUse:
        sys.exit(f"La base {source} est utilisée : arrêtez le portail avant la mesure.")
    commun = env | {"DATABASE_URL": adresse, "DJANGO_SETTINGS_MODULE": "portal.settings.dev"}
    for commande in commandes:
        fini = subprocess.run(
            [sys.executable, "manage.py", *commande], cwd=RACINE, env=commun, capture_output=True, text=True
        )
        if fini.returncode:
            sys.exit(f"manage.py {commande[0]} : {fini.stderr.strip()[-500:]}")


def read_lignes(adresse: str, requete: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(adresse)) as connexion, connexion.cursor() as curseur:
        curseur.execute(requete)
        return curseur.fetchall()


def read_acces(env: dict[str, str], adresses: Sequence[str], *, ordre: str = "-deposee_le,id") -> dict[str, Acces]:
    """By person: a session, and files that they may open."""
    commande = [sys.executable, "-c", SESSIONS, ordre, *adresses]
    fini = subprocess.run(commande, cwd=RACINE, env=env, capture_output=True, text=True, check=False)
    if fini.returncode:
        sys.exit(f"Les sessions de la mesure n'ont pas pu être ouvertes : {fini.stderr.strip()[-500:]}")
    lus = [ligne.split(" ") for ligne in fini.stdout.splitlines()]
    return {adresse: Acces(cle, dossiers.split(",")) for adresse, cle, dossiers in lus if dossiers}


@contextmanager
def serve(bases: dict[str, str], env: dict[str, str]) -> Iterator[None]:
    """The web server of `./maillage run` before each base, under the role of the web: row level security is on."""
    processus = []
    try:
        for nom, base in bases.items():
            commande = [sys.executable, "-m", *WEB, "--log-level", "error", "-b", f"127.0.0.1:{PORTS[nom]}"]
            propre = env | {"DATABASE_URL": base, "MAILLAGE_ROLE": "maillage_web", "MAILLAGE_API_LIMITE": "100000/min"}
            processus.append(
                subprocess.Popen(
                    commande, cwd=RACINE, env=propre, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            )  # fmt: skip
        fin = time.monotonic() + 90
        for nom in bases:
            while ask(PORTS[nom], "/sante/") != 200:
                if time.monotonic() > fin:
                    sys.exit("Le serveur de la mesure ne répond pas.")
                time.sleep(0.2)
        yield
    finally:
        for un in processus:
            os.killpg(un.pid, signal.SIGTERM)
            un.wait(20)


def list_pages(dossiers: Sequence[str]) -> dict[str, str]:
    return {"accueil": "/admin/", **LISTES, "dossier": f"/admin/aides/demande/{dossiers[0]}/change/"}


def compare(acces: dict[str, dict[str, Acces]], quick: bool) -> bool:
    """Each page of one base, then of the other: the machine may drift, the ratio stays.

    The goal holds where both show as many rows; elsewhere the ratio is said, and judged by nobody.
    """
    tours, but = (5, 3.0) if quick else (41, 1.5)
    justes = True
    for adresse, agent in zip(AGENTS, NOMS, strict=True):
        pages = {base: list_pages(acces[base][adresse].dossiers) for base in PORTS}
        for nom in pages["grand"]:
            temps: dict[str, list[float]] = {base: [] for base in PORTS}
            rangs: dict[str, int] = {}
            for tour in range(tours + 2):
                for base in PORTS:
                    debut = time.perf_counter()
                    statut, page = read_page(PORTS[base], pages[base][nom], acces[base][adresse].session)
                    if statut != 200:
                        sys.exit(f"{nom} ({agent}, {base}) : réponse {statut}")
                    rangs[base] = page.count(b"<tr")
                    if tour >= 2:
                        temps[base].append(time.perf_counter() - debut)
            petit, grand = (1000 * statistics.median(temps[base]) for base in ("petit", "grand"))
            compare = rangs["grand"] <= 1.2 * rangs["petit"] + 2  # a page that shows five times more is another page
            juste = grand / petit <= but or not compare
            justes = justes and juste
            verdict = f"goal<={but} {'PASS' if juste else 'FAIL'}" if compare else "INFO"
            sys.stdout.write(
                f"P42 {agent}_{nom} petit={petit:.1f}ms grand={grand:.1f}ms ratio={grand / petit:.2f} "
                f"lignes={rangs['petit']}/{rangs['grand']} {verdict}\n"
            )
            sys.stdout.flush()
    return justes


def bear(base: str, env: dict[str, str], quick: bool) -> bool:
    """A steady pace, one request each time its turn comes, late or not, while everything is computed again."""
    duree, but, cadence = (12.0, 600, CADENCE / 2) if quick else (60.0, 300, CADENCE)
    propre = env | {"DATABASE_URL": base}
    agents, autres = (
        [*read_acces(propre, [email for (email,) in read_lignes(base, requete)], ordre="?").values()]
        for requete in (AGENTS_CHARGE, PRATICIENS_CHARGE)
    )
    [(communes, departements)] = read_lignes(base, PUBLIC)
    tout = Public(communes, departements, DISPOSITIFS)
    suite = draw_suite(int(duree * cadence), agents, autres, tout)
    warm(PORTS["grand"], suite, tout)
    fini = threading.Event()
    reconstructions: list[int] = []
    calcul = threading.Thread(target=rebuild, args=(base, env, fini, reconstructions))
    calcul.start()
    lues, ecoule = read_suite(PORTS["grand"], suite, cadence)
    fini.set()
    calcul.join()
    erreurs = sum(lue.statut != 200 for lue in lues)
    juste = p95(lues) < but and erreurs == 0 and len(reconstructions) > 0 and not any(reconstructions)
    sys.stdout.write("\n".join(describe(lues)) + "\n")
    sys.stdout.write(
        f"P43 charge requetes={len(lues)} rythme={len(lues) / ecoule:.0f}/s p95={p95(lues):.0f}ms "
        f"goal<{but}ms erreurs={erreurs} recalculs={len(reconstructions)} {'PASS' if juste else 'FAIL'}\n"
    )
    return juste


def rebuild(adresse: str, env: dict[str, str], fini: threading.Event, codes: list[int]) -> None:
    """The whole of France, again and again until the end, as patient as the worker is; its exit codes."""
    propre = env | {"DATABASE_URL": adresse, "DJANGO_SETTINGS_MODULE": "portal.settings.dev"}
    while not fini.is_set():
        lance = subprocess.run(
            [sys.executable, "manage.py", "refresh_eligibilite", "--entier"],
            cwd=RACINE,
            env=propre,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            preexec_fn=child_setup(recul=RECUL_DE_FOND),
        )
        codes.append(lance.returncode)
        fini.wait(0.2)


if __name__ == "__main__":
    sys.exit(main())
