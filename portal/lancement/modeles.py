"""Bases kept as files under `.var/`: the migrations and the demonstration are played once, then put back in seconds.

Tests, drills and measures begin from them; `./maillage run` never does. A file serves while nothing that could have
made it otherwise has changed: the code, the lock, the server, the day of the demonstration.
"""

import contextlib
import datetime
import fcntl
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg2
from psycopg2.extensions import make_dsn, parse_dsn

from portal.embarque import find_postgres_bin
from portal.lancement.chemins import RACINE, VAR

MODELES = VAR / "modeles"
MIGREE, DEMONSTRATION = "migree", "demonstration"
ETAPES = {
    MIGREE: [["migrate", "--noinput", "-v", "0"]],
    DEMONSTRATION: [["load_referentiel"], ["load_objectifs"], ["load_demonstration"]],
}
GARDES = 3
PAQUETS = ("portal", "zonage", "cpts", "aides", "prevention")
IGNORES = ("__pycache__", "templates", "static")
APRES = (RACINE / "portal" / "core" / "apps.py", RACINE / "portal" / "settings" / "base.py")
"""What `migrate` does after the migrations: the grants of the role of the web."""
IMPORT = re.compile(rf"^(?:from|import) ((?:{'|'.join(PAQUETS)})\.[\w.]+)", re.MULTILINE)
# The only thing of ours that belongs to the server and not to the base (portal.core migration 0008).
ROLE = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'maillage_web') THEN
        CREATE ROLE maillage_web NOLOGIN;
        GRANT maillage_web TO CURRENT_USER;
    END IF;
END $$
"""


def list_sources(nom: str) -> list[Path]:
    """What may change the base: for the migrations, themselves and what they import; for the rest, everything."""
    if nom == MIGREE:
        return _follow_imports([*RACINE.glob("*/migrations/*.py"), *RACINE.glob("portal/*/migrations/*.py"), *APRES])
    tous = (fichier for paquet in PAQUETS for fichier in (RACINE / paquet).rglob("*"))
    return sorted(fichier for fichier in tous if fichier.is_file() and not set(IGNORES) & set(fichier.parts))


def _follow_imports(departs: list[Path]) -> list[Path]:
    vus: set[Path] = set()
    a_lire = departs
    while a_lire:
        fichier = a_lire.pop()
        if fichier not in vus:
            vus.add(fichier)
            modules = [RACINE / trouve[1].replace(".", "/") for trouve in IMPORT.finditer(fichier.read_text())]
            lieux = (lieu for module in modules for lieu in (module.with_suffix(".py"), module / "__init__.py"))
            a_lire += [lieu for lieu in lieux if lieu.exists()]
    return sorted(vus)


def find_modele(nom: str, url: str) -> Path:
    """Where it is kept, or would be, for the server and the account of `url`."""
    somme = hashlib.sha256(f"{datetime.date.today()}\n".encode() if nom == DEMONSTRATION else b"")  # noqa: DTZ011
    with contextlib.closing(psycopg2.connect(url)) as connexion:
        somme.update(f"{connexion.server_version // 10_000} {connexion.info.user}\n".encode())
    for fichier in (RACINE / "requirements.txt", *list_sources(nom)):
        somme.update(f"{fichier.relative_to(RACINE)}\n".encode() + fichier.read_bytes())
    return MODELES / f"{nom}-{somme.hexdigest()[:20]}.dump"


@contextlib.contextmanager
def taking_turns(nom: str) -> Iterator[None]:
    """One process at a time makes a base; those that wait find it made."""
    MODELES.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (MODELES / f"{nom}.verrou").open("w") as verrou:
        fcntl.flock(verrou, fcntl.LOCK_EX)
        yield


def is_empty(url: str) -> bool:
    with contextlib.closing(psycopg2.connect(url)) as connexion, connexion.cursor() as curseur:
        curseur.execute("SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace LIMIT 1")
        return not curseur.rowcount


def fill_base(nom: str, url: str, env: Mapping[str, str] | None = None) -> None:
    """The empty base of `url` becomes the one of that name. Raises CalledProcessError."""
    modele = find_modele(nom, url)
    if not modele.exists():
        with taking_turns(nom):
            if not modele.exists():
                _play(nom, url, env)
                _write(url, modele)
                return
    restore_base(modele, url)


def _play(nom: str, url: str, env: Mapping[str, str] | None) -> None:
    if nom != MIGREE:
        fill_base(MIGREE, url, env)
    defaut = {"DJANGO_SETTINGS_MODULE": "portal.settings.dev", "REDIS_URL": "redis://127.0.0.1:1/0"}
    for commande in ETAPES[nom]:
        subprocess.run(  # noqa: S603 - our own words
            [sys.executable, "-W", "ignore", "manage.py", *commande],
            cwd=RACINE,
            env=defaut | dict(os.environ if env is None else env) | {"DATABASE_URL": url},
            check=True,
            stdout=subprocess.DEVNULL,
        )


def keep_base(nom: str, url: str) -> None:
    """Keep the base of `url`, which somebody else has just filled with the steps of that name."""
    modele = find_modele(nom, url)
    with taking_turns(nom):
        if not modele.exists():
            _write(url, modele)


def _write(url: str, modele: Path) -> None:
    """Without PostgreSQL's own tools nothing is kept: the next ones play the steps again."""
    outil = find_postgres_bin() / "pg_dump"
    if not outil.exists():
        return
    with tempfile.TemporaryDirectory(dir=MODELES) as dossier:
        essai = Path(dossier, modele.name)
        base, env = _hide_secret(url)
        commande: list[str | Path] = [outil, "--format=custom", "--compress=1", "--file", essai, base]
        if subprocess.run(commande, env=env, capture_output=True, check=False).returncode == 0:  # noqa: S603
            essai.rename(modele)
            nom = modele.name.split("-")[0]
            gardes = sorted(MODELES.glob(f"{nom}-*.dump"), key=lambda garde: garde.stat().st_mtime)
            for ancien in gardes[:-GARDES]:  # not the last ones: another process may be reading them
                ancien.unlink(missing_ok=True)


def _hide_secret(url: str) -> tuple[str, dict[str, str]]:
    """A password goes by the environment: everybody reads the words of a command."""
    mots = parse_dsn(url)
    secret = mots.pop("password", None)
    return make_dsn(**mots), os.environ | ({"PGPASSWORD": secret} if secret else {})


def restore_base(modele: Path, url: str) -> None:
    with taking_turns("role"), contextlib.closing(psycopg2.connect(url)) as connexion, connexion:
        connexion.cursor().execute(ROLE)
    base, env = _hide_secret(url)
    commande: list[str | Path] = [
        find_postgres_bin() / "pg_restore",
        "--no-owner",
        "--exit-on-error",
        "--dbname",
        base,
    ]
    subprocess.run([*commande, modele], env=env, check=True)  # noqa: S603
    with contextlib.closing(psycopg2.connect(url)) as connexion, connexion:
        connexion.cursor().execute("ANALYZE")
