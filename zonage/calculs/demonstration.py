"""The demonstration: a supply modelled from published totals, its APL, and classes drawn by published thresholds.

Nothing here is an observation of a commune. What is published: the general practitioners of the eight départements of
Bourgogne-Franche-Comté (INSEE, BPE 2024), the mean APL of France (DREES 2023), the thresholds 2.5 and 4 of the method
of 2017 for doctors, the shares of population of each class for the other professions (FAQ DGOS of February 2020;
dentists: convention 2023-2028). What is assumed: how supply spreads inside a département (`Modele`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zonage.calculs.apl import Reels, build_poids_a_vol_d_oiseau, compute_apl
from zonage.calculs.parametres import MEDECINS_2023

GENERALISTES_BPE_2024 = {"21": 591, "25": 537, "39": 228, "58": 167, "70": 192, "71": 342, "89": 204, "90": 95}
"""General practitioners by département, INSEE, base permanente des équipements 2024."""
APL_FRANCE_2023 = 3.745
"""Consultations a year per standardised inhabitant: elsewhere, supply is this mean times population."""
ACTES_PAR_GENERALISTE_BFC = 4200
"""Acts a year: with the BPE count, gives the mean of the region (APL 2022 of 2.71 in ZIP, 3.54 in ZAC, 4.78 outside,
for 34.8 %, 43.4 % and 21.9 % of its population, that is 3.53)."""
ACTES_PAR_GENERALISTE = 5400
"""Acts a year of a full-time doctor: the conversion of the ARS, and what the workbook imputes to a new practice."""
POIDS_AGE = (0.70, 0.93, 1.67)
"""0-19, 20-64, 65 and over: simple means of the nineteen weights of 2023 of the workbook over each band."""
SEUILS_MEDECINS = (2.5, 4.0)
"""Method of 2017 (arrêté of 13 November 2017): ZIP up to 2.5; the « vivier » up to 4, here all ZAC; outside above."""


@dataclass(frozen=True, slots=True)
class Modele:
    """How supply spreads: none under `seuil` inhabitants, then as (population - seuil) ** `exposant`.

    `classes`: (niveau, share of the national population), from the least to the best served.
    """

    seuil: int
    exposant: float
    classes: tuple[tuple[str, float], ...]


MODELE_MEDECIN = Modele(600, 1.0, ())
DOTEES = ("tres_sous_dotee", "sous_dotee", "intermediaire", "tres_dotee", "sur_dotee")
MODELES = {
    "infirmier": Modele(300, 0.9, tuple(zip(DOTEES, (0.053, 0.094, 0.366, 0.204, 0.283), strict=True))),
    "masseur_kinesitherapeute": Modele(900, 1.0, tuple(zip(DOTEES, (0.068, 0.060, 0.651, 0.098, 0.123), strict=True))),
    "sage_femme": Modele(3000, 1.0, tuple(zip(DOTEES, (0.077, 0.102, 0.604, 0.093, 0.124), strict=True))),
    "orthophoniste": Modele(2000, 1.05, tuple(zip(DOTEES, (0.128, 0.090, 0.557, 0.101, 0.124), strict=True))),
    "chirurgien_dentiste": Modele(
        1500, 1.05, (("tres_sous_dotee", 0.30), ("intermediaire", 0.65), ("non_prioritaire", 0.05))
    ),
}
"""Shares as published; masseur-kinésithérapeute 12.4 and orthophoniste 12.3 moved by 0.1: each line sums to 1."""


@dataclass(frozen=True, slots=True)
class Lieux:
    """The places, one row each: département, degrees, inhabitants, three age bands (NaN: unknown)."""

    departements: NDArray[np.str_]
    longitudes: Reels
    latitudes: Reels
    population: Reels
    ages: Reels


@dataclass(frozen=True, slots=True)
class Demonstration:
    """Per place: the standardised population, the modelled APL to doctors, and the niveau of each profession."""

    population_standardisee: Reels
    apl: Reels
    niveaux: dict[str, NDArray[np.str_]]
    offre: Reels


def standardise_population(population: Reels, ages: Reels) -> Reels:
    """Weight the population by age; a place without age bands weighs 1. The total stays the number of inhabitants."""
    effectifs = np.nan_to_num(ages)
    total = effectifs.sum(axis=1)
    poids = np.divide(effectifs @ np.array(POIDS_AGE), total, out=np.ones_like(total), where=total > 0)
    brute = population * poids
    somme = brute.sum()
    return brute * (population.sum() / somme) if somme > 0 else brute


def allocate(nombre: int, poids: Reels) -> Reels:
    """Share a whole number of practitioners by weight, to the largest remainders (ties: first place first)."""
    total = poids.sum()
    if nombre <= 0 or total <= 0:
        return np.zeros_like(poids)
    parts = poids / total * nombre
    entiers = np.floor(parts)
    manque = nombre - int(entiers.sum())
    entiers[np.argsort(-(parts - entiers), kind="stable")[:manque]] += 1
    return entiers


def model_offre_medecins(lieux: Lieux, demande: Reels) -> Reels:
    """Acts a year in each place: whole doctors, département by département, from the published totals."""
    offre = np.zeros_like(demande)
    attrait = _attraction(lieux.population, MODELE_MEDECIN)
    for departement in np.unique(lieux.departements):
        ici = lieux.departements == departement
        if connus := GENERALISTES_BPE_2024.get(str(departement)):
            nombre, actes = connus, ACTES_PAR_GENERALISTE_BFC
        else:
            actes = ACTES_PAR_GENERALISTE
            nombre = round(APL_FRANCE_2023 * float(demande[ici].sum()) / actes)
        poids = attrait[ici] if attrait[ici].sum() > 0 else lieux.population[ici]
        offre[ici] = allocate(nombre, poids) * actes
    return offre


def cut_by_population(
    indicateur: Reels, population: Reels, classes: tuple[tuple[str, float], ...]
) -> NDArray[np.str_]:
    """Sort the places from the least served and cut at the cumulated shares of population."""
    ordre = np.argsort(indicateur, kind="stable")
    cumul = np.cumsum(population[ordre]) / population.sum()
    milieu = cumul - population[ordre] / (2 * population.sum())
    bornes = np.cumsum([part for _, part in classes])[:-1]
    noms = np.array([niveau for niveau, _ in classes])
    niveaux = np.empty(len(indicateur), dtype=noms.dtype)
    niveaux[ordre] = noms[np.searchsorted(bornes, milieu, side="right")]
    return niveaux


def compute_demonstration(lieux: Lieux) -> Demonstration:
    """The modelled APL to doctors and the six classes of every place."""
    demande = standardise_population(lieux.population, lieux.ages)
    poids = build_poids_a_vol_d_oiseau(lieux.longitudes, lieux.latitudes, MEDECINS_2023.paliers)
    offre = model_offre_medecins(lieux, demande)
    autres = np.column_stack([_attraction(lieux.population, modele) for modele in MODELES.values()])
    indices = compute_apl(poids, demande, np.column_stack([offre, autres]))
    apl = indices[:, 0]
    bas, haut = SEUILS_MEDECINS
    niveaux = {"medecin": np.where(apl <= bas, "zip", np.where(apl <= haut, "zac", "hors_zonage"))}
    for rang, (profession, modele) in enumerate(MODELES.items(), start=1):
        niveaux[profession] = cut_by_population(indices[:, rang], lieux.population, modele.classes)
    return Demonstration(demande, apl, niveaux, offre)


def _attraction(population: Reels, modele: Modele) -> Reels:
    return np.asarray(np.maximum(population - modele.seuil, 0.0) ** modele.exposant)
