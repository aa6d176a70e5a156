"""Where a scheme may be had: the inverse map over all France, against the check of each commune.

    DATABASE_URL=… REDIS_URL=… python bench/inverse.py [--quick]

Ours is the whole page as a reader gets it, map, list and counts, with profiles never asked before (neither the page
nor the evaluation is kept), on communes already read by class. The peer is the obvious way, the check of each commune,
measured on some and extrapolated to all; it draws nothing. Both sides must give the same verdicts and amounts.
Prints one line a goal, exits 1 on a FAIL.
Data: `manage.py load_referentiel`, then `load_demonstration` (official files as well, if one likes).
"""

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

RACINE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RACINE))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.dev")

import django  # noqa: E402 (the folder of the project comes first)

django.setup()

from django.core.cache import caches  # noqa: E402
from django.test import Client  # noqa: E402

from aides.faits_url import dump_faits  # noqa: E402
from aides.ou_obtenir import find_offres  # noqa: E402
from aides.regles.situation import Valeur  # noqa: E402
from aides.services import check, clean_faits  # noqa: E402
from zonage.models import ZoneCommune  # noqa: E402

AU = date(2025, 10, 1)
BUT_MS = 150.0
BUT_RATIO = 100.0
PROFIL = {
    "profession": "medecin",
    "specialite": "generaliste",
    "statut": "projet",
    "type_cabinet": "principal",
    "premiere_installation": True,
    "secteur": "secteur_1",
    "exercice_coordonne": "groupe",
    "pdsa": True,
}


def draw_profils(nombre: int) -> list[dict[str, Valeur]]:
    """Persons never met: another age and another week each."""
    hasard = random.Random(71)
    ages = hasard.sample(range(25, 75), nombre)
    return [clean_faits({**PROFIL, "age": age, "jours_semaine": hasard.choice([2.5, 3, 3.5, 4])}) for age in ages]


def chrono(acte: Callable[[], object]) -> float:
    debut = time.perf_counter()
    acte()
    return (time.perf_counter() - debut) * 1_000


def open_page(client: Client, faits: dict[str, Valeur], **autres: str) -> None:
    parametres = dict(dump_faits(faits)) | {"au": AU.isoformat(), **autres}
    reponse = client.get("/aides/ou-obtenir/", parametres)
    if reponse.status_code != 200:
        raise SystemExit(f"La page a répondu {reponse.status_code}.")


def agree(faits: dict[str, Valeur], codes: list[str]) -> bool:
    """The same verdict and the same amount, scheme by scheme."""
    inverse = find_offres(faits, None, au=AU)
    for code in codes:
        aides = inverse.offre(inverse.communes.rangs[code]).aides
        lus = {aide.dispositif.code: (aide.issue, aide.montant) for aide in aides}
        siens = [r for r in check(code, faits, au=AU).resultats if faits["profession"] in r.dispositif.professions]
        if lus != {r.dispositif.code: (r.issue, r.montant) for r in siens}:
            print(f"P19 inverse FAIL la commune {code} ne se lit pas comme sa vérification")
            return False
    return True


def main() -> int:
    analyseur = argparse.ArgumentParser(description=__doc__)
    analyseur.add_argument("--quick", action="store_true", help="fewer persons, a looser goal")
    rapide = analyseur.parse_args().quick
    if not ZoneCommune.objects.exists():
        print("Aucune zone en base : lancez load_referentiel puis load_demonstration.", file=sys.stderr)
        return 2
    profils, but = draw_profils(5 if rapide else 15), BUT_MS * (2 if rapide else 1)
    client, hasard = Client(headers={"accept-encoding": "gzip", "host": "127.0.0.1"}), random.Random(27)
    caches["pages"].clear()
    open_page(client, clean_faits(PROFIL), dispositif="caim")  # the communes by class, the drawing, the templates
    communes = find_offres(profils[0], None, au=AU).communes
    codes = hasard.sample(communes.codes, 60 if rapide else 300)
    mesures: dict[str, list[float]] = {"france": [], "toutes": [], "rayon": [], "pair": []}
    for faits in profils:
        mesures["france"].append(chrono(lambda faits=faits: open_page(client, faits, dispositif="caim")))
        mesures["toutes"].append(chrono(lambda faits=faits: open_page(client, faits)))
        rayon = {"dispositif": "caim", "commune": "71076", "distance": "45", "unite": "min"}
        mesures["rayon"].append(chrono(lambda faits=faits, rayon=rayon: open_page(client, faits, **rayon)))
        lot = hasard.sample(codes, len(codes) // 5)
        mesures["pair"].append(
            chrono(lambda faits=faits, lot=lot: [check(code, faits, au=AU) for code in lot]) / len(lot) * len(communes)
        )
    if not agree(profils[0], codes):
        return 1
    france, toutes, rayon, pair = (statistics.median(mesures[nom]) for nom in ("france", "toutes", "rayon", "pair"))
    lignes = (("P19 inverse", france), ("P19 inverse_toutes_aides", toutes), ("P19 inverse_45_min", rayon))
    for nom, duree in lignes:
        print(f"{nom} ours={duree:.0f}ms goal<={but:.0f}ms {'PASS' if duree <= but else 'FAIL'}")
    ratio = pair / toutes
    suffit = ratio >= BUT_RATIO / (2 if rapide else 1)
    print(
        f"P19 inverse_vs_verifications ours={toutes:.0f}ms peer={pair:.0f}ms ratio={ratio:.0f} goal>={BUT_RATIO:g} "
        f"{'PASS' if suffit else 'FAIL'} ({len(communes)} communes, verdicts et montants identiques sur {len(codes)})"
    )
    return 0 if suffit and max(france, toutes, rayon) <= but else 1


if __name__ == "__main__":
    sys.exit(main())
