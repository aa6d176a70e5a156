"""The drill of the breakdowns, in a file of its own: it measures answers, no other drill runs meanwhile."""

from tests.drills.lancer import finish, start_drill


def test_frozen_or_absent_queue_and_stopped_base_cost_visitors_nothing_more():
    assert "Fautes 0" in finish(start_drill("--acte", "pannes"))
