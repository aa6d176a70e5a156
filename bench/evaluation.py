"""One evaluation of every open scheme, with its proof, against the same rules interpreted from their YAML each time.

The peer is what one would write first: walk the dictionaries that YAML gave, follow the names, read days and facts as
they come, return a verdict and a proof as dictionaries. Both sides see the same persons in the same run, in turn, and
must give the same verdicts. Then what one scheme costs, explained: verdict, proof, amount and what is
still to be asked. Prints one line a goal, exits 1 on a FAIL. `--quick`: fewer persons, a looser goal.
"""

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

RACINE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RACINE))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.dev")

import django  # noqa: E402 (the folder of the project comes first)

django.setup()

from aides.catalogue import DOSSIER, national  # noqa: E402
from aides.regles.calendrier import add_mois  # noqa: E402
from aides.regles.evaluation import evaluate, evaluate_all  # noqa: E402
from aides.regles.faits import FAITS  # noqa: E402
from aides.regles.lecteur import open_contexte  # noqa: E402
from aides.regles.situation import Locaux, Situation, ZoneLue  # noqa: E402
from aides.regles.valeurs import sample_values  # noqa: E402

JOURS = [date(2019, 6, 6), date(2022, 6, 1), date(2025, 12, 31), date(2026, 3, 2)]
CATALOGUE = national()
VERSIONS = [version for dispositif in CATALOGUE.dispositifs for version in dispositif.versions]
REFERENCES = {"installation": ("statut", "installe", "date_installation")}
REFERENCES["ouverture_secondaire"] = ("type_cabinet", "secondaire_ouvert", "date_ouverture_secondaire")
Personne = tuple[date, Situation]


class Peer:
    """The plain way: dictionaries read again at each call."""

    def __init__(self) -> None:
        self.dispositifs = [
            yaml.load(fichier.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
            for fichier in sorted(DOSSIER.glob("*.yaml"))
        ]

    def evaluate_all(self, situation: Situation, au: date) -> dict[str, bool | None]:
        verdicts = {}
        for brut in self.dispositifs:
            for version in brut["versions"]:
                if read_jour(version["ouvert_du"]) <= au and (
                    "ferme_le" not in version or au < read_jour(version["ferme_le"])
                ):
                    verdicts[brut["code"]] = self.evaluate(brut, version, situation, au)["verdict"]
        return verdicts

    def evaluate(
        self, brut: dict[str, Any], version: dict[str, Any], situation: Situation, au: date
    ) -> dict[str, Any]:
        reference = find_reference(version["jour_reference"], situation.faits, au)
        doutes = version.get("incertitudes", [])
        incertain = any(read_jour(doute["du"]) <= au < read_jour(doute["jusqu_au"]) for doute in doutes)
        racine = self.walk(version["conditions"], brut, situation, reference)
        verdict = False if racine["verdict"] is False else None if incertain else racine["verdict"]
        return {"verdict": verdict, "branches": [racine]}

    def walk(
        self, noeud: dict[str, Any], brut: dict[str, Any], situation: Situation, reference: date | None
    ) -> dict[str, Any]:
        if "voir" in noeud:
            return self.walk(brut["definitions"][noeud["voir"]], brut, situation, reference)
        if "tous" in noeud or "un_de" in noeud:
            cle = "tous" if "tous" in noeud else "un_de"
            branches = [self.walk(branche, brut, situation, reference) for branche in noeud[cle]]
            verdicts = [branche["verdict"] for branche in branches]
            decisif = cle == "un_de"
            verdict = decisif if decisif in verdicts else None if None in verdicts else not decisif
            return {"libelle": noeud.get("libelle", ""), "verdict": verdict, "branches": branches}
        if "non" in noeud:
            branche = self.walk(noeud["non"], brut, situation, reference)
            verdict = None if branche["verdict"] is None else not branche["verdict"]
            return {"libelle": noeud.get("libelle", ""), "verdict": verdict, "branches": [branche]}
        reference_texte = brut["references"][noeud["reference"]]["texte"]
        verdict, constat = read_leaf(noeud, situation, reference)
        return {"libelle": noeud["libelle"], "reference": reference_texte, "verdict": verdict, "constat": constat}


def read_leaf(noeud: dict[str, Any], situation: Situation, reference: date | None) -> tuple[bool | None, str]:
    if "a_instruire" in noeud:
        return None, f"À instruire : {noeud['a_instruire']}"
    if not noeud.get("verifie", True):
        return None, f"À instruire : {noeud['raison']}"
    if "perimetre" in noeud:
        return bool(situation.lieux & set(noeud["perimetre"])), "lieu"
    if "liste" in noeud:
        locaux = situation.locaux.get(reference) if reference else None
        return dict(locaux.listes).get(noeud["liste"]) if locaux else None, "liste"
    if "zone" in noeud:
        zone = situation.zones.get(reference) if reference else None
        return (
            (None, "inconnue") if zone is None or zone.niveau is None else (zone.niveau in noeud["zone"], zone.niveau)
        )
    valeur = situation.faits.get(noeud["fait"])
    if valeur is None:
        return None, "Non précisé"
    constat = str(valeur)
    if "est" in noeud:
        return valeur == noeud["est"], constat
    if "parmi" in noeud:
        return valeur in noeud["parmi"], constat
    if "unite" in noeud:
        cle = "au_moins" if "au_moins" in noeud else "moins_de"
        if reference is None or valeur > reference:
            return None, constat
        return (reference >= add_mois(valeur, noeud[cle])) == (cle == "au_moins"), constat
    for cle, test in COMPARAISONS.items():
        if cle in noeud:
            seuil = noeud[cle]
            seuil = read_jour(seuil) if isinstance(valeur, date) else Decimal(str(seuil))
            return test(valeur, seuil), constat
    raise ValueError(noeud)


COMPARAISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "au_moins": lambda valeur, seuil: valeur >= seuil,
    "au_plus": lambda valeur, seuil: valeur <= seuil,
    "plus_de": lambda valeur, seuil: valeur > seuil,
    "moins_de": lambda valeur, seuil: valeur < seuil,
}


def read_jour(brut: str | date) -> date:
    return brut if isinstance(brut, date) else date.fromisoformat(brut)


def find_reference(genre: str, faits: Mapping[str, Any], au: date) -> date | None:
    if genre == "demande":
        return au
    etat, passe, jour = REFERENCES[genre]
    if faits.get(etat) is None:
        return None
    return faits.get(jour) if faits[etat] == passe else au


def draw_personnes(nombre: int, graine: int = 20260302) -> list[Personne]:
    """Seeded persons: every fact known three times in four, values on the thresholds and beside them."""
    hasard = random.Random(graine)
    personnes = []
    for _ in range(nombre):
        au = hasard.choice(JOURS)
        faits = {}
        for code in FAITS:
            if hasard.random() < 0.75:
                faits[code] = hasard.choice(sample_values(code, VERSIONS, {}, au) or (10,))
        faits["profession"] = "medecin"
        jours = {au} | {valeur for valeur in faits.values() if isinstance(valeur, date)}
        niveaux = ["zip", "zac", "vigilance", "hors_zonage", None]
        zones = {jour: ZoneLue(hasard.choice(niveaux)) for jour in sorted(jours)}
        listes = sorted(CATALOGUE.listes)
        locaux = {jour: Locaux(tuple((liste, hasard.random() < 0.5) for liste in listes)) for jour in sorted(jours)}
        lieux = frozenset(lieu for lieu in sorted(CATALOGUE.lieux) if hasard.random() < 0.5)
        personnes.append((au, Situation(faits, zones, True, lieux, locaux)))
    return personnes


def ours(personne: Personne) -> dict[str, bool | None]:
    au, situation = personne
    return {
        dispositif.code: version.conditions.evaluate(open_contexte(version, situation, au)).verdict
        for dispositif, version in CATALOGUE.versions_au(au)
    }


def explain(personne: Personne) -> None:
    """Each open scheme: verdict, proof, amount, what is still to be asked."""
    au, situation = personne
    for dispositif, version in CATALOGUE.versions_au(au):
        evaluate(dispositif, version, situation, au=au)


def bench_explication(personnes: list[Personne], tours: int, but: float) -> bool:
    """The explained evaluation of one scheme, in microseconds of processor time."""
    dispositifs = sum(len(CATALOGUE.versions_au(au)) for au, _ in personnes) / len(personnes)
    mesures = sorted(measure(explain, personnes) / dispositifs for _ in range(tours))
    un = statistics.median(mesures)
    print(f"P13b explication ours={un:.1f}us goal<={but:.0f}us {'PASS' if un <= but else 'FAIL'} (un dispositif)")
    return un <= but


def measure(fonction: Callable[[Personne], object], personnes: list[Personne]) -> float:
    """Microseconds of processor time for one person."""
    debut = time.process_time()
    for personne in personnes:
        fonction(personne)
    return (time.process_time() - debut) * 1e6 / len(personnes)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true")
    rapide = options.parse_args().quick
    nombre, tours, but = (300, 7, 0.8) if rapide else (2_000, 9, 1.0)
    personnes, peer = draw_personnes(nombre), Peer()
    for personne in personnes:
        if ours(personne) != peer.evaluate_all(personne[1], personne[0]):
            print(f"P13 evaluation FAIL les deux lectures diffèrent : {personne}")
            return 1
    mesures: dict[str, list[float]] = {"ours": [], "peer": [], "complet": []}
    for _ in range(tours):
        mesures["ours"].append(measure(ours, personnes))
        mesures["peer"].append(measure(lambda personne: peer.evaluate_all(personne[1], personne[0]), personnes))
        mesures["complet"].append(
            measure(lambda personne: evaluate_all(CATALOGUE, personne[1], au=personne[0]), personnes[: nombre // 5])
        )
    nous, pair, complet = (statistics.median(mesures[nom]) for nom in ("ours", "peer", "complet"))
    ratio = statistics.median(p / n for p, n in zip(mesures["peer"], mesures["ours"], strict=True))
    verdict = "PASS" if ratio >= but else "FAIL"
    print(
        f"P13 evaluation ours={nous:.0f}us peer={pair:.0f}us ratio={ratio:.2f} goal>={but} {verdict} "
        f"(complet, avec montants : {complet:.0f}us ; {nombre} personnes, verdicts identiques)"
    )
    explication = bench_explication(personnes, tours, 120 if rapide else 60)
    return 0 if verdict == "PASS" and explication else 1


if __name__ == "__main__":
    sys.exit(main())
