"""Which zone, on which day: the read table, against the two obvious ways to do without it.

    DATABASE_URL=… REDIS_URL=… python bench/zones.py [--quick]

1. A commune and its six professions: `zones()` (one query on the read table) against the classements joined at read,
   precedence and origin decided in Python, profession by profession.
2. The map of a département: `with_niveau` (one query) against `zone()` commune by commune.
3. The refresh when nothing changed: rows written must be 0.

Both sides run in turn in the same session and must give the same answers. One line a goal, exit 1 on a FAIL.
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

from zonage.enums import Origine, Profession, StatutArrete, StatutZone, TypeTerritoire  # noqa: E402
from zonage.lecture import zone, zones  # noqa: E402
from zonage.models import Arrete, Classement, Commune, Composition, Territoire, ZoneCommune  # noqa: E402
from zonage.services import refresh_zones  # noqa: E402

AU = date(2025, 6, 1)
BUT_COMMUNE = 4.0
BUT_DEPARTEMENT = 10.0
RANGS = {TypeTerritoire.COMMUNE: 0, TypeTerritoire.TVS: 1, TypeTerritoire.BVCV: 2, TypeTerritoire.BV2022: 3}


def read_without_table(commune: str) -> dict[str, str | None]:
    """What one writes first: the classements of every territoire of the commune, the best kept in Python."""
    region = Commune.objects.select_related("departement").get(pk=commune).departement.region_id
    territoires = list(
        Territoire.objects.filter(type=TypeTerritoire.COMMUNE, code=commune).values_list("pk", flat=True)
    )
    territoires += Composition.objects.filter(commune=commune, code_publie=commune).values_list(
        "territoire", flat=True
    )
    lus: dict[str, str | None] = {}
    for profession in Profession.values:
        arretes = Arrete.objects.filter(region=region, profession=profession, origine=Origine.OFFICIEL)
        officiel = arretes.filter(statut__in=[StatutArrete.PUBLIE, StatutArrete.ABROGE]).exists()
        lignes = Classement.objects.filter(
            territoire__in=territoires, profession=profession, publie=True, periode__contains=AU
        ).select_related("territoire", "arrete", "niveau")
        candidates = [x for x in lignes if x.origine == (Origine.OFFICIEL if officiel else Origine.DEMONSTRATION)]
        candidates.sort(
            key=lambda x: (x.statut == StatutZone.INCONNU, RANGS.get(TypeTerritoire(x.territoire.type), 4))
        )
        lus[profession] = candidates[0].niveau_id if candidates else None
    return lus


def chrono(acte: Callable[[], object]) -> float:
    debut = time.perf_counter()
    acte()
    return (time.perf_counter() - debut) * 1_000


def show(nom: str, notre: float, pair: float, but: float) -> bool:
    ratio = pair / notre
    verdict = "PASS" if ratio >= but else "FAIL"
    print(f"{nom} ours={notre:.2f}ms peer={pair:.2f}ms ratio={ratio:.1f} goal>={but:g} {verdict}")
    return ratio >= but


def bench_commune(nombre: int) -> bool:
    """Ordinary communes only: the peer knows neither arrondissements nor QPV."""
    simples = Commune.objects.filter(type="COM", arrondissements=None, longitude__isnull=False)
    codes = random.Random(71).sample(list(simples.order_by("code_insee").values_list("pk", flat=True)), nombre)
    notre, pair = [], []
    for code in codes:
        notre.append(chrono(lambda code=code: zones(code, au=AU)))
        pair.append(chrono(lambda code=code: read_without_table(code)))
        ici = {profession: lue.niveau for profession, lue in zones(code, au=AU).items()}
        assert ici == read_without_table(code), code
    return show("P16 zone_vs_jointure", statistics.median(notre), statistics.median(pair), BUT_COMMUNE)


def bench_departement(codes: list[str], but: float) -> bool:
    notre, pair = [], []
    for code in codes:
        communes = Commune.objects.filter(departement=code).order_by("code_insee")
        requete = communes.with_niveau("medecin", au=AU).values_list("code_insee", "niveau")
        notre.append(min(chrono(lambda requete=requete: list(requete.all())) for _ in range(5)))
        noms = list(communes.values_list("pk", flat=True))
        pair.append(min(chrono(lambda noms=noms: [zone(nom, "medecin", au=AU) for nom in noms]) for _ in range(2)))
        assert list(requete) == [(nom, zone(nom, "medecin", au=AU).niveau) for nom in noms], code
    return show("P17 departement_vs_boucle", statistics.median(notre), statistics.median(pair), but)


def bench_refresh() -> bool:
    debut = time.perf_counter()
    ecrites = refresh_zones(["medecin"])
    duree = time.perf_counter() - debut
    print(
        f"P18 refresh_sans_changement written={ecrites} goal=0 {'FAIL' if ecrites else 'PASS'} ({duree:.2f}s, medecin)"
    )
    return ecrites == 0


def main() -> int:
    analyseur = argparse.ArgumentParser(description=__doc__)
    analyseur.add_argument("--quick", action="store_true", help="fewer communes, about five seconds")
    options = analyseur.parse_args()
    if not ZoneCommune.objects.exists():
        print("Aucune zone en base : lancez load_referentiel puis load_demonstration.", file=sys.stderr)
        return 2
    departements, but = (["90"], BUT_DEPARTEMENT / 3) if options.quick else (["21", "71", "90"], BUT_DEPARTEMENT)
    reussis = [bench_commune(60 if options.quick else 400), bench_departement(departements, but), bench_refresh()]
    return 0 if all(reussis) else 1


if __name__ == "__main__":
    sys.exit(main())
