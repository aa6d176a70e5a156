"""JSON bodies that anyone may send: accepted exactly, or refused with a French sentence."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.api.corps import PROFONDEUR_MAX, display_nom, read_json
from portal.core.api.problemes import RequeteInvalide

REFUS = {
    b"": "vide",
    b"  \n": "vide",
    b"{": "ligne 1, colonne 2",
    b"{'a': 1}": "ligne 1",
    b'{"a": 1} x': "ligne 1, colonne 10",
    b'{"a": NaN}': "NaN",
    b'{"a": -Infinity}': "Infinity",
    b'{"a": 1, "a": 2}': "deux fois",
    b'{"b": {"a": 1, "a": 2}}': "deux fois",
    b'{"a": 1e400}': "chiffres",
    b'{"a": 1e999999999999999999999}': "chiffres",
    b'{"a": 12345678901234567}': "chiffres",
    b'{"a": 0.' + b"1" * 5000 + b"}": "chiffres",
    b'{"a": ' + b"9" * 5000 + b"}": "chiffres",
    b'{"a": "\\u0000"}': "nul",
    b'{"\\u0000": 1}': "nul",
    b'{"a": ["\\ud800"]}': "Unicode",
    b'{"a": "\xff"}': "UTF-8",
    b"\xef\xbb\xbf{}": "ligne 1",
    '{"a": 1}'.encode("utf-16"): "UTF-8",
    b"[" * 60_000: "niveaux",
    b'{"a":' * 10_000 + b"1" + b"}" * 10_000: "niveaux",
}


@pytest.mark.parametrize(("corps", "mot"), REFUS.items(), ids=lambda valeur: repr(valeur)[:30])
def test_a_body_that_two_readers_would_read_differently_is_refused(corps, mot):
    with pytest.raises(RequeteInvalide) as refus:
        read_json(corps)
    assert mot in str(refus.value.detail)


def test_a_repeated_key_is_named():
    with pytest.raises(RequeteInvalide) as refus:
        read_json(b'{"faits": {"secteur": "1", "secteur": "2"}}')
    assert refus.value.erreurs == {"secteur": ["Clé écrite deux fois."]}


def test_numbers_stay_exact():
    assert read_json(b'{"jours": 2.5, "age": 59}') == {"jours": Decimal("2.5"), "age": 59}


@pytest.mark.parametrize("niveaux", [PROFONDEUR_MAX, PROFONDEUR_MAX + 1])
def test_the_depth_is_bounded_to_the_level(niveaux):
    corps = b"[" * niveaux + b"]" * niveaux
    if niveaux <= PROFONDEUR_MAX:
        assert isinstance(read_json(corps), list)
    else:
        with pytest.raises(RequeteInvalide):
            read_json(corps)


def test_brackets_inside_texts_are_not_depth():
    assert read_json(b'{"a": "' + b"[" * 500 + b'\\"{{{"}') == {"a": "[" * 500 + '"{{{'}


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_never_worse(corps):
    with suppress(RequeteInvalide):
        read_json(corps)


def test_a_name_sent_back_is_short_and_printable():
    assert display_nom("a\x1b[31m\u202e" + "b" * 100) == "a�[31m�" + "b" * 53 + "…"
