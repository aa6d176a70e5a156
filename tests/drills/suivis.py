"""Follow-ups are filed, arrêtés are published, everything is killed; then every promise is looked for.

Run by `tests/drills/tuer.py`. The actors are in acteurs.py, the reader in lecteur.py, the judgement in bilan.py.
"""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from tests.drills.lecteur import FIN, Lecteur, Temoin
from tests.drills.scene import SHELL, Scene

REGLAGES = "tests.drills.reglages"
COUPLES = [
    ["94", "medecin"],
    ["27", "medecin"],
    ["53", "infirmier"],
    ["24", "masseur_kinesitherapeute"],
    ["01", "sage_femme"],
    ["94", "chirurgien_dentiste"],
]
COUPLES_BREFS = [["94", "medecin"], ["01", "infirmier"], ["02", "medecin"]]
PART_MAX = 4.0  # seconds that a kill waits for its share of the filing
ECOULEMENT_MAX = 60.0
IMMOBILE_MAX = 60.0
IMMOBILE_TEMOIN = 8.0
RESTE = """
SELECT count(*) FILTER (WHERE statut IN ('a_envoyer', 'envoye')
                          AND tache NOT IN ('core.battement', 'core.purge', 'aides.eligibilite_jour',
                                            'aides.suivi_jour')),
       count(*) FILTER (WHERE statut = 'fait') FROM core_envoi
"""


@dataclass(frozen=True, slots=True)
class Mesure:
    """How much of everything."""

    graine: int
    coups: int = 60
    suivis: int = 2000
    debit: float = 9.0
    periode: float = 5.0
    entier: bool = True

    @classmethod
    def choose(cls, graine: int, *, quick: bool, coups: int | None, suivis: int | None) -> "Mesure":
        if quick:
            return cls(graine, coups or 6, suivis or 100, debit=8.0, periode=1.2, entier=False)
        return cls(graine, coups or 60, suivis or 2000)

    @property
    def couples(self) -> list[list[str]]:
        return COUPLES if self.entier else COUPLES_BREFS


class SceneSuivis(Scene):
    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.outbox:
            self.env["MAILLAGE_TACHES"] = "tests.drills.temoin"

    def prepare(self, mesure: Mesure) -> None:
        self.migrate()
        code = "from tests.drills.preparation import prepare; "
        self.manage(
            "shell",
            "-v",
            "0",
            "-c",
            f"{code}prepare({str(self.dossier)!r}, {mesure.couples!r}, entier={mesure.entier})",
        )
        self.plan = json.loads((self.dossier / "plan.json").read_text())

    def play(self, mesure: Mesure) -> None:
        temoin = "" if self.outbox else "import tests.drills.temoin; "
        arguments = f"{str(self.dossier)!r}, {mesure.suivis}, {mesure.debit}, {mesure.periode}, {mesure.graine}"
        self.act("acteurs", f"{temoin}from tests.drills.acteurs import play; play({arguments})")

    def read_reader(self) -> Lecteur:
        couples = self.plan["couples"]
        valeurs = {"regions": [r for r, _ in couples], "professions": [p for _, p in couples]}
        valeurs["jour"] = self.plan["jour"]
        return Lecteur(self.url, valeurs, Temoin(self.plan["offres"], self.plan["zones"]))

    def count_acts(self) -> Counter:
        chemin = self.dossier / "acquittes"
        lignes = chemin.read_text().splitlines() if chemin.exists() else []
        return Counter(json.loads(ligne)["genre"] for ligne in lignes if ligne.endswith("}"))

    def wait(self, fini: Callable[[], bool], progres: Callable[[], object], immobile: float) -> bool:
        """Whether the end came; given up after `immobile` seconds during which nothing moved."""
        vu, dernier = progres(), time.monotonic()
        while not fini():
            self.tend(0.3)
            lu = progres()
            if lu != vu:
                vu, dernier = lu, time.monotonic()
            if time.monotonic() - dernier > immobile:
                return False
        return True

    def is_drained(self, suivis: int) -> bool:
        actes = self.count_acts()
        if actes["depot"] < suivis or not actes["fin"] or actes["confirmation"] < actes["depot"]:
            return False
        return not self.query(RESTE)[0][0]

    def progress(self) -> tuple[object, ...]:
        return (tuple(sorted(self.count_acts().items())), self.query(RESTE)[0][1])


def run(scene: SceneSuivis, mesure: Mesure) -> int:
    debut = time.monotonic()
    scene.prepare(mesure)
    tell(f"Territoire, états permis : {time.monotonic() - debut:.0f} s")
    for programme in scene.programmes:
        programme.start()
    lecteur = scene.read_reader()
    scene.play(mesure)
    if not scene.wait(lambda: scene.count_acts()["confirmation"] >= 3, lambda: None, 120):
        tell(f"Rien ne démarre.\n{scene.read_logs()}")
        return 2
    lecteur.start()
    debut = time.monotonic()
    kill_all(scene, mesure)
    dernier = time.monotonic()
    (scene.dossier / FIN).touch()
    immobile = IMMOBILE_MAX if scene.outbox else IMMOBILE_TEMOIN  # nobody sends again what the control lost
    scene.wait(lambda: scene.is_drained(mesure.suivis), scene.progress, immobile)
    ecoulement = time.monotonic() - dernier
    lecteur.close()
    for programme in [*scene.acteurs, *scene.programmes]:
        programme.kill()
    scene.manage(*SHELL, f"from tests.drills.bilan import write_bilan; write_bilan({str(scene.dossier)!r})")
    return report(scene, mesure, lecteur.temoin, dernier - debut, ecoulement)


def kill_all(scene: SceneSuivis, mesure: Mesure) -> None:
    """Spread over the filing, whatever its pace: a kill each time that its share is filed, or soon after."""
    for rang, sorte in enumerate(scene.list_kinds(mesure.coups)):
        limite = time.monotonic() + PART_MAX
        part = (rang + 0.5) / mesure.coups * mesure.suivis
        while scene.count_acts()["depot"] < part and time.monotonic() < limite:
            scene.tend(0.1)
        scene.strike(sorte)
        scene.tend(scene.alea.uniform(0.2, 2.0))


def report(scene: SceneSuivis, mesure: Mesure, temoin: Temoin, duree: float, ecoulement: float) -> int:
    bilan = json.loads((scene.dossier / "bilan.json").read_text())
    manques, chiffres = bilan["manques"], bilan["chiffres"]
    perdus = sum(len(liste) for liste in manques.values())
    charge = " ".join(f"{valeur:.0f}" for valeur in os.getloadavg())
    coups = dict(sorted(scene.coups.items()))
    tell(f"Graine {mesure.graine}, {sum(coups.values())} coups en {duree:.0f} s : {coups}")
    tell(", ".join(f"{nom} {nombre}" for nom, nombre in chiffres.items()))
    tell(
        f"Lectures {temoin.lectures}, états différents {len(temoin.etats)}, calculs vus {len(temoin.timbres)}, "
        f"mélanges {len(temoin.melanges)}"
    )
    tell(f"Perdus {perdus}, en double {chiffres['en double']}, écoulé en {ecoulement:.1f} s (charge {charge})")
    sys.stdout.write(scene.describe_exits())
    if not scene.outbox:
        return judge_control(perdus)
    fautes = {nom: liste for nom, liste in manques.items() if liste}
    for nom, liste in fautes.items():
        tell(f"  {nom} : {len(liste)}, dont {'; '.join(map(str, liste[:5]))}")
    for melange in temoin.melanges[:5]:
        tell(f"  mélange : {melange}")
    lu = len(temoin.etats) > 1
    if not lu:
        tell("  le lecteur n'a vu qu'un état : rien n'est prouvé")
    tard = mesure.entier and ecoulement > ECOULEMENT_MAX
    if tard:
        tell(f"  l'écoulement a dépassé {ECOULEMENT_MAX:.0f} s")
    if fautes or temoin.melanges or chiffres["en double"] or not lu:
        sys.stdout.write(scene.read_logs())
        return 1
    return int(tard)


def judge_control(perdus: int) -> int:
    fin = "il perd, comme prévu" if perdus else "il ne perd rien : l'exercice ne prouve rien"
    tell(f"Témoin sans outbox : {fin}")
    return 0 if perdus else 1


def tell(phrase: str) -> None:
    sys.stdout.write(f"{phrase}\n")
    sys.stdout.flush()
