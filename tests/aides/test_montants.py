"""Amounts: exact decimals, ranges when a fact is missing, instalments that add up."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aides.regles.calculs import Forfait, Pourcentage, round_centime
from aides.regles.montants import (
    Bareme,
    Composante,
    Periodicite,
    Versement,
    compute_montant,
    format_euros,
    format_fourchette,
    split_versements,
)
from aides.regles.references import Reference
from aides.regles.situation import Contexte

REFERENCE = Reference("texte", "Un texte", date(2026, 11, 1))
TIERS = tuple(
    Versement(Decimal(part), "Versement", mois, REFERENCE) for part, mois in (("0.3", 0), ("0.3", 12), ("0.4", 24))
)


def build_contexte(**faits):
    return Contexte(faits, date(2024, 6, 3), date(2024, 6, 3), None)


@given(st.decimals(min_value=0, max_value=10**6, places=2))
def test_instalments_add_up_to_the_cent(total):
    versements = split_versements(Bareme((), TIERS), total, date(2024, 2, 29))
    assert sum(versement.montant for versement in versements) == total
    assert all(versement.montant == round_centime(versement.montant) for versement in versements)
    assert [versement.jour for versement in versements] == [date(2024, 2, 29), date(2025, 2, 28), date(2026, 2, 28)]


@pytest.mark.parametrize(("montant", "attendu"), [("0.005", "0.01"), ("0.004", "0.00"), ("2.675", "2.68")])
def test_rounding_is_commercial(montant, attendu):
    assert round_centime(Decimal(montant)) == Decimal(attendu)


@pytest.mark.parametrize(
    ("honoraires", "secteur", "taux", "minimum", "maximum"),
    [
        (150_000, "secteur_1", None, 15_000, 15_000),
        (250_000, "secteur_1", None, 20_000, 20_000),
        (None, "secteur_1", None, 0, 20_000),
        (300_000, "secteur_2", 50, 10_000, 15_000),
        (100_000, "secteur_2", 50, 5_000, 5_000),
        (100_000, "secteur_2", None, 0, 10_000),
        (100_000, None, 50, 5_000, 10_000),
    ],
)
def test_a_share_of_fees_is_capped_and_prorated(honoraires, secteur, taux, minimum, maximum):
    faits = {"honoraires_annuels": honoraires, "secteur": secteur, "taux_opposable": taux}
    contexte = build_contexte(**{code: valeur for code, valeur in faits.items() if valeur is not None})
    calcul = Pourcentage("honoraires_annuels", Decimal("0.1"), Decimal(20_000), prorata_opposable=True)
    fourchette = calcul.compute(contexte)
    assert (fourchette.minimum, fourchette.maximum) == (minimum, maximum)


def test_knowing_more_narrows_the_range_of_a_share():
    calcul = Pourcentage("honoraires_annuels", Decimal("0.1"), Decimal(20_000), prorata_opposable=True)
    large = calcul.compute(build_contexte(secteur="secteur_2", honoraires_annuels=300_000))
    etroite = calcul.compute(build_contexte(secteur="secteur_2", honoraires_annuels=300_000, taux_opposable=100))
    assert large.minimum <= etroite.minimum
    assert etroite.maximum <= large.maximum


def test_an_amount_is_a_decimal_never_a_float():
    composante = Composante("a", "Aide", Periodicite.UNIQUE, Forfait(Decimal("0.10")), REFERENCE)
    montant = compute_montant(Bareme((composante,) * 3), build_contexte())
    assert montant.minimum == Decimal("0.30")
    assert isinstance(montant.minimum, Decimal)


def test_nothing_paid_is_no_amount():
    composante = Composante("a", "Aide", Periodicite.UNIQUE, Forfait(Decimal(0)), REFERENCE)
    assert compute_montant(Bareme((composante,)), build_contexte()) is None


@pytest.mark.parametrize(
    ("minimum", "maximum", "texte"),
    [
        (Decimal(43_750), Decimal(43_750), "43\u202f750\u00a0€"),
        (Decimal(0), Decimal(20_000), "Jusqu'à 20\u202f000\u00a0€"),
        (Decimal(5_000), Decimal(10_000), "De 5\u202f000\u00a0€ à 10\u202f000\u00a0€"),
        (Decimal(0), None, "Montant à préciser"),
    ],
)
def test_an_amount_reads_in_french(minimum, maximum, texte):
    assert format_fourchette(minimum, maximum, Periodicite.UNIQUE) == texte


def test_euros_keep_their_cents_only_when_there_are_some():
    assert format_euros(Decimal("1234.5")) == "1\u202f234,50\u00a0€"
    assert format_euros(Decimal("1234.00")) == "1\u202f234\u00a0€"


@pytest.mark.parametrize(
    ("annees", "texte", "ligne"),
    [
        (None, "30\u202f000\u00a0€ par an", "30\u202f000\u00a0€ par an"),
        ((1, None), "30\u202f000\u00a0€ par an", "30\u202f000\u00a0€ par an"),
        ((1, 1), "30\u202f000\u00a0€ les douze premiers mois", "30\u202f000\u00a0€"),
        ((1, 2), "30\u202f000\u00a0€ par an les deux premières années", "30\u202f000\u00a0€ par an"),
    ],
)
def test_the_first_year_of_a_degressive_aid_is_not_said_of_every_year(annees, texte, ligne):
    composante = Composante("a", "Aide", Periodicite.PAR_AN, Forfait(Decimal(30_000)), REFERENCE, annees=annees)
    suite = Composante("b", "Suite", Periodicite.PAR_AN, Forfait(Decimal(9_000)), REFERENCE, annees=(3, 3))
    montant = compute_montant(Bareme((composante, suite)), build_contexte())
    assert montant.texte == texte
    assert [lue.texte for lue in montant.lignes] == [ligne, "9\u202f000\u00a0€"]
