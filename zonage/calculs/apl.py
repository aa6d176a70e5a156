"""The APL: two-step floating catchment area on a sparse matrix of weights. Arrays in, arrays out.

Step 1, at each place of supply: supply divided by the weighted population that reaches it.
Step 2, at each place of residence: the weighted sum of those ratios. It is linear in supply, and
sum(demand x APL) = sum(supply) whenever every place of supply has population in reach.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_matrix, csr_matrix
from scipy.spatial import cKDTree

from zonage.calculs.parametres import Palier, ParametresApl

Reels = NDArray[np.float64]

RAYON_TERRE_KM = 6371.0
KM_PAR_MINUTE = 25 / 20
"""The straight-line travel model: 25 km as the crow flies stand for 20 minutes by car."""


def bound_activite(actes: ArrayLike, parametres: ParametresApl) -> Reels:
    """The acts that count for each doctor: none at or under the minimum, then between the floor and the cap."""
    valeurs = np.asarray(actes, dtype=np.float64)
    return np.where(valeurs <= parametres.activite_min, 0.0, np.clip(valeurs, parametres.plancher, parametres.plafond))


def compute_poids(minutes: ArrayLike, paliers: Sequence[Palier]) -> Reels:
    """The weight of each travel time: the steps are open on the right, but the last minute of the last one counts."""
    temps = np.asarray(minutes, dtype=np.float64)
    poids = np.zeros_like(temps)
    for palier in reversed(paliers):
        poids[temps < palier.minutes] = palier.poids
    poids[temps == paliers[-1].minutes] = paliers[-1].poids
    return poids


def build_poids(temps: ArrayLike, paliers: Sequence[Palier]) -> csr_matrix:
    """The weights of a full matrix of minutes (residence in rows, supply in columns)."""
    return csr_matrix(compute_poids(temps, paliers))


def build_poids_a_vol_d_oiseau(longitudes: ArrayLike, latitudes: ArrayLike, paliers: Sequence[Palier]) -> csr_matrix:
    """The weights between places given in WGS84 degrees, by the straight-line travel model."""
    lon, lat = (
        np.radians(np.asarray(longitudes, dtype=np.float64)),
        np.radians(np.asarray(latitudes, dtype=np.float64)),
    )
    points = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    portee_km = paliers[-1].minutes * KM_PAR_MINUTE
    paires = cKDTree(points).query_pairs(2 * np.sin(portee_km / (2 * RAYON_TERRE_KM)), output_type="ndarray")
    cordes = np.sqrt(((points[paires[:, 0]] - points[paires[:, 1]]) ** 2).sum(axis=1))
    minutes = 2 * RAYON_TERRE_KM * np.arcsin(np.minimum(cordes / 2, 1)) / KM_PAR_MINUTE
    poids = compute_poids(minutes, paliers)
    n = len(points)
    moi = np.arange(n)
    lignes = np.concatenate([paires[:, 0], paires[:, 1], moi])
    colonnes = np.concatenate([paires[:, 1], paires[:, 0], moi])
    valeurs = np.concatenate([poids, poids, np.full(n, paliers[0].poids)])
    matrice = coo_matrix((valeurs, (lignes, colonnes)), shape=(n, n)).tocsr()
    matrice.sort_indices()
    return matrice


def compute_apl(poids: csr_matrix, demande: ArrayLike, offre: ArrayLike) -> Reels:
    """The APL of each place. `offre` may hold one column a profession. Supply out of reach serves nobody."""
    population = np.asarray(demande, dtype=np.float64)
    actes = np.asarray(offre, dtype=np.float64)
    en_portee = poids.T @ population
    if actes.ndim == 2:
        en_portee = en_portee[:, np.newaxis]
    ratios = np.divide(actes, en_portee, out=np.zeros_like(actes), where=en_portee > 0)
    return np.asarray(poids @ ratios)


def compute_moyenne(apl: ArrayLike, population: ArrayLike) -> float | None:
    """The mean of a group of communes, weighted by population. None when nobody lives there."""
    valeurs, habitants = np.asarray(apl, dtype=np.float64), np.asarray(population, dtype=np.float64)
    total = habitants.sum()
    return float((valeurs * habitants).sum() / total) if total > 0 else None
