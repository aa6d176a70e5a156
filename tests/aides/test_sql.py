"""The compiler piece by piece: constants, months, folding, the relation from JSON, and the table of results."""

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from aides.regles.calendrier import add_mois
from aides.regles.dispositifs import JourReference
from aides.regles.faits import FAITS, TypeFait
from aides.regles.sql.colonnes import COLONNES, COLONNES_FAITS, read_jsonb
from aides.regles.sql.conditions import compile_condition
from aides.regles.sql.jours import read_jour
from aides.regles.sql.manquants import can_be
from aides.regles.sql.textes import FAUX, VRAI, both, either, literal, name
from aides.regles.sql.versions import build_long_select, compile_version
from aides.tables import create_situations, evaluate_table
from portal.core.sql import copy_rows
from tests.aides.situations_tirees import VERSIONS, Tireur, dump_row


def select(expression):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {expression}")
        return cursor.fetchone()[0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "valeur",
    ["l'élan", "a\\'; DROP TABLE x; --", "100 %", True, False, 7, Decimal("2.50"), Decimal("1E+3"), date(2024, 2, 29)],
)
def test_a_constant_comes_back_as_it_was(valeur):
    assert select(literal(valeur)) == valeur


@pytest.mark.parametrize("nom", ["", "Nom", "a b", 'a"b', "a;b", "1a", "é", "a" * 64])
def test_a_column_has_a_plain_name(nom):
    with pytest.raises(ValueError, match="plain SQL name"):
        name(nom)


def test_a_text_with_a_nul_is_refused():
    with pytest.raises(ValueError, match="NUL"):
        literal("a\0b")


@pytest.mark.django_db
def test_months_are_added_as_the_calendar_of_the_rules_adds_them():
    """Every day of a leap cycle and its neighbours, with every number of months that a rule may write."""
    jours = [date(2019, 12, 1) + timedelta(days=rang) for rang in range(1_900)]
    with connection.cursor() as cursor:
        for mois in (1, 2, 3, 6, 11, 12, 13, 18, 24, 36, 60, 120):
            cursor.execute(f"SELECT (jour + interval '{mois} months')::date FROM unnest(%s::date[]) AS jour", [jours])
            assert [ligne[0] for ligne in cursor.fetchall()] == [add_mois(jour, mois) for jour in jours]


def test_what_is_known_beforehand_is_folded_away():
    assert (both(), either()) == (VRAI, FAUX)
    assert (both("a", VRAI), either("a", FAUX, "a")) == ("a", "a")
    assert (both("a", FAUX), either("a", VRAI)) == (FAUX, VRAI)
    assert both("a", either("b", "c")) == "(a AND (b OR c))"


def test_every_fact_has_a_typed_column_and_no_column_has_two_meanings():
    assert set(COLONNES_FAITS) == set(FAITS)
    assert len(COLONNES) == len(FAITS) + 2 + 3 * len(JourReference)
    assert {COLONNES[code] for code, fait in FAITS.items() if fait.type is TypeFait.DATE} == {"date"}


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: f"{version.dispositif}_{version.code}")
def test_the_constant_day_and_the_column_give_the_same_text_but_the_day(version):
    colonne, constante = compile_version(version), compile_version(version, au=literal(date(2025, 1, 2)))
    assert colonne.verdict.replace('s."au"', "DATE '2025-01-02'") == constante.verdict
    assert colonne.manquants.replace('s."au"', "DATE '2025-01-02'") == constante.manquants


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: f"{version.dispositif}_{version.code}")
def test_a_point_that_nobody_decides_is_never_awaited(version):
    """Its branch may take no other value, whatever is answered: folded when the text is written."""
    for noeud in version.conditions.branches:
        jour = read_jour(version.jour_reference, 'version."au"')
        if compile_condition(noeud, jour) == "NULL::boolean":
            assert (can_be(True, noeud, jour), can_be(False, noeud, jour)) == (FAUX, FAUX)


@pytest.mark.django_db
def test_facts_stored_as_json_become_typed_columns():
    faits = {
        "profession": "medecin",
        "pdsa": True,
        "jours_semaine": "2.5",
        "age": 61,
        "date_installation": "2024-02-29",
    }
    with connection.cursor() as cursor:
        colonnes = ", ".join(f"f.{name(code)}" for code in [*faits, "secteur"])
        cursor.execute(
            f"SELECT {colonnes} FROM (SELECT %s::jsonb AS faits) AS d CROSS JOIN LATERAL {read_jsonb('d.faits')}",
            [json.dumps(faits)],
        )
        lu = cursor.fetchone()
    assert lu == ("medecin", True, Decimal("2.5"), 61, date(2024, 2, 29), None)


@pytest.mark.django_db
@pytest.mark.parametrize("manquants", [False, True])
def test_the_table_of_results_has_one_row_a_situation_and_version(manquants, monkeypatch):
    """Whatever the size of a chunk of versions, and as the text alone gives it."""
    tirages = list(Tireur(3).draw_many(60))
    monkeypatch.setattr("aides.tables.CHUNK", 7)
    with connection.cursor() as cursor:
        create_situations(cursor, "lot")
        copy_rows(cursor, "lot", ["id", "au", *map(name, COLONNES)], map(dump_row, tirages))
        lignes = evaluate_table(cursor, "lot", VERSIONS, au=None, table="resultats", manquants=manquants)
        assert lignes == 60 * len(VERSIONS)
        cursor.execute("SELECT count(DISTINCT (id, rang)), min(rang), max(rang) FROM resultats")
        assert cursor.fetchone() == (lignes, 0, len(VERSIONS) - 1)
        textes = build_long_select("lot", VERSIONS, manquants=manquants)
        cursor.execute(f"SELECT count(*) FROM (({textes}) EXCEPT SELECT * FROM resultats) AS ecarts")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_a_constant_day_is_that_of_each_row():
    """Two ways to give the day, one answer; and no amount beside a refusal."""
    tirages, au = list(Tireur(5).draw_many(200)), date(2025, 12, 31)
    with connection.cursor() as cursor:
        create_situations(cursor, "lot")
        copy_rows(cursor, "lot", ["id", "au", *map(name, COLONNES)], map(dump_row, tirages))
        cursor.execute("UPDATE lot SET au = %s", [au])
        evaluate_table(cursor, "lot", VERSIONS[:5], au=au, table="constante")
        evaluate_table(cursor, "lot", VERSIONS[:5], au=None, table="par_ligne")
        cursor.execute("SELECT count(*) FROM (TABLE constante EXCEPT TABLE par_ligne) AS ecarts")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*), count(*) FILTER (WHERE present) FROM constante WHERE NOT verdict")
        refus, payes = cursor.fetchone()
        assert refus > 0 == payes


def test_no_version_is_refused_with_a_word():
    with pytest.raises(ValueError, match="no version"):
        build_long_select("lot", [])
