"""Kill everything, again and again, while acts are filed: what was acknowledged is done, once.

    python tests/drills/tuer.py [--acte suivis|simple|pannes|restauration] [--quick] [--coups 60] [--graine N]
                                [--sans-outbox]

Its own PostgreSQL, its own Valkey without persistence, relay, worker and producer, in a folder erased at the end.
`suivis`: real follow-ups and arrêtés (tests/drills/suivis.py); `simple`: the outbox alone, with the smallest of acts;
`pannes`: nothing is killed but the queue freezes, then the base stops, under readers (tests/drills/web.py).
`restauration`: the server and the documents are lost, then restored and compared (tests/drills/restauration.py).
`--sans-outbox` is the control: tasks sent once, straight to the queue. It must lose at least one, or the drill proves
nothing and says so.
"""

import argparse
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

RACINE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(RACINE))

from tests.drills import restauration, suivis, web  # noqa: E402
from tests.drills.scene import Scene  # noqa: E402

IMMOBILE_MAX = 60.0  # seconds without any new effect: what is not done by then is lost
MODULE = "tests.drills.exercice"
ACTES = ["suivis", "simple", "pannes", "restauration"]
TABLES = (
    "CREATE TABLE exercice_acte (numero int PRIMARY KEY);"
    "CREATE TABLE exercice_effet (numero int NOT NULL, le timestamptz NOT NULL DEFAULT now())"
)


class Exercice(Scene):
    """The smallest act: a row, and its effect."""

    def prepare(self) -> None:
        self.manage("migrate", "core", "-v0")
        self.query(TABLES)
        self.acquittes = self.dossier / "acquittes"

    def produce(self, debit: float, graine: int) -> None:
        fonction = "file_act" if self.outbox else "file_act_without_outbox"
        self.act(
            "producteur",
            f"from {MODULE} import {fonction}, produce; "
            f"produce({str(self.acquittes)!r}, {debit}, {fonction}, {graine})",
        )

    def acknowledged(self) -> set[int]:
        return {int(ligne) for ligne in self.acquittes.read_text().split()} if self.acquittes.exists() else set()

    def done(self) -> set[int]:
        return {ligne[0] for ligne in self.query("SELECT numero FROM exercice_effet")}

    def wait_for(self, nombre: int, immobile: float) -> bool:
        """Whether that many acts have had their effect. Given up after `immobile` seconds without a new one."""
        faits, dernier = -1, time.monotonic()
        while time.monotonic() - dernier < immobile:
            self.tend(0.2)
            lus = len(self.done() & self.acknowledged())
            if lus >= nombre:
                return True
            if lus > faits:
                faits, dernier = lus, time.monotonic()
        return False


def run(exercice: Exercice, nombre: int, debit: float, graine: int) -> int:
    exercice.prepare()
    for programme in exercice.programmes:
        programme.start()
    exercice.produce(debit, graine)
    if not exercice.wait_for(5, 60):
        sys.stdout.write(f"Rien ne démarre.\n{exercice.read_logs()}")
        return 2
    debut = time.monotonic()
    for sorte in exercice.list_kinds(nombre):
        exercice.strike(sorte)
        exercice.tend(exercice.alea.uniform(0.4, 3.0))
    duree = time.monotonic() - debut
    exercice.acteurs[0].kill()
    acquittes = exercice.acknowledged()
    fin = time.monotonic()
    exercice.wait_for(len(acquittes), IMMOBILE_MAX if exercice.outbox else 10)
    return report(exercice, acquittes, duree, time.monotonic() - fin, graine)


def report(exercice: Exercice, acquittes: set[int], duree: float, ecoulement: float, graine: int) -> int:
    effets = Counter(ligne[0] for ligne in exercice.query("SELECT numero FROM exercice_effet"))
    deposes = {ligne[0] for ligne in exercice.query("SELECT numero FROM exercice_acte")}
    perdus = acquittes - set(effets)
    doubles = {numero: fois for numero, fois in effets.items() if fois > 1}
    disparus = acquittes - deposes
    sys.stdout.write(
        f"Graine {graine}, {sum(exercice.coups.values())} coups en {duree:.0f} s : "
        f"{dict(sorted(exercice.coups.items()))}\n"
        f"Acquittés {len(acquittes)}, enregistrés {len(deposes)}, effets {sum(effets.values())}, "
        f"perdus {len(perdus | disparus)}, en double {len(doubles)}, écoulé en {ecoulement:.1f} s\n"
        f"{exercice.describe_exits()}"
    )
    if not exercice.outbox:
        return suivis.judge_control(len(perdus))
    if not (perdus or doubles or disparus):
        return 0
    etats = exercice.query(
        "SELECT statut, erreur, max(tentatives), count(*) FROM core_envoi GROUP BY 1, 2 ORDER BY 1, 2"
    )
    sys.stdout.write("".join(f"  {etat}\n" for etat in etats) + exercice.read_logs())
    return 1


def main(arguments: Sequence[str]) -> int:
    analyseur = argparse.ArgumentParser(prog="tuer", description="Tue tout, et compte ce qui manque.")
    analyseur.add_argument("--acte", choices=ACTES, default="suivis", help="(suivis)")
    analyseur.add_argument("--coups", type=int, default=None, help="nombre de morts (60)")
    analyseur.add_argument("--quick", action="store_true", help="en bref, sur un petit territoire")
    analyseur.add_argument("--graine", type=int, default=None, help="graine du hasard (tirée)")
    analyseur.add_argument("--debit", type=float, default=25.0, help="actes par seconde, acte simple (25)")
    analyseur.add_argument("--suivis", type=int, default=None, help="suivis déposés (2000)")
    analyseur.add_argument("--sans-outbox", action="store_true", help="le témoin, qui doit perdre")
    lus = analyseur.parse_args(arguments)
    graine = lus.graine if lus.graine is not None else random.SystemRandom().randrange(10**6)
    dossier = Path(tempfile.mkdtemp(prefix="maillage-exercice-"))
    scene: Scene | None = None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the folder is erased
    try:
        alea = random.Random(graine)
        if lus.acte == "simple":
            scene = Exercice(dossier, alea, outbox=not lus.sans_outbox, taches=MODULE)
            return run(scene, lus.coups or (6 if lus.quick else 60), lus.debit, graine)
        if lus.acte == "pannes":
            scene = web.ScenePannes(dossier, alea, reglages=suivis.REGLAGES)
            return web.run(scene, quick=lus.quick)
        if lus.acte == "restauration":
            scene = restauration.SceneRestauration(dossier, alea)
            return restauration.run(scene, quick=lus.quick)
        scene = suivis.SceneSuivis(dossier, alea, outbox=not lus.sans_outbox, reglages=suivis.REGLAGES)
        mesure = suivis.Mesure.choose(graine, quick=lus.quick, coups=lus.coups, suivis=lus.suivis)
        return suivis.run(scene, mesure)
    finally:
        if scene is not None:
            scene.stop()
        shutil.rmtree(dossier, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
