"""Structures for the tests, and small files in the layout of FINESS: invented sites, numbers that are nobody's."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from cpts.models import ActeStructure, Structure
from cpts.regles.finess import compute_cle
from cpts.services.structures import list_passages
from cpts.sources.finess import COLONNES_POINT, COLONNES_SITE
from tests.people import make_commune

VALIDE, OUVERTE, SIGNE = date(2023, 3, 1), date(2024, 1, 8), date(2024, 6, 3)
DATES = {
    "projet_valide": {"projet_valide_le": VALIDE},
    "ouverte": {"projet_valide_le": VALIDE, "ouverte_le": OUVERTE},
    "aci_signe": {"projet_valide_le": VALIDE, "ouverte_le": OUVERTE, "aci_signe_le": SIGNE},
    "labellisee": {"ouverte_le": OUVERTE},
    "fermee": {"ouverte_le": OUVERTE, "fermee_le": SIGNE},
}
SITE = dict.fromkeys(COLONNES_SITE, "") | {
    "rs": "MSP ESSAI",
    "rslongue": "MAISON DE SANTE D'ESSAI ÉLÉONORE",
    "numvoie": "1",
    "typvoie": "RUE",
    "voie": "DE L ESSAI",
    "commune": "543",
    "departement": "71",
    "ligneacheminement": "71700 TOURNUS",
    "telephone": "0385000000",
    "categetab": "603",
    "dateouv": "2018-01-01",
    "dateautor": "2018-01-01",
}


def make_finess(rang: int = 0, departement: str = "71") -> str:
    """Nine signs with the right key."""
    debut = f"{departement}99{rang:04d}"
    return debut + compute_cle(debut)


def make_structure(statut: str = "reperee", type_: str = "msp", **champs: Any) -> Structure:
    """In the département 71, with the dates and the acts of its state."""
    commune = champs.pop("commune", None) or make_commune()
    valeurs = {
        "nom": f"Structure d'essai {Structure.objects.count() + 1}",
        "region_code": commune.departement.region_id,
        "departement_code": commune.departement_id,
        **DATES.get(statut, {}),
    }
    structure = Structure.objects.create(type=type_, statut=statut, commune=commune, **{**valeurs, **champs})
    veille = timezone.localdate() - timedelta(days=400)
    for source, cible, jour in list_passages(structure, veille):
        ActeStructure.objects.create(structure=structure, action="reprise", source=source, cible=cible, date_acte=jour)
    return structure


def write_site(finess: str, **cellules: str) -> str:
    lues = SITE | {"nofinesset": finess} | cellules
    return ";".join(["structureet", *(lues[nom] for nom in COLONNES_SITE)])


def write_point(finess: str, x: str = "843700.0", y: str = "6609300.0", projection: str = "LAMBERT_93") -> str:
    lues = {
        "nofinesset": finess,
        "coordxet": x,
        "coordyet": y,
        "sourcecoordet": f"1,ATLASANTE,100,IGN,BD_ADRESSE,V2.2,{projection}",
        "datemaj": "2026-05-11",
    }
    return ";".join(["geolocalisation", *(lues[nom] for nom in COLONNES_POINT)])


def write_finess(dossier: Path, *lignes: str, jour: str = "2026-05-12", codage: str = "utf-8") -> Path:
    chemin = dossier / f"finess_{jour}_{len(lignes)}_{codage}.csv"
    chemin.write_bytes(("\n".join([f"finess;etalab;111;{jour}", *lignes]) + "\n").encode(codage))
    return chemin
