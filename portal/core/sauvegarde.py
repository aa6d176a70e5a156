"""A backup that proves itself: the dump, the documents, and what each of them must be once restored (docs/adr/0216).

The manifest is written last: a backup without it was cut short. Nothing is touched by a restore before every byte of
the backup was read and found as the manifest says, and the target base is empty.
"""

import hashlib
import json
import logging
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from portal.core.ceinture import ROLE_WEB
from portal.core.octrois import read_octrois
from portal.core.stockage import DOCUMENTS

MANIFESTE, BASE = "manifeste.json", "base.dump"
FORMAT = 1
journal = logging.getLogger("maillage.sauvegarde")
TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname"
# The sum does not depend on the order of the rows, which a restore changes.
EMPREINTE = """SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM "{table}" t"""
GARDES = """
SELECT (SELECT count(*) FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
         WHERE NOT g.tgisinternal AND g.tgenabled = 'O' AND c.relnamespace = 'public'::regnamespace),
       (SELECT count(*) FROM pg_policy),
       (SELECT count(*) FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace),
       (SELECT count(*) FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND convalidated)
"""
NOMS_GARDES = ("déclencheurs", "politiques de lignes", "tables protégées", "contraintes")


@contextmanager
def part(nom: str) -> Iterator[None]:
    """Tell the operator, and the drill, how long each part took."""
    debut = time.monotonic()
    yield
    journal.info("sauvegarde : %s en %.1f s", nom, time.monotonic() - debut)


class SauvegardeRefusee(Exception):
    """The sentence says what is wrong and what to do; nothing was touched."""


def write_sauvegarde(dossier: Path) -> dict[str, Any]:
    """Dump the base and copy the documents, in a new folder. What is counted is what was dumped: one snapshot."""
    if dossier.exists() and any(dossier.iterdir()):
        raise SauvegardeRefusee(f"Le dossier {dossier} n'est pas vide : donnez-en un nouveau.")
    dossier.mkdir(parents=True, exist_ok=True, mode=0o700)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        instantane = cursor.fetchone()[0]
        with part("base copiée"):
            run_outil("pg_dump", "--format=custom", f"--snapshot={instantane}", f"--file={dossier / BASE}")
        with part("tables comptées"):
            etat = read_etat()
    with part("documents copiés"):
        documents = dict(_copy_documents(Path(settings.MEDIA_ROOT) / DOCUMENTS, dossier / DOCUMENTS))
    manifeste = {
        "format": FORMAT,
        "base": {"octets": (dossier / BASE).stat().st_size, "sha256": hash_fichier(dossier / BASE)},
        "documents": documents,
        **etat,
    }
    provisoire = dossier / f"{MANIFESTE}.tmp"
    provisoire.write_text(json.dumps(manifeste, indent=1, sort_keys=True), encoding="utf-8")
    provisoire.replace(dossier / MANIFESTE)
    return manifeste


def read_etat() -> dict[str, Any]:
    """What the base holds and what guards it: rows and content of each table, triggers, policies, privileges."""
    with connection.cursor() as cursor:
        cursor.execute("SET datestyle = 'ISO, DMY'")
        cursor.execute("SET extra_float_digits = 1")
        cursor.execute("SET timezone = 'UTC'")
        cursor.execute(TABLES)
        tables = {}
        for (table,) in cursor.fetchall():
            cursor.execute(EMPREINTE.format(table=table))
            tables[table] = list(cursor.fetchone())
        cursor.execute(GARDES)
        gardes = dict(zip(NOMS_GARDES, cursor.fetchone(), strict=True))
    return {"tables": tables, "gardes": gardes, "octrois": read_octrois()}


def check_sauvegarde(dossier: Path) -> dict[str, Any]:
    """Read every byte of it. Raises SauvegardeRefusee at the first that is not what the manifest says."""
    try:
        manifeste = json.loads((dossier / MANIFESTE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as erreur:
        raise SauvegardeRefusee(
            f"{dossier} n'a pas de manifeste lisible : la sauvegarde a été interrompue, prenez-en une autre."
        ) from erreur
    if not isinstance(manifeste, dict) or manifeste.get("format") != FORMAT:
        raise SauvegardeRefusee("Le manifeste n'est pas de cette version du portail : restaurez avec la sienne.")
    attendus = {BASE: manifeste["base"]["sha256"]} | {
        f"{DOCUMENTS}/{cle}": empreinte for cle, empreinte in manifeste["documents"].items()
    }
    for nom, empreinte in attendus.items():
        chemin = dossier / nom
        if not chemin.is_file() or chemin.is_symlink():
            raise SauvegardeRefusee(f"{nom} manque dans la sauvegarde : prenez-en une autre.")
        if hash_fichier(chemin) != empreinte:
            raise SauvegardeRefusee(
                f"{nom} n'est pas ce qui a été sauvegardé (tronqué ou changé) : prenez-en une autre."
            )
    run_outil("pg_restore", "--list", str(dossier / BASE), avec_base=False)
    return manifeste


def restore_sauvegarde(dossier: Path) -> list[str]:
    """Put it back in an empty base and an empty folder, then compare. Returns what differs: nothing, when all is well.

    Raises SauvegardeRefusee before anything is touched.
    """
    with part("sauvegarde relue"):
        manifeste = check_sauvegarde(dossier)
    media = Path(settings.MEDIA_ROOT) / DOCUMENTS
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        if cursor.fetchone():
            raise SauvegardeRefusee("La base de DATABASE_URL n'est pas vide : restaurez dans une base neuve.")
        if media.exists() and any(chemin.is_file() for chemin in media.rglob("*")):
            raise SauvegardeRefusee(f"{media} contient des documents : mettez-les de côté, puis relancez.")
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE_WEB])
        if not cursor.fetchone():
            cursor.execute(f"CREATE ROLE {ROLE_WEB} NOLOGIN")
            cursor.execute(f"GRANT {ROLE_WEB} TO CURRENT_USER")
    with part("base restaurée"):
        run_outil("pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", str(dossier / BASE))
    with part("documents restaurés"):
        for cle, _ in _copy_documents(dossier / DOCUMENTS, media):
            (media / cle).chmod(0o600)
    with part("tout comparé"):
        return compare(manifeste)


def compare(manifeste: Mapping[str, Any]) -> list[str]:
    """What the restored base and folder have that the manifest does not say, in sentences."""
    lu = read_etat()
    ecarts = [
        f"table {table} : {lu['tables'].get(table, ['absente'])[0]} lignes au lieu de {attendu[0]}"
        if lu["tables"].get(table, [None])[0] != attendu[0]
        else f"table {table} : contenu différent"
        for table, attendu in manifeste["tables"].items()
        if lu["tables"].get(table) != attendu
    ]
    for quoi in ("gardes", "octrois"):
        ecarts += [
            f"{nom} : {lu[quoi].get(nom)} au lieu de {attendu}"
            for nom, attendu in manifeste[quoi].items()
            if lu[quoi].get(nom) != attendu
        ]
    media = Path(settings.MEDIA_ROOT) / DOCUMENTS
    ecarts += [
        f"document {cle} : absent ou changé"
        for cle, empreinte in manifeste["documents"].items()
        if not (media / cle).is_file() or hash_fichier(media / cle) != empreinte
    ]
    return ecarts


def hash_fichier(chemin: Path) -> str:
    with chemin.open("rb") as fichier:
        return hashlib.file_digest(fichier, "sha256").hexdigest()


def run_outil(outil: str, *arguments: str, avec_base: bool = True) -> None:
    """One of PostgreSQL's own tools, at the base of the settings; its password goes by the environment."""
    programme = shutil.which(outil, path=os.pathsep.join([str(settings.MAILLAGE_PG_BIN), os.environ.get("PATH", "")]))
    if programme is None:
        raise SauvegardeRefusee(f"{outil} est introuvable : installez les outils de PostgreSQL (MAILLAGE_PG_BIN).")
    base = connection.get_connection_params()
    acces = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password"}
    env = os.environ | {nom: str(base[cle]) for nom, cle in acces.items() if base.get(cle)}
    nom = str(base.get("dbname") or base["database"])
    cible = {"pg_dump": [nom], "pg_restore": ["--dbname", nom]}[outil] if avec_base else []
    commande = [programme, *arguments, *cible]
    fini = subprocess.run(commande, env=env, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if fini.returncode:
        lignes = fini.stderr.strip().splitlines()
        raise SauvegardeRefusee(f"{outil} a échoué : {lignes[0] if lignes else fini.returncode}")


def _copy_documents(source: Path, cible: Path) -> Iterator[tuple[str, str]]:
    """Each file with its SHA-256, by key. A document that goes meanwhile is one that the dump may not name either."""
    cible.mkdir(parents=True, exist_ok=True, mode=0o700)
    for chemin in sorted(source.rglob("*")):
        if not chemin.is_file() or chemin.is_symlink() or chemin.suffix == ".tmp":
            continue
        cle = chemin.relative_to(source).as_posix()
        (cible / cle).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(chemin, cible / cle)
        yield cle, hash_fichier(cible / cle)
