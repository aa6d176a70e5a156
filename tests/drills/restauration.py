"""Lose the server of the base and the documents, restore by the commands of docs/exploitation.md, compare everything.

Run by `tests/drills/tuer.py --acte restauration`. What is compared is read by other means than those of the backup:
every row of every table, every byte of every document, the head of the journal, what a visitor reads. Then a row and
a byte are changed: a drill that would not see it proves nothing, and says so.
"""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit

import psycopg2

from portal.embarque import Postgres
from tests.drills.scene import RACINE, SHELL, Scene

# Word for word those of the page (tests/portal/test_sauvegarde.py): what is tried is what is written.
COMMANDES = (
    "SAUVEGARDE=/sauvegardes/maillage-$(date +%F)",
    ".venv/bin/python manage.py write_sauvegarde $SAUVEGARDE",
    "createdb maillage_neuve",
    ".venv/bin/python manage.py restore_sauvegarde $SAUVEGARDE",
)
NEUVE = "maillage_neuve"
DOSSIERS, DOCUMENTS = 20_000, 500
DOSSIERS_BREFS, DOCUMENTS_BREFS = 300, 20
REGIONS_BREVES = ["27", "94"]
PARTIE = re.compile(r"sauvegarde : (.+) en ([0-9.]+) s")
TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1"
CONTENU = (
    """SELECT count(*), coalesce(md5(string_agg(e, '' ORDER BY e)), '') FROM (SELECT md5(t::text) e FROM "{}" t) l"""
)
JOURNAL = (
    "SELECT coalesce(max(rang), 0), (SELECT empreinte FROM core_scelle ORDER BY rang DESC LIMIT 1) FROM core_scelle"
)
VISITE = (
    "from django.test import Client; c = Client(HTTP_HOST='localhost'); "
    "print(*(c.get(a).status_code for a in ('/sante/', '/', '/cpts/', '/chiffres/')))"
)
Etat = dict[str, object]


@dataclass
class Chrono:
    """The duration of each part, told as soon as it is over."""

    durees: dict[str, float] = field(default_factory=dict)

    @contextlib.contextmanager
    def part(self, nom: str) -> Iterator[None]:
        debut = time.monotonic()
        yield
        self.tell(nom, time.monotonic() - debut)

    def tell(self, nom: str, secondes: float) -> None:
        self.durees[nom] = secondes
        sys.stdout.write(f"  {nom} : {secondes:.1f} s\n")
        sys.stdout.flush()


class SceneRestauration(Scene):
    """Its own server, a demonstration, files, documents and a journal; and how to lose them."""

    @property
    def media(self) -> Path:
        return self.dossier / "media" / "documents"

    def prepare(self, *, quick: bool) -> None:
        self.env |= {"MAILLAGE_EFFACEMENTS": str(self.dossier / "effacements"), "MAILLAGE_EXERCICE": "0"}
        self.manage("migrate", "-v0")
        if quick:
            code = "from tests.drills.preparation import load_territory; "
            self.manage(*SHELL, f"{code}load_territory({REGIONS_BREVES!r}, entier=False)")
        else:
            self.manage("load_referentiel", "-v0")
            self.manage("load_demonstration", "-v0")
        self.manage("generate_dossiers", str(DOSSIERS_BREFS if quick else DOSSIERS))
        self.manage(
            *SHELL, f"from tests.drills.remplissage import fill; fill({DOCUMENTS_BREFS if quick else DOCUMENTS})"
        )

    def read_etat(self, url: str) -> Etat:
        """Rows and content of every table, bytes of every document, head of the journal."""
        etat: Etat = {}
        with contextlib.closing(psycopg2.connect(url)) as connexion, connexion.cursor() as cursor:
            cursor.execute("SET timezone = 'UTC'")
            cursor.execute(TABLES)
            for (table,) in cursor.fetchall():
                cursor.execute(CONTENU.format(table))
                etat[f"table {table}"] = cursor.fetchone()
            cursor.execute(JOURNAL)
            etat["journal"] = cursor.fetchone()
        for chemin in sorted(self.media.rglob("*")):
            if chemin.is_file():
                etat[f"document {chemin.name}"] = hashlib.sha256(chemin.read_bytes()).hexdigest()
        return etat

    def destroy(self) -> None:
        """The machine burns: the server is killed, its folder and the documents are erased."""
        self.postgres.processus.kill()
        self.postgres.processus.wait()
        shutil.rmtree(self.postgres.data)
        shutil.rmtree(self.dossier / "media")

    def rebuild(self) -> str:
        """Another server, empty. Returns the address of the base that `createdb` will make."""
        self.postgres = Postgres(self.dossier / "neuve")
        self.url = self.postgres.start()
        morceaux = urlsplit(self.url)
        acces = {"PGHOST": parse_qs(morceaux.query)["host"][0], "PGUSER": morceaux.username or ""}
        self.env |= acces | {"DATABASE_URL": urlunsplit(morceaux._replace(path=f"/{NEUVE}"))}
        return self.env["DATABASE_URL"]

    def type(self, *rangs: int) -> str:
        """Some of the commands of the page, in one shell, as somebody types them. Returns what they told."""
        texte = "set -eu\n" + "\n".join(COMMANDES[rang] for rang in rangs)
        texte = texte.replace("/sauvegardes/", f"{self.dossier}/sauvegardes/").replace(
            ".venv/bin/python", sys.executable
        )
        env = self.env | {
            "PATH": f"{self.postgres.bin}{os.pathsep}{self.env['PATH']}",
            "MAILLAGE_PG_BIN": str(self.postgres.bin),
        }
        fini = subprocess.run(
            ["/bin/sh", "-c", texte], cwd=RACINE, env=env, capture_output=True, text=True, check=False
        )
        sys.stdout.write("".join(f"    {ligne}\n" for ligne in fini.stdout.splitlines()))
        if fini.returncode:
            raise SystemExit(f"« {COMMANDES[rangs[-1]]} » a échoué ({fini.returncode}) :\n{fini.stderr[-3000:]}")
        return fini.stdout + fini.stderr


def compare(avant: Etat, apres: Etat) -> list[str]:
    return [nom for nom in sorted({*avant, *apres}) if avant.get(nom) != apres.get(nom)]


def damage(scene: SceneRestauration, url: str) -> set[str]:
    """Change one row and one byte. Returns what a comparison has to name."""
    with contextlib.closing(psycopg2.connect(url)) as connexion, connexion, connexion.cursor() as cursor:
        cursor.execute(
            "UPDATE zonage_commune SET nom = nom || ' '"
            " WHERE code_insee = (SELECT min(code_insee) FROM zonage_commune)"
        )
    chemin = next(chemin for chemin in sorted(scene.media.rglob("*")) if chemin.is_file())
    octets = bytearray(chemin.read_bytes())
    octets[-1] ^= 1
    chemin.write_bytes(octets)
    return {"table zonage_commune", f"document {chemin.name}"}


def run(scene: SceneRestauration, *, quick: bool) -> int:
    chrono = Chrono()
    with chrono.part("préparation"):
        scene.prepare(quick=quick)
    with chrono.part("état lu avant"):
        avant = scene.read_etat(scene.url)
    with chrono.part("sauvegarde"):
        dit = scene.type(0, 1)
    tell_parts(chrono, "sauvegarde", dit)
    taille = sum(chemin.stat().st_size for chemin in (scene.dossier / "sauvegardes").rglob("*") if chemin.is_file())
    with chrono.part("destruction"):
        scene.destroy()
    with chrono.part("serveur neuf"):
        url = scene.rebuild()
    with chrono.part("restauration"):
        dit = scene.type(0, 2, 3)
    tell_parts(chrono, "restauration", dit)
    with chrono.part("état lu après"):
        ecarts = compare(avant, scene.read_etat(url))
    with chrono.part("visite"):
        visite = subprocess.run(
            [sys.executable, "manage.py", *SHELL, VISITE], cwd=RACINE, env=scene.env, capture_output=True, text=True,
            check=False,
        ).stdout.split()  # fmt: skip
    attendus = damage(scene, url)
    vus = set(compare(avant, scene.read_etat(url)))
    return report(avant, ecarts, visite, taille, aveugle=sorted(attendus - vus))


def tell_parts(chrono: Chrono, acte: str, dit: str) -> None:
    for nom, secondes in PARTIE.findall(dit):
        chrono.tell(f"{acte}, {nom}", float(secondes))


def report(avant: Etat, ecarts: list[str], visite: list[str], taille: int, *, aveugle: list[str]) -> int:
    lignes = sum(valeur[0] for nom, valeur in avant.items() if nom.startswith("table "))
    tables = sum(nom.startswith("table ") for nom in avant)
    documents = sum(nom.startswith("document ") for nom in avant)
    sys.stdout.write(
        f"Sauvegardés {tables} tables, {lignes} lignes, {documents} documents, journal au rang {avant['journal'][0]}, "
        f"{taille / 1e6:.1f} Mo\nÉcarts {len(ecarts)}, pages {' '.join(visite)}\n"
    )
    for ecart in ecarts[:20]:
        sys.stdout.write(f"  {ecart}\n")
    if aveugle:
        sys.stdout.write(f"Le juge n'a pas vu ce qui a été changé exprès : {', '.join(aveugle)}.\n")
        return 2
    return 0 if not ecarts and set(visite) == {"200"} else 1
