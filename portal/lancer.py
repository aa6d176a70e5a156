"""The Python half of `./maillage`: one function per command; a failure is one French sentence and exit code 1."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from types import FrameType

from portal.lancement.chemins import COMPTES_DEMO, ETAT, JOURNAUX, RACINE
from portal.lancement.controles import check_disk, check_folder, check_port, end_leftovers, take_lock
from portal.lancement.modeles import ETAPES, is_empty, keep_base
from portal.lancement.options import Options, read_options
from portal.lancement.pannes import Panne, explain_oserror
from portal.lancement.preparation import prepare
from portal.lancement.processus import child_setup, stop_group
from portal.lancement.services import Services, open_services
from portal.lancement.superviseur import Superviseur


class Arret(BaseException):
    """Someone asked to stop while the portal was being prepared."""


class Signaux:
    """Ctrl-C, SIGTERM and SIGHUP: raise while preparing, count while watching (a clean-up is never interrupted)."""

    def __init__(self) -> None:
        self.demandes = 0
        self.lever = True
        for numero in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(numero, self.receive)

    def receive(self, numero: int, frame: FrameType | None) -> None:
        self.demandes += 1
        if self.lever:
            self.lever = False
            raise Arret


def build_speaker() -> Callable[[str], None]:
    debut = time.monotonic()

    def dire(phrase: str) -> None:
        with contextlib.suppress(OSError):  # the terminal may be gone
            sys.stdout.write(f"[{time.monotonic() - debut:5.1f} s] {phrase}\n")
            sys.stdout.flush()

    return dire


def announce(options: Options, services: Services, dire: Callable[[str], None]) -> None:
    """What a person needs to know once the portal answers."""
    dire(f"Portail prêt : {options.adresse}")
    lignes = []
    if options.demo and COMPTES_DEMO.exists():
        lignes += ["", COMPTES_DEMO.read_text().strip(), f"(gardés dans {COMPTES_DEMO})"]
    if services.base_embarquee:
        lignes += ["", "Base embarquée, pour essayer, développer et tester ; en production : docs/exploitation.md."]
    if not os.environ.get("MAILLAGE_ANTIVIRUS"):
        lignes += [
            "",
            "Sans antivirus : documents déposés non analysés, les agents seuls les téléchargent.",
        ]
    if options.ouvert:
        lignes += [
            "",
            "Attention : le portail est ouvert à d'autres machines, en HTTP simple et sans serveur frontal.",
        ]
    lignes += [f"Journaux : {JOURNAUX}. Ctrl-C arrête tout.", ""]
    sys.stdout.write("\n".join(lignes))
    sys.stdout.flush()


def run(arguments: Sequence[str]) -> int:
    """Prepare and hold the portal until asked to stop. Raises Panne."""
    signaux = Signaux()
    dire = build_speaker()
    options = read_options(arguments)
    os.umask(0o077)
    check_folder()
    with take_lock():
        end_leftovers()
        check_port(options.bind, options.port)
        check_disk(deja_prepare=ETAT.exists())
        services = Services()
        superviseur = Superviseur(options, services, dire, lambda: signaux.demandes)
        try:
            services.start(dire)
            prepare(options, services, dire)
            signaux.lever = False
            superviseur.start()
            if superviseur.wait_until_ready():
                announce(options, services, dire)
                superviseur.watch()
        except Arret:
            pass
        finally:
            signaux.lever = False
            if signaux.demandes:
                dire("Arrêt en cours…")
            superviseur.stop()
            services.stop()
    dire("Tout est arrêté")
    return 0


def run_with_services(commande: list[str]) -> int:
    """One command with the database and the queue of this folder. Returns its exit code."""
    with open_services(lambda phrase: None) as env:
        processus = subprocess.Popen(commande, cwd=RACINE, env=env)  # noqa: S603
        while True:
            try:
                return processus.wait()
            except KeyboardInterrupt:  # the child received it too: let it end by itself
                continue


def manage(arguments: Sequence[str]) -> int:
    return run_with_services([sys.executable, "manage.py", *arguments])


def keep_new(services: Services) -> Callable[[str], None]:
    """A base that was empty is kept after the steps from which other measures and the tests begin."""
    adresse = services.env["DATABASE_URL"]
    etapes = {commandes[-1][0]: nom for nom, commandes in ETAPES.items()} if is_empty(adresse) else {}

    def keep(commande: str) -> None:
        if nom := etapes.get(commande):
            keep_base(nom, adresse)

    return keep


def bench(arguments: Sequence[str]) -> int:
    """The measures of bench/, on the prepared database of this folder."""
    dire = build_speaker()
    signaux = Signaux()
    check_folder()
    with take_lock():
        end_leftovers()
        services = Services()
        try:
            services.start(dire)
            if services.base_embarquee:  # a database given to us is measured as it is
                prepare(Options(), services, dire, keep_new(services))
            commande = [str(RACINE / "bench" / "run"), *arguments]
            env = services.env | {"PATH": f"{RACINE / '.venv' / 'bin'}{os.pathsep}{services.env.get('PATH', '')}"}
            processus = subprocess.Popen(commande, cwd=RACINE, env=env, preexec_fn=child_setup())  # noqa: S603
            try:
                return processus.wait()
            finally:
                stop_group(processus, signal.SIGTERM, 10)
        except Arret:
            return 130
        finally:
            signaux.lever = False
            services.stop()


def drill(arguments: Sequence[str]) -> int:
    """Kill at random, then count. The drill has its own servers: those of this folder are left alone."""
    commande = [sys.executable, str(RACINE / "tests" / "drills" / "tuer.py"), *arguments]
    processus = subprocess.Popen(commande, cwd=RACINE, preexec_fn=child_setup())  # noqa: S603
    signaux = Signaux()
    try:
        return processus.wait()
    except Arret:
        return 130
    finally:
        signaux.lever = False
        stop_group(processus, signal.SIGTERM, 10)


def check(arguments: Sequence[str]) -> int:
    return subprocess.call([sys.executable, "-m", "portal.lancement.verifier", "check", *arguments], cwd=RACINE)  # noqa: S603


def fix(arguments: Sequence[str]) -> int:
    return subprocess.call([sys.executable, "-m", "portal.lancement.verifier", "fix", *arguments], cwd=RACINE)  # noqa: S603


COMMANDES: dict[str, Callable[[Sequence[str]], int]] = {
    "run": run,
    "manage": manage,
    "bench": bench,
    "drill": drill,
    "check": check,
    "fix": fix,
}


def main(arguments: Sequence[str]) -> int:
    try:
        return COMMANDES[arguments[0]](arguments[1:])
    except Panne as panne:
        sys.stderr.write(f"✗ {panne}\n")
    except OSError as erreur:
        sys.stderr.write(f"✗ {explain_oserror(erreur, 'le portail')}\n")
    except (KeyboardInterrupt, Arret):
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
