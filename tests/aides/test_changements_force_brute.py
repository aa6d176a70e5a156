"""The smallest changes that make somebody eligible, against a search through every set of discrete facts."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import combinations

import pytest

from aides.regles.changements import ZONE, Modification, apply, search_changements
from aides.regles.conditions import DansZone, walk
from aides.regles.dispositifs import Version
from aides.regles.faits import FAITS, TypeFait
from aides.regles.lecteur import open_contexte
from aides.regles.situation import Situation, Valeur
from tests.aides.situations_tirees import VERSIONS, Tireur

CAS = 40
Ensemble = frozenset[tuple[str, Valeur]]


@cache
def draw_refused(version: Version) -> list[tuple[date, Situation]]:
    """Persons of whom the version knows everything, who are not eligible, often for one or two reasons only."""
    tires = Tireur(20260101, [version]).draw_many(CAS * 10)
    cas = [(t.au, t.situation) for t in tires if set(version.faits) <= set(t.situation.faits)]
    return [(au, situation) for au, situation in cas if not is_eligible(version, situation, au)][:CAS]


def is_eligible(version: Version, situation: Situation, au: date) -> bool:
    return version.conditions.evaluate(open_contexte(version, situation, au)).verdict is True


def list_moves(version: Version, situation: Situation, au: date) -> Iterator[Modification]:
    """Every value of every short list that the person can decide to reach, and every niveau that the text names."""
    for code in version.faits:
        fait, avant = FAITS[code], situation.faits[code]
        possibles = (True, False) if fait.type is TypeFait.BOOL else tuple(valeur for valeur, _ in fait.choix)
        for apres in possibles:
            permis = any(depart in (None, avant) and arrivee == apres for depart, arrivee, _ in fait.passages)
            if permis and apres != avant:
                yield Modification(code, avant, apres, "")
    lue = open_contexte(version, situation, au).zone
    if lue is not None and lue.niveau is not None:
        feuilles = [noeud for noeud in walk(version.conditions) if isinstance(noeud, DansZone)]
        for niveau in {niveau for feuille in feuilles for niveau in feuille.niveaux} - {lue.niveau}:
            yield Modification(ZONE, lue.niveau, niveau, "")


def search_by_force(version: Version, situation: Situation, au: date) -> set[Ensemble]:
    """All the sets of one or two moves that make eligible, then those of which no part does."""
    moves = list(list_moves(version, situation, au))
    essais = [*((move,) for move in moves), *combinations(moves, 2)]
    gagnants = {
        frozenset((move.fait, move.apres) for move in essai)
        for essai in essais
        if len({move.fait for move in essai}) == len(essai) and is_eligible(version, apply(situation, essai), au)
    }
    return {gagnant for gagnant in gagnants if not any(autre < gagnant for autre in gagnants)}


def read_discrete(version: Version, situation: Situation, au: date) -> set[Ensemble]:
    """What the portal proposes, without the sets that move a number or wait."""
    propositions = [
        frozenset((m.fait, m.apres) for m in changement.modifications)
        for changement in search_changements(version, situation, au=au, fin=None)
        if all(
            m.fait == ZONE or FAITS[m.fait].type in (TypeFait.BOOL, TypeFait.CHOIX) for m in changement.modifications
        )
    ]
    assert len(propositions) == len(set(propositions))
    return set(propositions)


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: f"{version.dispositif}_{version.code}")
def test_the_smallest_changes_equal_brute_force_over_the_discrete_facts(version):
    cas = draw_refused(version)
    assert cas
    for au, situation in cas:
        assert read_discrete(version, situation, au) == search_by_force(version, situation, au), (au, situation)


def test_the_persons_drawn_have_changes_to_find():
    """Else the equality above would hold between empty sets."""
    trouves = [read_discrete(version, s, au) for version in VERSIONS[::3] for au, s in draw_refused(version)[:20]]
    assert sum(map(bool, trouves)) > len(VERSIONS) // 3
