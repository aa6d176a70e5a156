"""One version compiled: the expressions of its verdict, of its amount, and of what is still to be asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from aides.regles.dispositifs import Version
from aides.regles.sql.conditions import compile_condition
from aides.regles.sql.jours import read_jour
from aides.regles.sql.manquants import compile_manquants
from aides.regles.sql.montants import MontantSql, compile_montant
from aides.regles.sql.textes import ALIAS, column, literal


@dataclass(frozen=True, slots=True)
class VersionSql:
    """SQL expressions over a relation aliased « s » that has the columns of `colonnes.COLONNES`.

    `verdict`: true (éligible), false, NULL (à instruire). `montant`: to be read where the verdict is not false;
    `manquants`: a text array, to be read where the verdict is NULL. `build_select` writes these guards.
    """

    version: Version
    verdict: str
    montant: MontantSql
    manquants: str


def compile_version(version: Version, *, au: str = "") -> VersionSql:
    """`au`: the SQL expression of the day on which the law is read; by default the column « au » of the relation."""
    jour = read_jour(version.jour_reference, au or column("au"))
    return VersionSql(
        version,
        compile_condition(version.conditions, jour),
        compile_montant(version.bareme, jour),
        compile_manquants(version.conditions, jour),
    )


CHAMPS = ("verdict", "present", "minimum", "maximum", "periodicite")


def build_select(
    relation: str, versions: Sequence[Version], *, au: date | None = None, manquants: bool = False
) -> str:
    """One wide row a situation: `id`, then for the version of rank n (from 0) `verdict_n boolean`, `present_n boolean`
    (whether an amount is paid), `minimum_n`, `maximum_n` numeric (NULL: no upper bound known), `periodicite_n text`,
    and with `manquants` `manquants_n text[]`.

    `relation`: a table, or a query between parentheses, with the columns of `colonnes.COLONNES` and « id »; with
    `au` None each row also carries its own « au ». A version is read whatever its days of opening: give those of
    `Catalogue.versions_au(au)`. An amount is NULL, and `present_n` false, where the verdict is false.
    """
    jour = "" if au is None else literal(au)
    compilees = [compile_version(version, au=jour) for version in versions]
    verdicts = ", ".join(f"{sql.verdict} AS verdict_{rang}" for rang, sql in enumerate(compilees))
    champs = ", ".join(_list_fields(rang, sql, manquants=manquants) for rang, sql in enumerate(compilees))
    # OFFSET 0 keeps the planner from writing each verdict again in every amount that reads it.
    return (
        f"SELECT {ALIAS}.id, {champs} FROM"  # noqa: S608 (names of the code, constants quoted)
        f" (SELECT {ALIAS}.*, {verdicts} FROM {relation} AS {ALIAS} OFFSET 0) AS {ALIAS}"
    )


def _list_fields(rang: int, sql: VersionSql, *, manquants: bool) -> str:
    verdict, montant = f"{ALIAS}.verdict_{rang}", sql.montant
    paye = f"{verdict} IS NOT FALSE AND {montant.present}"
    champs = [
        verdict,
        f"({paye}) AS present_{rang}",
        f"CASE WHEN {paye} THEN {montant.minimum} END AS minimum_{rang}",
        f"CASE WHEN {paye} THEN {montant.maximum} END AS maximum_{rang}",
        f"CASE WHEN {paye} THEN {montant.periodicite} END AS periodicite_{rang}",
    ]
    if manquants:
        champs.append(f"CASE WHEN {verdict} IS NULL THEN {sql.manquants} ELSE ARRAY[]::text[] END AS manquants_{rang}")
    return ", ".join(champs)


def build_long_select(
    relation: str, versions: Sequence[Version], *, au: date | None = None, premier: int = 0, manquants: bool = False
) -> str:
    """The same, one row a situation and version: `id`, `rang smallint` (of the version, the first being `premier`),
    `verdict`, `present`, `minimum`, `maximum`, `periodicite`, and `manquants` when asked."""
    if not versions:
        raise ValueError("no version to evaluate")
    noms = (*CHAMPS, *(("manquants",) if manquants else ()))
    lignes = ", ".join(
        f"({premier + rang}::smallint, " + ", ".join(f"w.{nom}_{rang}" for nom in noms) + ")"
        for rang in range(len(versions))
    )
    large = build_select(relation, versions, au=au, manquants=manquants)
    valeurs = f"(VALUES {lignes}) AS l(rang, {', '.join(noms)})"
    return f"SELECT w.id, l.* FROM ({large} OFFSET 0) AS w CROSS JOIN LATERAL {valeurs}"  # noqa: S608 (as above)
