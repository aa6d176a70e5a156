"""The vocabulary of facts, what it accepts, and its round trip through an address."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aides.faits_url import dump_faits, parse_faits
from aides.regles.faits import FAITS, FaitInvalide, TypeFait, clean_fait, format_valeur


@st.composite
def faits(draw):
    """Any known facts, each with a value of its own domain."""
    tires = {}
    for code in draw(st.sets(st.sampled_from(list(FAITS)))):
        fait = FAITS[code]
        match fait.type:
            case TypeFait.BOOL:
                tires[code] = draw(st.booleans())
            case TypeFait.CHOIX:
                tires[code] = draw(st.sampled_from([valeur for valeur, _ in fait.choix]))
            case TypeFait.DATE:
                tires[code] = draw(st.dates(date(1950, 1, 1), date(2060, 12, 31)))
            case TypeFait.ENTIER:
                tires[code] = draw(st.integers(int(fait.minimum), int(fait.maximum)))
            case TypeFait.DECIMAL:
                tires[code] = fait.pas * draw(st.integers(1, int(fait.maximum / fait.pas)))
    return tires


@given(faits())
def test_an_address_gives_back_the_same_facts_in_one_order(connus):
    paires = dump_faits(connus)
    assert parse_faits(dict(paires)).faits == connus
    assert [code for code, _ in paires] == [code for code in FAITS if code in connus]


@settings(max_examples=300)
@given(st.sampled_from(list(FAITS)), st.text(max_size=60) | st.integers() | st.floats() | st.booleans() | st.none())
def test_any_value_is_accepted_clean_or_refused_with_a_sentence(code, brut):
    fait = FAITS[code]
    valeur, phrase = read(fait, brut)
    assert fait.libelle in phrase if phrase else valeur is None or clean_fait(fait, valeur) == valeur


def read(fait, brut):
    try:
        return clean_fait(fait, brut), ""
    except FaitInvalide as erreur:
        return None, str(erreur)


@pytest.mark.parametrize(
    ("code", "brut", "valeur"),
    [
        ("pdsa", "oui", True),
        ("pdsa", False, False),
        ("pdsa", "nsp", None),
        ("jours_semaine", "3,5", Decimal("3.5")),
        ("jours_semaine", 4, Decimal(4)),
        ("age", "61", 61),
        ("date_installation", "29/02/2024", date(2024, 2, 29)),
        ("date_installation", "2024-02-29", date(2024, 2, 29)),
        ("secteur", "secteur_1", "secteur_1"),
        ("secteur", "", None),
    ],
)
def test_a_value_is_read_as_it_is_written(code, brut, valeur):
    lue = clean_fait(FAITS[code], brut)
    assert lue == valeur
    assert type(lue) is type(valeur)


@pytest.mark.parametrize(
    ("code", "brut"),
    [
        ("pdsa", "vrai"),
        ("pdsa", 1),
        ("jours_semaine", "2.25"),
        ("jours_semaine", "0"),
        ("jours_semaine", "6.5"),
        ("jours_semaine", "NaN"),
        ("jours_semaine", float("inf")),
        ("jours_semaine", "1e400"),
        ("age", "60.5"),
        ("age", True),
        ("age", "-1"),
        ("age", ["60"]),
        ("date_installation", "31/02/2024"),
        ("date_installation", "20240229"),
        ("date_installation", "1900-01-01"),
        ("date_installation", 45561),
        ("secteur", "3"),
        ("secteur", {"secteur": 1}),
        ("profession", "médecin\0"),
    ],
)
def test_garbage_is_refused_with_the_name_of_the_fact(code, brut):
    with pytest.raises(FaitInvalide, match=FAITS[code].libelle):
        clean_fait(FAITS[code], brut)


def test_a_wrong_answer_keeps_the_others():
    lus = parse_faits({"pdsa": "oui", "age": "beaucoup", "secteur": "nsp", "autre": "x"})
    assert lus.faits == {"pdsa": True}
    assert list(lus.erreurs) == ["age"]
    assert lus.inconnus == ("secteur",)


def test_every_fact_can_be_asked_to_a_person():
    for code, fait in FAITS.items():
        assert fait.code == code
        assert fait.question.endswith("?"), code
        assert fait.aide.endswith("."), code
        assert fait.libelle[0].isupper()
        assert (fait.type is TypeFait.CHOIX) == bool(fait.choix)
        if fait.type in (TypeFait.ENTIER, TypeFait.DECIMAL):
            assert fait.minimum is not None
            assert fait.maximum is not None
            assert fait.unite


def test_what_a_fact_supposes_exists_and_comes_before_it():
    codes = list(FAITS)
    for code, fait in FAITS.items():
        if fait.suppose is not None:
            avant, valeurs = fait.suppose
            assert codes.index(avant) < codes.index(code)
            assert all(clean_fait(FAITS[avant], valeur) == valeur for valeur in valeurs)


def test_no_fact_tells_who_somebody_is():
    assert not {"nom", "prenom", "rpps", "date_naissance", "adresse", "courriel"} & set(FAITS)


@pytest.mark.parametrize(
    ("code", "valeur", "texte"),
    [
        ("jours_semaine", Decimal("3.5"), "3,5 jours par semaine"),
        ("honoraires_annuels", 150_000, "150\u202f000 € par an"),
        ("date_installation", date(2026, 1, 1), "1er janvier 2026"),
        ("pdsa", True, "Oui"),
        ("secteur", "secteur_2", "Secteur 2 sans Optam"),
    ],
)
def test_a_value_reads_in_french(code, valeur, texte):
    assert format_valeur(FAITS[code], valeur) == texte
