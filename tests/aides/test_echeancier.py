"""What every schedule keeps: the sum to the cent, days in order, half-open periods without a hole."""

import os
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aides.catalogue import DOSSIER, national
from aides.regles.calculs import ZERO
from aides.regles.chargement import load_texte
from aides.regles.echeancier import EcheancierImpossible
from aides.regles.echeancier_regles import Granularite, Rythme
from aides.regles.ecriture import RegleInvalide
from aides.regles.fin_anticipee import compute_delais
from aides.regles.obligations import build_echeancier
from aides.regles.prorata import part_annee, part_restante
from aides.regles.situation import Contexte, ZoneLue

CHEMIN_CAIM = DOSSIER / "caim.yaml"
JOURS = st.dates(date(2013, 1, 1), date(2035, 12, 31))
EUROS = st.decimals(Decimal("0.01"), Decimal(500_000), places=2)
VERSIONS = [(d, v) for d in national().dispositifs for v in d.versions]
PAYANTES = [(d, v) for d, v in VERSIONS if v.echeancier and v.echeancier.rythme is not Rythme.AUCUN]
FAITS = {
    "jours_semaine": Decimal("3.5"),
    "hopital_proximite": False,
    "assistant_etp": "un",
    "patientele": "p30",
    "secteur": "secteur_1",
    "specialite": "generaliste",
    "exercice_coordonne": "engagement",
}


def contexte(jour: date) -> Contexte:
    return Contexte(FAITS, jour, jour, ZoneLue("zip"))


@settings(max_examples=int(os.environ.get("MAILLAGE_EXEMPLES", "2000")), deadline=None)
@given(st.sampled_from(PAYANTES), JOURS, EUROS)
def test_exact_payments_add_up_to_what_was_granted(payante, effet, accorde):
    """A granted total is shared to the cent; what depends on an activity stays open, under its cap."""
    dispositif, version = payante
    terme = effet + timedelta(days=400) if dispositif.code == "cesp" else None
    if dispositif.code == "cesp":
        accorde = None
    echeancier = build_echeancier(dispositif, version, contexte(effet), effet=effet, terme=terme, accorde=accorde)
    lignes = echeancier.versements
    assert lignes
    if version.echeancier.rythme is Rythme.PARTS:
        assert echeancier.total == accorde
    if version.echeancier.rythme is Rythme.ANNEES and echeancier.total is not None:
        assert echeancier.total == accorde
    assert all(ligne.montant is None or ligne.montant >= ZERO for ligne in lignes)
    assert all(ligne.montant is not None or ligne.a_instruire for ligne in lignes)
    assert all(ligne.le >= effet for ligne in lignes)
    assert len({(ligne.code, ligne.rang) for ligne in lignes}) == len(lignes)
    assert all(ligne.debut is None or (ligne.fin is not None and ligne.debut < ligne.fin) for ligne in lignes)


@settings(max_examples=2_000, deadline=None)
@given(JOURS, st.integers(1, 4000))
def test_the_civil_parts_of_a_contract_are_the_whole_contract(debut, duree):
    fin = debut + timedelta(days=duree)
    parts = [part_annee(annee, debut, fin) for annee in range(debut.year, fin.year + 1)]
    assert sum(part.jours for part in parts) == duree
    assert all(0 <= part.mois <= 12 for part in parts)


@settings(max_examples=2_000, deadline=None)
@given(JOURS, st.integers(1, 3000), st.integers(0, 3000), EUROS)
def test_what_remains_is_between_nothing_and_all(effet, duree, ecoule, montant):
    terme = effet + timedelta(days=duree)
    part = part_restante(effet, terme, effet + timedelta(days=ecoule))
    for granularite in Granularite:
        assert ZERO <= part.apply(montant, granularite) <= montant


def test_a_contract_without_a_fixed_duration_asks_its_term():
    cesp = national().dispositif("cesp")
    with pytest.raises(EcheancierImpossible, match="Donnez le terme"):
        build_echeancier(cesp, cesp.versions[-1], contexte(date(2026, 9, 1)), effet=date(2026, 9, 1))


def test_a_term_before_the_effect_is_refused():
    cesp = national().dispositif("cesp")
    jour = date(2026, 9, 1)
    with pytest.raises(EcheancierImpossible, match="vient après"):
        build_echeancier(cesp, cesp.versions[-1], contexte(jour), effet=jour, terme=jour)


@pytest.mark.parametrize(
    ("code", "par", "observations", "effet"),
    [
        # MK: in force on reception; the caisse: one month for observations
        ("caccmk", "titulaire", None, date(2026, 1, 31)),
        ("caccmk", "cpam", date(2026, 2, 28), date(2026, 2, 28)),
        # CDE: two months of notice
        ("cde", "titulaire", None, date(2026, 3, 31)),
        ("cde", "ars", date(2026, 2, 28), date(2026, 2, 28)),
    ],
)
def test_the_delays_of_a_notification(code, par, observations, effet):
    dispositif = national().dispositif(code)
    delais = compute_delais(dispositif.versions[-1], par=par, notifiee_le=date(2026, 1, 31))
    assert (delais.observations_jusqu_au, delais.effet_au_plus_tot) == (observations, effet)


def test_an_unknown_delay_says_so():
    caim = national().dispositif("caim")
    delais = compute_delais(caim.versions[-1], par="titulaire", notifiee_le=date(2026, 1, 31))
    assert delais.effet_au_plus_tot == date(2026, 1, 31)
    assert "ne sont pas vérifiés" in delais.a_instruire


@pytest.mark.parametrize(
    ("avant", "apres", "faute"),
    [
        ("      cadence: par_an\n", "      cadence: parfois\n", "inconnue"),
        ("      cadence: une_fois\n      mois: 24\n", "      cadence: une_fois\n", "va avec"),
        ("  rythme: parts\n  reference: fiche_publique\n", "  rythme: parts\n", "il manque reference"),
        (
            "  rythme: parts\n  reference: fiche_publique\n",
            "  rythme: aucun\n  reference: fiche_publique\n",
            "pourquoi",
        ),
        ("    regle: prorata_restant\n", "    regle: a_instruire\n", "n'est pas vérifié"),
        ("    - code: pdsa\n", "    - code: jours_semaine\n", "même code"),
    ],
)
def test_a_schedule_badly_written_does_not_load(avant, apres, faute):
    texte = CHEMIN_CAIM.read_text(encoding="utf-8")
    assert avant in texte
    with pytest.raises(RegleInvalide, match=faute):
        load_texte(texte.replace(avant, apres, 1))


def test_a_value_whose_reference_nobody_read_does_not_load():
    texte = CHEMIN_CAIM.read_text(encoding="utf-8")
    sans = texte.replace(
        "references:\n", "references:\n  jamais_lue:\n    texte: Un texte que personne n'a relu\n", 1
    ).replace("  rythme: parts\n  reference: fiche_publique\n", "  rythme: parts\n  reference: jamais_lue\n", 1)
    with pytest.raises(RegleInvalide, match="verifie_le"):
        load_texte(sans)
