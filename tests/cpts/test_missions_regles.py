"""Deadlines to the day, where a mission stands, how far an indicator has come."""

from datetime import date
from decimal import Decimal

import pytest

from cpts.enums import StatutMission, TypeMission
from cpts.regles.missions import Alerte, add_mois, compute_avancement, compute_limites, compute_taux

SIGNE_LE = date(2024, 9, 27)


@pytest.mark.parametrize(
    ("mission", "demarrage", "deploiement"),
    [
        (TypeMission.ACCES_SOINS, date(2025, 3, 27), date(2026, 3, 27)),
        (TypeMission.PARCOURS, date(2025, 9, 27), date(2026, 9, 27)),
        (TypeMission.PREVENTION, date(2025, 9, 27), date(2026, 9, 27)),
        (TypeMission.CRISE, date(2025, 3, 27), date(2026, 3, 27)),
        (TypeMission.QUALITE, None, None),
        (TypeMission.ACCOMPAGNEMENT, None, None),
    ],
)
def test_the_deadlines_of_the_aci_of_the_chalonnais(mission, demarrage, deploiement):
    assert compute_limites(mission, SIGNE_LE) == (demarrage, deploiement)


@pytest.mark.parametrize(
    ("jour", "mois", "attendu"),
    [
        (date(2024, 8, 31), 6, date(2025, 2, 28)),
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2024, 12, 1), 1, date(2025, 1, 1)),
        (date(2024, 3, 31), 18, date(2025, 9, 30)),
    ],
)
def test_months_end_on_a_day_that_exists(jour, mois, attendu):
    assert add_mois(jour, mois) == attendu


@pytest.mark.parametrize(
    ("au", "alerte"),
    [
        (date(2025, 1, 25), Alerte.A_TEMPS),
        (date(2025, 1, 26), Alerte.RISQUE),
        (date(2025, 3, 27), Alerte.RISQUE),
        (date(2025, 3, 28), Alerte.RETARD),
    ],
)
def test_a_mission_to_start_is_late_the_day_after_its_deadline(au, alerte):
    lu = compute_avancement(StatutMission.A_DEMARRER, date(2025, 3, 27), date(2026, 3, 27), au=au)
    assert (lu.alerte, lu.limite) == (alerte, date(2025, 3, 27))


def test_a_started_mission_looks_at_its_deployment_and_a_deployed_one_at_nothing():
    au = date(2026, 3, 28)
    assert compute_avancement(StatutMission.DEMARREE, date(2025, 3, 27), date(2026, 3, 27), au=au).alerte == "retard"
    assert compute_avancement(StatutMission.DEPLOYEE, date(2025, 3, 27), date(2026, 3, 27), au=au).alerte == "faite"
    assert compute_avancement(StatutMission.A_DEMARRER, None, None, au=au).alerte == "libre"


@pytest.mark.parametrize(
    ("depart", "objectif", "valeur", "taux"),
    [
        (None, "4", "1", "0.25"),
        ("10", "20", "15", "0.5"),
        ("12", "8", "9", "0.75"),  # a decrease that is wanted
        ("0", "4", "9", "1"),
        ("10", "20", "5", "0"),
        ("5", "5", "5", "1"),
        ("5", "5", "4", "0"),
        (None, None, "3", None),
        (None, "4", None, None),
    ],
)
def test_a_rate_goes_from_the_start_to_the_objective(depart, objectif, valeur, taux):
    lus = [None if lu is None else Decimal(lu) for lu in (depart, objectif, valeur, taux)]
    assert compute_taux(*lus[:3]) == lus[3]
