"""A thousand different persons in one request of the API, against the same persons asked one by one.

Both go through the whole of the API, with the same base, in the same run, and must give the same verdicts and amounts.
Needs communes and their zones in the database. Prints one line a goal, exits 1 on a FAIL. `--quick`: fewer persons.
"""

import argparse
import os
import random
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import orjson

RACINE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RACINE))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.dev")
os.environ["MAILLAGE_API_LIMITE"] = ""

import django  # noqa: E402 (the folder of the project comes first)

django.setup()

from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402

from zonage.models import Commune  # noqa: E402

JOURS = ["2019-06-06", "2023-06-01", "2025-12-20", "2026-03-02"]
BUT = 3.0


def draw(nombre: int, graine: int) -> list[dict[str, Any]]:
    """Seeded persons, no two alike: the annual fees differ, so that nothing is judged once for two."""
    hasard = random.Random(graine)
    communes = list(Commune.objects.order_by("pk").values_list("pk", flat=True))
    return [
        {
            "au": hasard.choice(JOURS),
            "commune": hasard.choice(communes),
            "faits": {
                "profession": "medecin",
                "statut": "projet",
                "premiere_installation": hasard.random() < 0.5,
                "jours_semaine": hasard.choice([1, 2, 2.5, 3, 3.5, 4, 5]),
                "secteur": hasard.choice(["secteur_1", "secteur_2"]),
                "honoraires_annuels": 1000 * graine + rang,
            },
        }
        for rang in range(nombre)
    ]


def post(client: Client, adresse: str, corps: Any) -> Any:
    reponse = client.post(f"/api/v1/evaluations/{adresse}", orjson.dumps(corps), content_type="application/json")
    assert reponse.status_code == 200, reponse.content[:300]
    return orjson.loads(reponse.content)


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true")
    court = options.parse_args().quick
    settings.ALLOWED_HOSTS = ["testserver"]
    client, seules, lots = Client(), [], []
    temoins = 40 if court else 200
    post(client, "lot/", {"evaluations": draw(10, 99)})
    for tour in range(3 if court else 5):
        personnes = draw(1000, tour + 1)
        debut = time.perf_counter()
        lignes = post(client, "lot/", {"evaluations": personnes})["evaluations"]
        lots.append((time.perf_counter() - debut) / len(personnes))
        debut = time.perf_counter()
        reponses = [post(client, "", personne) for personne in personnes[:temoins]]
        seules.append((time.perf_counter() - debut) / temoins)
        for ligne, reponse in zip(lignes, reponses, strict=False):
            attendus = {une["dispositif"]: une for une in reponse["resultats"]}
            for une in ligne["reponse"]["resultats"]:
                seule = attendus[une["dispositif"]]
                textes = [(x["montant"] or {}).get("texte") for x in (une, seule)]
                assert une["issue"] == seule["issue"], une
                assert textes[0] == textes[1], une
    un, lot = statistics.median(seules), statistics.median(lots)
    ratio, secondes = un / lot, lot * 1000
    print(
        f"P9c lot de 1000 ours={secondes:.2f}s ({lot * 1e6:.0f}us) une par une={un * 1e6:.0f}us ratio={ratio:.1f} "
        f"goal>={BUT:.0f} {'PASS' if ratio >= BUT else 'FAIL'}"
    )
    return 0 if ratio >= BUT else 1


if __name__ == "__main__":
    sys.exit(main())
