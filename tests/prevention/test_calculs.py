"""The formulas, the oddities, the priorities: pure, by hand and by hypothesis."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prevention.calculs.ecarts import find_ecarts
from prevention.calculs.priorites import rank_priorites
from prevention.calculs.secret import Somme
from prevention.calculs.sommes import find_fausses
from prevention.calculs.taux import (
    Effectif,
    TauxImpossible,
    add_effectifs,
    compute_couverture,
    compute_deux_ans,
    compute_taux,
    count_eligibles,
    find_tranche,
)


def test_participation_takes_the_exclusions_out():
    assert compute_taux(Effectif(30, 120, 20)) == 30
    assert compute_taux(Effectif(30, 120)) == 25


def test_the_colorectal_rate_of_the_domain():
    assert round(float(compute_taux(Effectif(6_156_800, 20_800_000)) or 0), 1) == 29.6


def test_a_rate_over_two_years_divides_by_the_mean_population():
    assert compute_taux(compute_deux_ans((1500, 1400), (10_000, 10_200))) == Fraction(290_000, 10_100)


def test_coverage_is_not_participation():
    organise, individuel, population = 500, 100, 1000
    assert compute_taux(Effectif(organise, population)) == 50
    assert compute_taux(compute_couverture(organise, individuel, population)) == 60


@pytest.mark.parametrize(("age", "tranche"), [(17, None), (18, (18, 25)), (25, (18, 25)), (26, None), (44, None)])
def test_bands_of_the_bilan_begin_and_end_on_their_birthday(age, tranche):
    assert find_tranche(age) == tranche


@pytest.mark.parametrize(("age", "tranche"), [(45, (45, 50)), (50, (45, 50)), (51, None), (75, (70, 75)), (76, None)])
def test_later_bands(age, tranche):
    assert find_tranche(age) == tranche


def test_eligible_people_are_those_of_the_bands():
    assert count_eligibles(dict.fromkeys(range(101), 10)) == 10 * (8 + 6 + 6 + 6)


def test_more_counted_than_meant_is_refused_never_cut():
    with pytest.raises(TauxImpossible, match="101 personnes comptées pour 100"):
        compute_taux(Effectif(101, 100))
    with pytest.raises(TauxImpossible):
        compute_taux(Effectif(90, 100, 20))


def test_no_population_no_rate():
    assert compute_taux(Effectif(19_000, None)) is None
    assert compute_taux(Effectif(0, 20, 20)) is None


effectifs = st.integers(0, 10_000).flatmap(
    lambda d: st.builds(lambda n, e: Effectif(min(n, d - e), d, e), st.integers(0, d), st.integers(0, d))
)


@given(st.lists(effectifs, min_size=1, max_size=8))
def test_a_rate_stays_between_0_and_100_and_the_sum_between_its_parts(lus):
    taux = [compute_taux(lu) for lu in lus]
    assert all(lu is None or 0 <= lu <= 100 for lu in taux)
    somme = compute_taux(add_effectifs(lus))
    connus = [lu for lu in taux if lu is not None]
    if somme is not None:
        assert min(connus) <= somme <= max(connus)


def test_a_move_out_of_the_ordinary_is_pointed_at():
    avant = {("epci", str(rang)): 50.0 for rang in range(8)}
    taux = {cle: 52.0 + (rang % 3) / 10 for rang, cle in enumerate(avant)} | {("epci", "7"): 71.0}
    (ecart,) = find_ecarts(taux, avant)
    assert (ecart.cle, ecart.avant) == (("epci", "7"), 50.0)
    assert ecart.deviations > 3


def test_everybody_moving_alike_is_no_oddity():
    avant = {("epci", str(rang)): 50.0 for rang in range(8)}
    assert find_ecarts(dict.fromkeys(avant, 60.0), avant) == []


def test_too_few_territories_are_not_judged():
    assert find_ecarts({("epci", "1"): 1.0, ("epci", "2"): 99.0}, {}) == []


def test_without_last_season_a_rate_is_compared_with_the_others():
    taux = {("epci", str(rang)): 50.0 + rang / 10 for rang in range(8)} | {("epci", "8"): 5.0}
    assert [ecart.cle for ecart in find_ecarts(taux, {})] == [("epci", "8")]


def test_where_to_act_ranks_by_people_to_reach_weighted_by_the_delay():
    lus = rank_priorites(
        [("grand", Effectif(500, 1000)), ("petit", Effectif(10, 40)), ("bon", Effectif(90, 100))], Fraction(75)
    )
    assert [lu.code for lu in lus] == ["grand", "petit", "bon"]
    grand = lus[0]
    assert (grand.joignables, grand.manquent, grand.score) == (500, 250, 125)
    assert lus[2].score == 0


def test_sums_are_judged_only_when_every_part_is_there():
    sommes = [Somme("tout", frozenset({"a", "b"}))]
    justes = {"tout": Effectif(30, 100), "a": Effectif(10, 40), "b": Effectif(20, 60)}
    assert find_fausses(justes, sommes) == []
    faux = justes | {"b": Effectif(21, 60)}
    (fausse,) = find_fausses(faux, sommes)
    assert (fausse.champ, fausse.attendu, fausse.trouve) == ("numerateur", 30, 31)
    assert find_fausses({"tout": Effectif(30, 100), "a": Effectif(10, 40)}, sommes) == []
