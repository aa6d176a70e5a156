"""No small number is shown, and none is found by taking published sums from one another."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prevention.calculs.secret import SEUIL, Somme, find_exposees, hide_cellules, is_petit
from prevention.calculs.taux import Effectif


def test_the_threshold_is_of_both_sides():
    assert is_petit(Effectif(10, 100))
    assert not is_petit(Effectif(11, 100))
    assert is_petit(Effectif(90, 100))
    assert not is_petit(Effectif(89, 100))
    assert not is_petit(Effectif(11, None))


def test_one_small_part_hides_the_smallest_of_the_others():
    effectifs = {
        "total": Effectif(105, 400), "a": Effectif(5, 100), "b": Effectif(40, 150), "c": Effectif(60, 150)
    }  # fmt: skip
    primaires, secondaires = hide_cellules(effectifs, [Somme("total", frozenset("abc"))])
    assert (primaires, secondaires) == ({"a"}, {"b"})


def test_nothing_small_hides_nothing():
    effectifs = {"total": Effectif(100, 400), "a": Effectif(40, 200), "b": Effectif(60, 200)}
    assert hide_cellules(effectifs, [Somme("total", frozenset("ab"))]) == (set(), set())


def test_a_part_alone_under_its_total_takes_the_total_with_it():
    effectifs = {"total": Effectif(5, 50), "a": Effectif(5, 50)}
    assert hide_cellules(effectifs, [Somme("total", frozenset("a"))])[0] == {"total", "a"}


def test_a_chain_of_sums_is_followed():
    """Two cuts of the same communes: what one hides, the other must not give back."""
    sommes = [Somme("e1", frozenset("ab")), Somme("e2", frozenset("cd")), Somme("t", frozenset("abcd"))]
    effectifs = {
        "a": Effectif(3, 60), "b": Effectif(30, 100), "c": Effectif(40, 100), "d": Effectif(50, 100),
        "e1": Effectif(33, 160), "e2": Effectif(90, 200), "t": Effectif(123, 360),
    }  # fmt: skip
    primaires, secondaires = hide_cellules(effectifs, sommes)
    assert primaires == {"a"}
    assert find_exposees(sommes, effectifs.keys() - primaires - secondaires) == set()


@st.composite
def territoires(draw):
    """Communes in EPCI, in a CPTS that cuts across them, and in a département."""
    nombre = draw(st.integers(2, 9))
    communes = {
        f"c{rang}": Effectif(min(n, d), d)
        for rang, (n, d) in enumerate(
            draw(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 90)), min_size=nombre, max_size=nombre))
        )
    }
    epci = {code: draw(st.sampled_from(["e1", "e2", "e3"])) for code in communes}
    cpts = frozenset(draw(st.sets(st.sampled_from(sorted(communes)), min_size=1)))
    groupes = {"d": frozenset(communes), "p": cpts}
    groupes |= {nom: frozenset(c for c, e in epci.items() if e == nom) for nom in set(epci.values())}
    effectifs = dict(communes)
    for nom, parts in groupes.items():
        effectifs[nom] = Effectif(
            sum(communes[c].numerateur for c in parts), sum(communes[c].denominateur or 0 for c in parts)
        )
    sommes = [Somme(nom, parts) for nom, parts in groupes.items()]
    return effectifs, [*sommes, Somme("d", frozenset(set(epci.values())))]


def _rang(lignes):
    """The rank of a small matrix of integers, without division (another road than the one under test)."""
    lignes = [list(ligne) for ligne in lignes if any(ligne)]
    rang = 0
    for colonne in range(len(lignes[0]) if lignes else 0):
        pivot = next((i for i in range(rang, len(lignes)) if lignes[i][colonne]), None)
        if pivot is None:
            continue
        lignes[rang], lignes[pivot] = lignes[pivot], lignes[rang]
        for i in range(rang + 1, len(lignes)):
            a, b = lignes[rang][colonne], lignes[i][colonne]
            if b:
                lignes[i] = [a * y - b * x for x, y in zip(lignes[rang], lignes[i], strict=True)]
        rang += 1
    return rang


@settings(max_examples=150, deadline=None)
@given(territoires())
def test_no_difference_of_published_figures_gives_a_hidden_one(tire):
    effectifs, sommes = tire
    primaires, secondaires = hide_cellules(effectifs, sommes)
    cachees = primaires | secondaires
    assert all(is_petit(effectifs[cle]) == (cle in primaires) for cle in effectifs)
    ordre = sorted(cachees)
    systeme = [[(cle in somme.parts) - (cle == somme.total) for cle in ordre] for somme in sommes]
    for rang, cle in enumerate(ordre):
        seule = [int(autre == rang) for autre in range(len(ordre))]
        assert _rang([*systeme, seule]) == _rang(systeme) + 1, cle


@settings(max_examples=100, deadline=None)
@given(territoires())
def test_the_others_of_a_published_total_are_never_few(tire):
    effectifs, sommes = tire
    primaires, secondaires = hide_cellules(effectifs, sommes)
    cachees = primaires | secondaires
    for somme in sommes:
        masquees = somme.parts & cachees
        if somme.total not in cachees and masquees:
            assert sum(effectifs[cle].numerateur for cle in masquees) >= SEUIL


@pytest.mark.parametrize("seuil", [5, 11])
def test_a_lower_threshold_hides_less(seuil):
    effectifs = {"t": Effectif(66, 300), "a": Effectif(6, 100), "b": Effectif(60, 200)}
    primaires, _ = hide_cellules(effectifs, [Somme("t", frozenset("ab"))], seuil)
    assert ("a" in primaires) is (seuil == 11)


def test_find_exposees_agrees_with_every_pair_of_a_triangle():
    sommes = [Somme("ab", frozenset("ab")), Somme("bc", frozenset("bc")), Somme("ca", frozenset("ca"))]
    publiees = {"ab", "bc", "ca"}
    assert find_exposees(sommes, publiees) == set("abc")
    for enlevee in combinations(sorted(publiees), 1):
        assert find_exposees(sommes, publiees - set(enlevee)) == set()
