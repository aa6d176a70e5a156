"""The computation of the APL: the oracle, the invariant, and what must move in one direction only."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zonage.calculs.apl import (
    bound_activite,
    build_poids,
    build_poids_a_vol_d_oiseau,
    compute_apl,
    compute_moyenne,
    compute_poids,
)
from zonage.calculs.demonstration import MODELES, allocate, cut_by_population, standardise_population
from zonage.calculs.parametres import MEDECINS_2023, Palier

PALIERS_2012 = (Palier(10, 1.0), Palier(15, 0.3), Palier(20, 0.1))


def test_the_oracle_of_three_communes():
    demande = np.array([1100.0, 380.0, 2700.0])
    minutes = np.array([[0, 8, 13], [8, 0, 17], [13, 17, 0]])
    offre = np.array(
        [
            bound_activite([7200, 3000, 4500], MEDECINS_2023).sum(),
            0.0,
            bound_activite([5000, 5000], MEDECINS_2023).sum(),
        ]
    )
    assert offre.tolist() == [14_100, 0, 10_000]
    apl = compute_apl(build_poids(minutes, PALIERS_2012), demande, offre)
    assert apl == pytest.approx([7.135, 6.4832, 5.1066], abs=5e-4)
    assert compute_moyenne(apl, [1000, 400, 2600]) == pytest.approx(5.7514, abs=5e-4)
    assert (apl * demande).sum() == pytest.approx(24_100, rel=1e-12)


@pytest.mark.parametrize(
    ("actes", "compte"), [(250, 0), (251, 3600), (3600, 3600), (3601, 3601), (6000, 6000), (6001, 6000)]
)
def test_activity_counts_between_a_floor_and_a_cap(actes, compte):
    assert bound_activite([actes], MEDECINS_2023).tolist() == [compte]


@pytest.mark.parametrize(("minutes", "poids"), [(0, 1), (9.9, 1), (10, 2 / 3), (15, 1 / 3), (20, 1 / 3), (20.1, 0)])
def test_supply_weighs_less_with_distance(minutes, poids):
    assert compute_poids([minutes], MEDECINS_2023.paliers).tolist() == [poids]


def test_the_straight_line_model_takes_25_km_for_20_minutes():
    latitudes = [46.0, 46.0 + 24.9 / 111.195, 46.0 - 25.1 / 111.195]
    poids = build_poids_a_vol_d_oiseau([4.0, 4.0, 4.0], latitudes, MEDECINS_2023.paliers).toarray()
    assert poids[0].tolist() == pytest.approx([1, 1 / 3, 0])
    assert (poids == poids.T).all()


def test_supply_out_of_reach_of_any_inhabitant_serves_nobody():
    apl = compute_apl(build_poids([[0, 60], [60, 0]], MEDECINS_2023.paliers), [0, 500], [4000, 5000])
    assert apl.tolist() == [0, 10]
    assert compute_moyenne([], []) is None


LIEUX = st.integers(2, 12)


@st.composite
def territoires(draw):
    n = draw(LIEUX)
    reels = st.floats(0, 1, allow_nan=False)
    points = draw(arrays(np.float64, (n, 2), elements=reels))
    demande = 1 + 5000 * draw(arrays(np.float64, n, elements=reels))
    offre = 20_000 * draw(arrays(np.float64, n, elements=reels))
    return points, demande, offre


@given(territoires())
def test_what_is_supplied_is_what_is_accessible(territoire):
    points, demande, offre = territoire
    apl = compute_apl(
        build_poids_a_vol_d_oiseau(points[:, 0], 46 + points[:, 1], MEDECINS_2023.paliers), demande, offre
    )
    assert (apl * demande).sum() == pytest.approx(offre.sum(), rel=1e-9, abs=1e-6)


@given(territoires(), st.integers(0, 11), st.floats(1, 10_000))
def test_one_more_doctor_lowers_the_apl_nowhere(territoire, rang, actes):
    points, demande, offre = territoire
    poids = build_poids_a_vol_d_oiseau(points[:, 0], 46 + points[:, 1], MEDECINS_2023.paliers)
    avant = compute_apl(poids, demande, offre)
    plus = offre.copy()
    plus[rang % len(offre)] += actes
    apres = compute_apl(poids, demande, plus)
    assert (apres >= avant - 1e-9).all()
    assert apres[rang % len(offre)] > avant[rang % len(offre)]


def test_several_professions_at_once_give_the_same_as_one_by_one():
    poids = build_poids([[0, 12], [12, 0]], MEDECINS_2023.paliers)
    ensemble = compute_apl(poids, [100, 300], np.array([[10.0, 5.0], [0.0, 7.0]]))
    assert ensemble[:, 1] == pytest.approx(compute_apl(poids, [100, 300], [5, 7]))


@given(st.integers(0, 500), arrays(np.float64, 7, elements=st.floats(0, 1e5)))
def test_sharing_doctors_loses_none(nombre, poids):
    parts = allocate(nombre, poids)
    assert parts.sum() == (nombre if poids.sum() > 0 else 0)
    assert (parts == np.floor(parts)).all()


def test_standardising_keeps_the_number_of_inhabitants_and_weighs_the_old_more():
    ages = np.array([[100.0, 700, 200], [np.nan] * 3, [400, 600, 0]])
    standardisee = standardise_population(np.array([1000.0, 500, 1000]), ages)
    assert standardisee.sum() == pytest.approx(2500)
    assert standardisee[0] > standardisee[2]


@pytest.mark.parametrize("profession", MODELES)
def test_classes_are_cut_by_share_of_population(profession):
    modele = MODELES[profession]
    assert sum(part for _, part in modele.classes) == pytest.approx(1)
    indicateur, population = np.arange(10_000.0), np.ones(10_000)
    niveaux = cut_by_population(indicateur, population, modele.classes)
    for niveau, part in modele.classes:
        assert (niveaux == niveau).mean() == pytest.approx(part, abs=1e-3)
    assert (niveaux[0], niveaux[-1]) == (modele.classes[0][0], modele.classes[-1][0])
