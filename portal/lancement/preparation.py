"""Bring the database up to date: migrations, reference data, demonstration, official files."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from portal.lancement.chemins import COMPTES_DEMO, ETAT, RACINE
from portal.lancement.controles import is_disk_full
from portal.lancement.options import Options
from portal.lancement.pannes import Panne
from portal.lancement.processus import child_setup, stop_group
from portal.lancement.services import Dire, Services

APPS = ("portal/core", "portal/accounts", "zonage", "cpts", "aides", "prevention", "portal/pilotage")


def has_command(nom: str) -> bool:
    return any((RACINE / app / "management" / "commands" / f"{nom}.py").exists() for app in APPS)


def list_sources(options: Options) -> Iterator[Path]:
    """The files whose change asks for a new preparation."""
    for app in APPS:
        yield from sorted((RACINE / app / "migrations").glob("*.py"))
        yield from sorted((RACINE / app / "management" / "commands").glob("*.py"))
    yield from sorted((RACINE / "portal" / "pilotage" / "objectifs").glob("*.yaml"))
    yield from sorted(chemin for chemin in (RACINE / "zonage" / "referentiel").rglob("*") if chemin.is_file())


def compute_fingerprint(options: Options, services: Services) -> str:
    """What the database should hold: the code that fills it by content, the official files by name, size and date."""
    somme = hashlib.sha256(f"demo={options.demo}\n".encode())
    for fichier in list_sources(options):
        if fichier.suffix != ".pyc":
            somme.update(f"{fichier.relative_to(RACINE)}\n".encode() + fichier.read_bytes())
    if options.donnees:
        for fichier in sorted(chemin for chemin in options.donnees.rglob("*") if chemin.is_file()):
            infos = fichier.stat()
            somme.update(f"{fichier} {infos.st_size} {infos.st_mtime_ns}\n".encode())
    if services.postgres:
        somme.update(str((services.postgres.data / "PG_VERSION").stat().st_mtime_ns).encode())
    return somme.hexdigest()


def is_prepared(empreinte: str, services: Services) -> bool:
    """Only our own database can be trusted not to have changed while we were away."""
    if not services.base_embarquee:
        return False
    try:
        return bool(json.loads(ETAT.read_text()).get("empreinte") == empreinte)
    except (OSError, ValueError):
        return False


def run_command(services: Services, *arguments: str) -> None:
    """One management command, in sight of the person who waits. Raises Panne when it fails."""
    commande = [sys.executable, "manage.py", *arguments]
    processus = subprocess.Popen(commande, cwd=RACINE, env=services.env, preexec_fn=child_setup())  # noqa: S603
    try:
        code = processus.wait()
    except BaseException:
        stop_group(processus, 15, 10)  # type: ignore[arg-type]
        raise
    if code:
        if is_disk_full():
            raise Panne(
                f"Le disque est plein : « {arguments[0]} » n'a pas pu finir. Libérez de la place, puis relancez."
            )
        raise Panne(
            f"La préparation s'est arrêtée à « {arguments[0]} » (le message est ci-dessus). Corrigez, puis relancez."
        )


def list_steps(options: Options) -> Iterator[tuple[str, list[str]]]:
    """The sentence shown, then the command."""
    yield "Base de données : migrations", ["migrate", "--noinput", "--verbosity", "0"]
    if has_command("load_referentiel"):
        yield "Données de référence : communes, intercommunalités, contours", ["load_referentiel"]
    if has_command("load_objectifs"):
        yield "Objectifs que des textes fixent", ["load_objectifs"]
    if options.donnees and has_command("import_donnees"):
        yield f"Données officielles de {options.donnees}", ["import_donnees", str(options.donnees)]
    if options.demo:
        if has_command("load_demonstration"):
            yield "Zonage de démonstration", ["load_demonstration"]
        yield "Comptes de démonstration", ["create_demo_accounts", str(COMPTES_DEMO)]
    elif COMPTES_DEMO.exists():
        yield "Retrait des comptes de démonstration", ["create_demo_accounts", "--retirer", str(COMPTES_DEMO)]
    if has_command("rebuild_mesures"):
        yield "Chiffres du jour", ["rebuild_mesures"]


def prepare(
    options: Options, services: Services, dire: Dire, apres: Callable[[str], None] = lambda commande: None
) -> None:
    """Run the steps that are due. Each can be replayed: an interrupted start is simply started again.

    `apres` is told the command of each step that was run.
    """
    empreinte = compute_fingerprint(options, services)
    if is_prepared(empreinte, services):
        dire("Base déjà à jour")
        return
    ETAT.unlink(missing_ok=True)
    for phrase, commande in list_steps(options):
        dire(f"{phrase}…")
        run_command(services, *commande)
        apres(commande[0])
    ETAT.write_text(json.dumps({"empreinte": empreinte}))
