"""The drills in short, and what they rest upon: a judge that sees a mix, routes that all have an example."""

from collections import Counter

import pytest

from tests.drills.adresses import list_routes
from tests.drills.lancer import finish, start_drill
from tests.drills.lecteur import Temoin
from tests.drills.scene import SORTES


@pytest.fixture(scope="module")
def morts():
    """The drill and its control at once: each has its own servers, and both wait more than they compute."""
    lances = {"exercice": start_drill(), "temoin": start_drill("--sans-outbox", "--suivis", "60")}
    yield lances
    for lance in lances.values():
        lance.terminate()  # asks nothing of one that ended; erases the folder of the other
        lance.wait(60)
        lance.stdout.close()


def test_killed_in_every_way_nothing_is_lost_told_twice_or_mixed(morts):
    sortie = finish(morts["exercice"])
    assert "Perdus 0, en double 0" in sortie
    assert "mélanges 0" in sortie
    assert all(f"'{sorte}': 1" in sortie for sorte in SORTES), sortie


def test_the_control_without_the_outbox_loses(morts):
    assert "il perd, comme prévu" in finish(morts["temoin"])


def test_no_two_routes_share_a_name():
    doubles = [nom for nom, fois in Counter(list_routes()).items() if fois > 1]
    assert doubles == []


@pytest.fixture
def temoin():
    return Temoin(offres={"94/medecin": ["a", "b"]}, zones={"94/medecin": ["A", "B"]})


def read(temoin, *, offre="a", zone="A", timbre="1"):
    temoin.judge([("94/medecin", timbre, offre, zone)])
    return temoin.melanges


def test_readings_of_states_that_exist_are_no_mix(temoin):
    read(temoin)
    read(temoin, offre="b", timbre="2")
    assert read(temoin, offre="b", zone="B", timbre="2") == []
    assert len(temoin.etats) == 3


@pytest.mark.parametrize("champs", [{"offre": "ab"}, {"zone": "AB"}, {"offre": None}, {"zone": None}])
def test_a_reading_of_no_state_is_a_mix(temoin, champs):
    assert len(read(temoin, **champs)) == 1


def test_a_stamp_that_shows_two_tables_is_a_mix(temoin):
    read(temoin)
    assert len(read(temoin, offre="b")) == 1
