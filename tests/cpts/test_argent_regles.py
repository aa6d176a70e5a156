"""The money of the ACI, to the cent: cases computed by hand, and sums that always reconcile."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cpts.regles.argent import (
    Plafond,
    add_up,
    compute_fixe,
    count_mois,
    is_majoree,
    list_annees,
    share_variable,
)
from cpts.regles.etapes import add_annees

CAS = yaml.safe_load((Path(__file__).parent.parent / "scenarios/aci/chalonnais.yaml").read_text("utf-8"))
TAUX = Decimal("0.75")
MONTANTS = st.decimals(min_value=0, max_value=500_000, places=2)
JOURS = st.dates(date(2019, 8, 25), date(2035, 12, 31))


def euros(texte):
    return None if texte is None else Decimal(texte)


@pytest.mark.parametrize("cas", CAS, ids=[cas["nom"] for cas in CAS])
def test_a_payment_computed_by_hand(cas):
    annees = list_annees(cas["signe_le"], date(2040, 1, 1))
    fixe = compute_fixe(
        euros(cas["annuel"]),
        annees[cas["rang"] - 1],
        cas["demarree_le"],
        taux=TAUX,
        par_mois=cas.get("par_mois", False),
    )
    assert (fixe.du, fixe.avance, fixe.solde) == (euros(cas["du"]), euros(cas["avance"]), euros(cas["solde"]))
    assert (fixe.avance_le, fixe.solde_le) == (cas.get("avance_le"), cas.get("solde_le"))


@settings(max_examples=200, deadline=None)
@given(signe_le=JOURS, annuel=MONTANTS, attente=st.integers(0, 1900), par_mois=st.booleans())
def test_advances_and_balances_make_what_is_due(signe_le, annuel, attente, par_mois):
    demarree_le = signe_le + timedelta(days=attente)
    annees = list_annees(signe_le, add_annees(signe_le, 5))
    assert [annee.arret for annee in annees] == [None] * 5
    fixes = [compute_fixe(annuel, annee, demarree_le, taux=TAUX, par_mois=par_mois) for annee in annees]
    for fixe in fixes:
        assert fixe.avance + fixe.solde == fixe.du
        assert 0 <= fixe.solde <= fixe.du <= annuel
    assert add_up(f.du for f in fixes) == add_up(f.avance for f in fixes) + add_up(f.solde for f in fixes)


@settings(max_examples=200, deadline=None)
@given(
    annuel=MONTANTS,
    taux=st.lists(st.none() | st.decimals(min_value=0, max_value=1, places=4), min_size=1, max_size=12),
)
def test_the_shares_of_a_variable_part_make_the_whole(annuel, taux):
    parts = share_variable(annuel, taux)
    assert sum(part.part for part in parts) == annuel
    assert max(p.part for p in parts) - min(p.part for p in parts) <= Decimal("0.01")
    estimees = add_up(part.estimation for part in parts)
    assert estimees.montant <= annuel
    assert estimees.partielle == (None in taux)


@given(signe_le=JOURS, ans=st.integers(1, 12))
def test_the_years_of_a_contract_follow_each_other(signe_le, ans):
    annees = list_annees(signe_le, signe_le + timedelta(days=365 * ans))
    assert [annee.rang for annee in annees] == list(range(1, len(annees) + 1))
    assert annees[0].debut == signe_le
    assert all(avant.fin == apres.debut for avant, apres in pairwise(annees))


def test_an_unknown_sum_says_at_least():
    somme = add_up([Decimal("10.10"), None, Decimal("0.05")])
    assert (somme.montant, somme.partielle) == (Decimal("10.15"), True)


@pytest.mark.parametrize(
    ("jour", "majoree"),
    [(date(2021, 12, 30), True), (date(2021, 12, 31), None), (date(2022, 1, 1), False)],
)
def test_the_increase_leaves_its_own_day_undecided(jour, majoree):
    assert is_majoree(jour) is majoree


@pytest.mark.parametrize(
    ("debut", "mois"),
    [(date(2025, 2, 24), 8), (date(2025, 2, 27), 7), (date(2024, 9, 27), 12), (date(2025, 9, 26), 1)],
)
def test_a_month_that_has_begun_counts(debut, mois):
    assert count_mois(debut, date(2025, 9, 27)) == mois


@pytest.mark.parametrize(
    ("recu", "plafond", "depasse"), [("43992", "43992", False), ("43992.01", "43992", True), ("99999", None, None)]
)
def test_the_cap_is_passed_by_a_cent_and_unknown_without_an_amount(recu, plafond, depasse):
    assert Plafond(Decimal(recu), euros(plafond)).depasse is depasse
