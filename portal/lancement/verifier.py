"""`./maillage check` and `./maillage fix`: every tool of the house, cheapest first, then the tests.

A failure does not stop the next step: one run says everything there is to mend.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from portal.embarque import Postgres, Valkey
from portal.lancement.chemins import RACINE
from portal.lancement.deploiement import check_deployment
from portal.lancement.pannes import Panne

BIN = Path(sys.executable).parent
# request.META stays where every answer reads it: request.headers builds a whole mapping first.
DJANGO = ("--target-version", "5.2")
DE_FRONT = 2
"""Tools at a time: each takes one processor."""
SANS_ENTETES = ("--skip", "request_headers")


@dataclass(frozen=True, slots=True)
class Etape:
    """One tool: what it holds, how it is called, and what its environment changes."""

    nom: str
    commande: list[str]
    env: dict[str, str] = field(default_factory=dict)


def list_files(suffixe: str) -> list[str]:
    """The files of the project with this suffix, new ones included, those that git ignores left out."""
    commande = ["git", "ls-files", "--cached", "--others", "--exclude-standard", f"*{suffixe}"]
    fini = subprocess.run(commande, cwd=RACINE, capture_output=True, text=True, check=False)  # noqa: S603
    if fini.returncode:
        raise Panne(
            "« check » lit la liste des fichiers dans git : lancez-le dans un clone du projet, avec git installé."
        )
    return sorted(nom for nom in set(fini.stdout.splitlines()) if (RACINE / nom).is_file())


def outil(nom: str, *arguments: str) -> list[str]:
    return [str(BIN / nom), *arguments]


def gestion(*arguments: str) -> list[str]:
    return [sys.executable, "-W", "ignore", "manage.py", *arguments]


def production_env() -> dict[str, str]:
    """A plausible production, with a secret of this run: `check --deploy` reads it and nothing is started."""
    return {
        "DJANGO_SETTINGS_MODULE": "portal.settings.prod",
        "DJANGO_SECRET_KEY": secrets.token_urlsafe(64),
        "DJANGO_ALLOWED_HOSTS": "portail.exemple.fr",
    }


def list_steps() -> Iterator[Etape]:
    """Cheapest first."""
    code = [nom for nom in list_files(".py") if "/migrations/" not in nom]
    gabarits = [nom for nom in list_files(".html") if "templates/" in nom]
    yaml = [*list_files(".yaml"), *list_files(".yml"), ".yamllint"]
    yield Etape("format du code (ruff)", outil("ruff", "format", "--check", "--quiet", "."))
    yield Etape("règles du code (ruff)", outil("ruff", "check", "--quiet", "."))
    yield Etape("format des gabarits (djade)", outil("djade", "--check", *DJANGO, *gabarits))
    yield Etape("YAML (yamllint)", outil("yamllint", "--strict", *yaml))
    yield Etape("Django moderne (django-upgrade)", outil("django-upgrade", "--check", *DJANGO, *SANS_ENTETES, *code))
    yield Etape("fichiers de déploiement", [sys.executable, "-m", "portal.lancement.verifier", "deploiement"])
    yield Etape("architecture (import-linter)", outil("lint-imports", "--no-cache"))
    yield Etape("gabarits (djlint)", outil("djlint", "templates", "--lint", "--quiet"))
    yield Etape("migrations à jour, une seule ligne", gestion("makemigrations", "--check", "--dry-run"))
    yield Etape(
        "migrations sans danger",
        gestion("lintmigrations", "--no-cache", "--exclude-apps", *TIERCES, *SUR_NEUVE, "--quiet", "ok"),
        OUTILS,
    )
    deploy = gestion("check", "--deploy", "--fail-level", "WARNING")
    yield Etape("réglages de production (check --deploy)", deploy, production_env())
    yield Etape("types (mypy)", outil("mypy"))


# The migrations of the packages are theirs to answer for.
TIERCES = ("dsfr", "axes", "otp_static", "otp_totp", "pghistory")
# Written in SQL on a table of the same release: the linter reads the body of its trigger as changes of columns.
SUR_NEUVE = ("--ignore-name", "0009_etats", "0006_etapes", "0008_missions", "0009_structures")
OUTILS = {"DJANGO_SETTINGS_MODULE": "portal.settings.outils"}


def run_step(etape: Etape, env: dict[str, str]) -> bool:
    """Run one tool; its words are shown only when it has something to say against the code."""
    debut = time.monotonic()
    fini = subprocess.run(  # noqa: S603
        etape.commande, cwd=RACINE, env=env | etape.env, capture_output=True, text=True, check=False
    )
    juste = fini.returncode == 0
    dit = f"{'✓' if juste else '✗'} {etape.nom} ({time.monotonic() - debut:.1f} s)\n"
    sys.stdout.write(dit if juste else f"{dit}{fini.stdout}{fini.stderr}\n")
    sys.stdout.flush()
    return juste


def check_all(arguments: Sequence[str]) -> int:
    """Every step on a throw-away database, then the tests unless `--sans-tests`. Returns the exit code."""
    dossier = Path(tempfile.mkdtemp(prefix="maillage-check-"))
    postgres, valkey = Postgres(dossier, jetable=True), Valkey(dossier, jetable=True)
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "portal.settings.test", "COLUMNS": "160"}
    try:
        adresses = {"DATABASE_URL": postgres.start(), "REDIS_URL": valkey.start()}
        etapes = list(list_steps())
        with ThreadPoolExecutor(DE_FRONT) as ouvriers:
            justes = list(ouvriers.map(lambda etape: run_step(etape, env | adresses), etapes))
        refus = [etape.nom for etape, juste in zip(etapes, justes, strict=True) if not juste]
    finally:
        valkey.stop()
        postgres.stop()
        shutil.rmtree(dossier, ignore_errors=True)
    if "--sans-tests" not in arguments:
        reste = [argument for argument in arguments if argument != "--sans-tests"]
        if subprocess.call([sys.executable, "-m", "pytest", *reste], cwd=RACINE):  # noqa: S603
            refus.append("tests (pytest)")
    sys.stdout.write(f"✗ À corriger : {', '.join(refus)}\n" if refus else "✓ Tout est en ordre\n")
    return 1 if refus else 0


def fix_all() -> int:
    """Put in shape all that a tool can put in shape."""
    code = [nom for nom in list_files(".py") if "/migrations/" not in nom]
    gabarits = [nom for nom in list_files(".html") if "templates/" in nom]
    commandes = [
        outil("django-upgrade", "--exit-zero-even-if-changed", *DJANGO, *SANS_ENTETES, *code),
        outil("ruff", "check", "--fix", "--quiet", "."),
        outil("ruff", "format", "--quiet", "."),
        outil("djade", *DJANGO, *gabarits),
    ]
    for commande in commandes:
        subprocess.call(commande, cwd=RACINE)  # noqa: S603
    return 0


def main(arguments: Sequence[str]) -> int:
    try:
        match arguments[0]:
            case "check":
                return check_all(arguments[1:])
            case "deploiement":
                defauts = list(check_deployment())
                sys.stdout.write("".join(f"{defaut}\n" for defaut in defauts))
                return 1 if defauts else 0
            case _:
                return fix_all()
    except Panne as panne:
        sys.stderr.write(f"✗ {panne}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
