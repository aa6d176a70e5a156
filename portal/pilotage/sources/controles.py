"""The checks of the figures: each is a query that gives what contradicts itself.

A query reads `courante` (the value of every figure on the day, one row a territory) or the source tables, at
`%(jour)s`. It gives: key of the finding, territory, object at fault (« cpts.structure:12 »), indicator, région,
département, sentence. A finding whose key comes again is the same one.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from portal.pilotage.sources import controles_sql as sql
from portal.pilotage.sources.definitions import Indicateur, Lecteur, list_indicateurs

CHEMIN = Path(__file__).resolve().parent.parent / "controles" / "regles.yaml"
CLES = {"sommes", "parties", "paires", "taux_libres", "calcul_jours", "sources", "chevauchement"}
SOURCES = {
    "zonage_populationlegale": (
        "SELECT coalesce((SELECT max(millesime) FROM zonage_populationlegale),"
        " (SELECT max(millesime_population) FROM zonage_commune))"
    ),
    "zonage_apl": "SELECT max(millesime) FROM zonage_apl",
}


class ReglesInvalides(Exception):
    """What is wrong in the file, in French."""


class Famille(StrEnum):
    """What kind of contradiction a check looks for."""

    SOMME = "somme des parties"
    PARTIE = "partie plus grande que le tout"
    NUMERATEUR = "numérateur plus grand que le dénominateur"
    TAUX = "taux impossible"
    PERIME = "source périmée"
    DEUX_SOURCES = "deux sources"
    DATES = "ordre des dates"
    TAILLE = "taille et population"
    CHEVAUCHEMENT = "périmètres qui se chevauchent"


@dataclass(frozen=True, slots=True)
class Controle:
    code: str
    famille: Famille
    libelle: str
    selection: str


def _sur(code: str, famille: Famille, libelle: str, selection: str) -> Controle:
    return Controle(code, famille, libelle, selection)


CONTROLES: dict[str, Controle] = {
    controle.code: controle
    for controle in (
        _sur("somme_parties", Famille.SOMME, "Le tout n'est pas la somme de ses parties", sql.SOMME_PARTIES),
        _sur(
            "somme_departements", Famille.SOMME, "La région n'est pas la somme de ses départements", sql.SOMME_REGIONS
        ),
        _sur("somme_france", Famille.SOMME, "La France n'est pas la somme des départements", sql.SOMME_FRANCE),
        _sur("partie_du_tout", Famille.PARTIE, "Les parties dépassent le tout", sql.PARTIE_DU_TOUT),
        _sur("releves_partie", Famille.PARTIE, "Les départements dépassent la région (prévention)", sql.RELEVES),
        _sur("mesure_numerateur", Famille.NUMERATEUR, "Une part compte plus que son tout", sql.MESURE_NUMERATEUR),
        _sur("donnee_numerateur", Famille.NUMERATEUR, "Une donnée saisie compte plus que son tout", sql.DONNEE_TOUT),
        _sur("mesure_bornes", Famille.TAUX, "Un taux hors de 0 à 100 %, ou un nombre négatif", sql.MESURE_BORNES),
        _sur("mesure_taux", Famille.TAUX, "Un taux qui n'est pas celui de ses nombres", sql.MESURE_TAUX),
        _sur("donnee_taux", Famille.TAUX, "Une donnée saisie qui n'est pas celle de ses nombres", sql.DONNEE_TAUX),
        _sur("calcul_perime", Famille.PERIME, "Un indicateur n'est plus calculé", sql.CALCUL_PERIME),
        _sur("source_perimee", Famille.PERIME, "Une source plus vieille que sa cadence", sql.SOURCE_PERIMEE),
        _sur("deux_chiffres", Famille.DEUX_SOURCES, "Un chiffre publié loin du chiffre calculé", sql.DEUX_CHIFFRES),
        _sur("population_commune", Famille.DEUX_SOURCES, "Deux populations d'une commune", sql.POPULATION_COMMUNE),
        _sur(
            "population_perimetre", Famille.DEUX_SOURCES, "Deux populations d'un périmètre", sql.POPULATION_PERIMETRE
        ),
        _sur("etat_structure", Famille.DEUX_SOURCES, "L'état d'une structure et son dernier acte", sql.ETAT_STRUCTURE),
        _sur("etat_cpts", Famille.DEUX_SOURCES, "L'état d'une CPTS et son dernier acte", sql.ETAT_CPTS),
        _sur("dates_actes", Famille.DATES, "Les actes d'une CPTS ne se suivent pas", sql.DATES_ACTES),
        _sur("dates_aci", Famille.DATES, "Un ACI qui finit avant de commencer, ou fini sans suite", sql.DATES_ACI),
        _sur("dates_a_venir", Famille.DATES, "Un fait daté d'un jour qui n'est pas venu", sql.DATES_A_VENIR),
        _sur("taille_perimetre", Famille.TAILLE, "La taille d'un périmètre et sa population", sql.TAILLE_PERIMETRE),
        _sur("taille_exercice", Famille.TAILLE, "La taille d'une année d'ACI et sa population", sql.TAILLE_EXERCICE),
        _sur("chevauchement", Famille.CHEVAUCHEMENT, "Deux CPTS couvrent les mêmes communes", sql.CHEVAUCHEMENT),
    )
}


@cache
def read_parametres(chemin: Path = CHEMIN) -> dict[str, Any]:
    """The values that the queries ask for. Raises ReglesInvalides when the file names what does not exist."""
    lu = yaml.load(chemin.read_text(encoding="utf-8"), Loader=Lecteur)  # noqa: S506 - a safe loader
    if not isinstance(lu, dict) or set(lu) != CLES:
        raise ReglesInvalides(f"Les rubriques attendues : {', '.join(sorted(CLES))}.")
    indicateurs = list_indicateurs()
    groupes = [*lu["sommes"], *lu["parties"]]
    nommes = {code for un in groupes for code in (un["tout"], *un["parties"])}
    nommes |= {code for une in lu["paires"] for code in (une["chiffre"], une["autre"])} | set(lu["taux_libres"])
    if inconnus := sorted(nommes - set(indicateurs)):
        raise ReglesInvalides(f"Indicateurs inconnus : {', '.join(inconnus)}.")
    if inconnues := sorted({une["code"] for une in lu["sources"]} - set(SOURCES)):
        raise ReglesInvalides(f"Sources sans lecture : {', '.join(inconnues)}.")
    return _build(lu, indicateurs)


def _build(lu: dict[str, Any], indicateurs: dict[str, Indicateur]) -> dict[str, Any]:
    """Variants are parts of their file: their sum never exceeds it."""
    sommes = [(rang, un["tout"], partie) for rang, un in enumerate(lu["sommes"]) for partie in un["parties"]]
    declines = [un for un in indicateurs.values() if un.variante and un.forme == "nombre"]
    parties = [(f"r{rang}", un["tout"], partie) for rang, un in enumerate(lu["parties"]) for partie in un["parties"]]
    parties += [(f"v:{un.base}", un.base, un.code) for un in declines]
    additifs = [
        un.code
        for un in indicateurs.values()
        if un.forme in ("nombre", "part", "moyenne")
        and un.genre != "territoire"
        and {"region", "departement", "france"} <= set(un.mailles)
    ]
    return {
        **_columns("somme", sommes, 3),
        **_columns("partie", parties, 3),
        **_columns("paire", [(une["chiffre"], une["autre"], une["tolerance"]) for une in lu["paires"]], 3),
        **_columns("libelle", [(un.code, un.libelle) for un in indicateurs.values()], 2),
        "additifs": additifs,
        "parts": [un.code for un in indicateurs.values() if un.forme == "part"],
        "taux": [un.code for un in indicateurs.values() if un.unite == "%" and un.code not in lu["taux_libres"]],
        "libres": list(lu["taux_libres"]),
        "bases": sorted({un.base for un in indicateurs.values()}),
        "chevauchement": float(lu["chevauchement"]),
        "calcul_jours": int(lu["calcul_jours"]),
        "codes": [un.code for un in indicateurs.values() for _ in un.mailles],
        "mailles": [maille for un in indicateurs.values() for maille in un.mailles],
        **_columns("source", [(une["code"], une["libelle"], une["annees"]) for une in lu["sources"]], 3),
    }


def _columns(nom: str, lignes: list[tuple[Any, ...]], largeur: int) -> dict[str, list[Any]]:
    """« somme_0 », « somme_1 »…: the arrays that `unnest` puts side by side."""
    return {f"{nom}_{rang}": [str(ligne[rang]) for ligne in lignes] for rang in range(largeur)}


def build_millesimes() -> str:
    """The newest vintage of each annual source, in one query."""
    return " UNION ALL ".join(f"SELECT '{code}', ({requete})::integer" for code, requete in SOURCES.items())
