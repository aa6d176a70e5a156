"""Import the legal populations of a vintage; the newest vintage known is the population the portal shows."""

import re
from collections import Counter

from django.db import connection
from django.db.models import Max

from portal.core.imports import Import
from portal.core.sql import copy_rows
from zonage.models import Commune, PopulationLegale
from zonage.services.codes import Codes, read_codes
from zonage.services.territoire import Table, refresh_cles, upsert
from zonage.sources.populations import LignePopulation, read_populations

ANNEE = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
POPULATIONS = Table(
    "zonage_populationlegale",
    ("millesime", "code_publie"),
    ("millesime", "code_publie", "commune_id", "municipale", "comptee_a_part", "totale"),
)


def read_millesime(nom_fichier: str) -> int | None:
    """The vintage that the name of the file gives, when it gives one only (populations_legales_2021.csv)."""
    annees = set(ANNEE.findall(nom_fichier))
    return int(annees.pop()) if len(annees) == 1 else None


def load_populations(lot: Import, *, millesime: int | None) -> None:
    """`millesime`: the year of the census; read in the name of the file when None."""
    millesime = millesime or read_millesime(lot.chemin.name)
    if millesime is None:
        lot.erreur(None, "", "millésime inconnu : donnez --millesime AAAA, l'année de recensement du fichier")
    lot.millesime = str(millesime or "")
    lignes = read_populations(lot)
    communes = _resolve(lot, lignes, read_codes())
    lot.check()
    with connection.cursor() as cursor:
        rangees = [(millesime, ligne.code, communes[ligne.code], *ligne.valeurs) for ligne in lignes]
        lot.ecrites = upsert(cursor, POPULATIONS, rangees)
    lot.identiques = len(lignes) - lot.ecrites
    refresh_population(lot)


def _resolve(lot: Import, lignes: list[LignePopulation], codes: Codes) -> dict[str, str]:
    communes: dict[str, str] = {}
    for ligne in lignes:
        trouvees = codes.resolve(ligne.code)
        if len(trouvees) == 1:
            communes[ligne.code] = trouvees[0]
        elif trouvees:
            message = f"{ligne.code} a été partagé entre {', '.join(trouvees)} : sa population ne se partage pas"
            lot.erreur(ligne.numero, "COM", message)
        else:
            lot.erreur(ligne.numero, "COM", f"commune inconnue : {ligne.code}")
    return communes


def refresh_population(lot: Import) -> int:
    """Show the newest vintage. An older file than what is shown is history: it changes nothing on the pages."""
    recent = PopulationLegale.objects.aggregate(recent=Max("millesime"))["recent"]
    affiche = Commune.objects.aggregate(affiche=Max("millesime_population"))["affiche"] or 0
    if recent is None or recent <= affiche:
        if lot.millesime and int(lot.millesime) < affiche:
            lot.avertissement(
                None, "", f"millésime {lot.millesime} gardé en historique ; le portail affiche {affiche}"
            )
        return 0
    sommes: Counter[str] = Counter()
    for commune, municipale in PopulationLegale.objects.filter(millesime=recent).values_list("commune", "municipale"):
        sommes[commune] += municipale
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE sommes (code text, population int) ON COMMIT DROP")
        copy_rows(cursor, "sommes", ("code", "population"), sorted(sommes.items()))
        cursor.execute(
            "UPDATE zonage_commune SET population = sommes.population, millesime_population = %s FROM sommes "
            "WHERE code_insee = sommes.code",
            [recent],
        )
        ecrites = int(cursor.rowcount)
        cursor.execute("DROP TABLE sommes")
    refresh_cles()
    return ecrites
