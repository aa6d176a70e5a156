"""One rule read twice: Python explains it, PostgreSQL runs it, and they never differ. A broken compiler is caught.

`MAILLAGE_TIRAGES=200000` for the long form.
"""

import dataclasses
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from itertools import islice

import pytest
from django.db import connection

from aides.regles.conditions import AInstruire, Operateur
from aides.regles.dispositifs import JourReference, Version
from aides.regles.evaluation import find_manquants
from aides.regles.lecteur import open_contexte
from aides.regles.montants import compute_montant
from aides.regles.sql import conditions, jours, manquants, montants, versions
from aides.regles.sql.colonnes import COLONNES
from aides.regles.sql.textes import FAUX, VRAI, name
from aides.tables import create_situations
from portal.core.sql import copy_rows
from tests.aides.arbres_tires import draw_versions
from tests.aides.situations_tirees import VERSIONS, Tirage, Tireur, dump_row

TIRAGES = int(os.environ.get("MAILLAGE_TIRAGES", "20000"))
LOTS = 8
LU = tuple[bool | None, bool, object, object, object, list[str]]
ESSAIS = draw_versions(24, graine=71)


def read_python(version: Version, tirage: Tirage) -> LU:
    contexte = open_contexte(version, tirage.situation, tirage.au)
    preuve = version.conditions.evaluate(contexte)
    montant = None if preuve.verdict is False else compute_montant(version.bareme, contexte)
    restent = list(find_manquants(preuve))
    if montant is None:
        return preuve.verdict, False, None, None, None, restent
    return preuve.verdict, True, montant.minimum, montant.maximum, montant.periodicite.value, restent


def read_sql(version: Version) -> list[LU]:
    with connection.cursor() as cursor:
        cursor.execute(f"{versions.build_select('tirages', [version], manquants=True)} ORDER BY id")
        return [ligne[1:] for ligne in cursor.fetchall()]


def load(tirages: Sequence[Tirage]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS tirages")
        create_situations(cursor, "tirages")
        copy_rows(cursor, "tirages", ["id", "au", *map(name, COLONNES)], (dump_row(tirage) for tirage in tirages))


def find_differences(lues: Sequence[Version], tirages: Sequence[Tirage]) -> list[tuple[str, Tirage, LU, LU]]:
    """The first ones, if any."""
    load(tirages)
    return list(islice(_compare(lues, tirages), 3))


def _compare(lues: Sequence[Version], tirages: Sequence[Tirage]) -> Iterator[tuple[str, Tirage, LU, LU]]:
    for version in lues:
        for tirage, sql in zip(tirages, read_sql(version), strict=True):
            if (python := read_python(version, tirage)) != sql:
                yield f"{version.dispositif} {version.code}", tirage, python, sql


@pytest.mark.django_db
@pytest.mark.parametrize("lot", range(LOTS))
def test_python_and_sql_agree_on_every_version(lot):
    tirages = list(Tireur(graine=20260101 + lot).draw_many(TIRAGES // LOTS))
    assert not find_differences(VERSIONS, tirages)


@pytest.mark.django_db
def test_python_and_sql_agree_on_rules_drawn_at_random():
    assert not find_differences(ESSAIS, list(Tireur(29, ESSAIS).draw_many(2_000)))


@pytest.mark.django_db
def test_the_situations_drawn_make_each_version_say_its_three_words():
    """Else the agreement above would prove little. A version that always waits for somebody may lack « eligible »."""
    tirages = list(Tireur(graine=11).draw_many(2_000))
    for version in VERSIONS:
        verdicts = {read_python(version, tirage)[0] for tirage in tirages}
        certain = not any(isinstance(branche, AInstruire) for branche in version.conditions.branches)
        assert {False, None} | ({True} if certain else set()) <= verdicts, (version.dispositif, version.code)


Mutation = Callable[[pytest.MonkeyPatch], None]


def rewrite(module: object, fonction: str, change: Callable[[str], str]) -> Mutation:
    """The text that a function of the compiler gives is altered: alone, or each text of a small record."""
    saine = getattr(module, fonction)

    def malade(*args: object, **kwargs: object) -> object:
        texte = saine(*args, **kwargs)
        if isinstance(texte, str):
            return change(texte)
        return dataclasses.replace(texte, **{c.name: change(getattr(texte, c.name)) for c in fields(texte)})

    return lambda patch: patch.setattr(module, fonction, malade)


def replace(module: object, fonction: str, avant: str, apres: str) -> Mutation:
    return rewrite(module, fonction, lambda texte: texte.replace(avant, apres))


def swap_operator(operateur: Operateur, signe: str) -> Mutation:
    table = {**conditions.OPERATEURS, operateur: signe}
    return lambda patch: patch.setattr(conditions, "OPERATEURS", table)


def read_today(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(versions, "read_jour", lambda jour, au: jours.read_jour(JourReference.DEMANDE, au))


def ignore_years(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(montants.Composante, "premiere_annee", True)


MUTATIONS: dict[str, Mutation] = {
    "at least becomes more than": swap_operator(Operateur.AU_MOINS, ">"),
    "at most becomes less than": swap_operator(Operateur.AU_PLUS, "<"),
    "more than becomes at least": swap_operator(Operateur.PLUS_DE, ">="),
    "less than becomes at most": swap_operator(Operateur.MOINS_DE, "<="),
    "an unknown leaf is false": rewrite(conditions, "compile_feuille", lambda texte: f"coalesce({texte}, false)"),
    "an unknown leaf is true": rewrite(conditions, "compile_feuille", lambda texte: f"coalesce({texte}, true)"),
    "an open point refuses": lambda patch: patch.setattr(conditions, "INCONNU", FAUX),
    "every branch becomes one branch": replace(conditions, "_join", " AND ", " OR "),
    "one branch becomes every branch": replace(conditions, "_join", " OR ", " AND "),
    "not is forgotten": rewrite(conditions, "compile_condition", lambda t: f"({t[5:]}" if t[:5] == "(NOT " else t),
    "a month has thirty days": rewrite(
        conditions, "compile_anciennete", lambda texte: re.sub(r"interval '(\d+) months'", r"30 * \1", texte)
    ),
    "the anniversary is not reached": replace(conditions, "compile_anciennete", ") >= (", ") > ("),
    "a day to come counts": replace(conditions, "compile_anciennete", "CASE WHEN", "CASE WHEN true OR"),
    "doubtful days are sure": rewrite(conditions, "compile_ouverture", lambda _: VRAI),
    "the last doubtful day is included": replace(conditions, "compile_ouverture", " < ", " <= "),
    "the zone is read on the wrong day": read_today,
    "an absent list is a no": replace(conditions, "compile_feuille", "::boolean)", "::boolean IS TRUE)"),
    "without a commune, the perimeter is a no": rewrite(
        conditions, "compile_feuille", lambda texte: texte.replace("] END", "] ELSE false END")
    ),
    "the cap becomes a floor": replace(montants, "compile_calcul", "LEAST", "GREATEST"),
    "the cap is forgotten": lambda patch: patch.setattr(montants, "_cap", lambda montant, calcul: montant),
    "cents are cut, not rounded": replace(versions, "compile_montant", "round(", "trunc("),
    "a table pays its lowest line": replace(montants, "compile_calcul", ">=", ">"),
    "an unknown fact pays nothing": replace(montants, "_table", "IS NULL THEN", "IS NULL THEN 0 *"),
    "pro rata is forgotten": replace(montants, "compile_calcul", "* 0.01", "* 1"),
    "an unknown condition pays nothing": replace(montants, "compile_composante", "IS FALSE", "IS NOT TRUE"),
    "a doubtful supplement is counted": replace(versions, "compile_montant", ") = 0 THEN 0", ") = 0 THEN 1"),
    "later years are paid the first": ignore_years,
    "a parameter that is not set is nothing": rewrite(
        montants, "compile_parametre", lambda texte: f"coalesce({texte}, 0)"
    ),
    "every unknown leaf is worth asking": rewrite(manquants, "can_be", lambda _: VRAI),
    "no unknown leaf can be settled": rewrite(manquants, "is_askable", lambda _: FAUX),
    "what is missing comes in the order of the alphabet": lambda patch: patch.setattr(
        manquants, "PREMIERS", manquants.PREMIERS.replace("ORDER BY rang", "ORDER BY code")
    ),
    "branches already decided are asked again": rewrite(manquants, "_is_open", lambda _: VRAI),
}


@pytest.mark.django_db
@pytest.mark.parametrize("faute", MUTATIONS)
def test_a_broken_compiler_is_caught(faute, monkeypatch):
    MUTATIONS[faute](monkeypatch)
    assert find_differences(ESSAIS, TIRAGES_ESSAIS)


TIRAGES_ESSAIS = list(Tireur(29, ESSAIS).draw_many(600))
