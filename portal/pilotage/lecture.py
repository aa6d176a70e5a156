"""What pages read of the measures: values of a day, series, territories. Bounded, flat whatever the years behind."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from portal.pilotage.enums import Maille
from portal.pilotage.models import Passage, Territoire
from portal.pilotage.sources.definitions import Indicateur, list_indicateurs

LECTURES_MAX = 20_000
"""Values that one call reads: figures times territories, times days for a series."""
TERRITOIRES_MAX = 200
PAS = {"jour": "1 day", "semaine": "7 days", "mois": "1 month", "annee": "1 year"}
Cle = tuple[str, str]
"""A territory: its type and its code."""

RECHERCHE_MAX = 20
RANGS = {maille: rang for rang, maille in enumerate(Maille.values)}
"""The largest first."""

# One probe of the index a value: the last row until the day. A territory may be asked for on several days.
VALEURS = """
SELECT t.au, i.code, t.type, t.code, m.jour, m.numerateur, m.denominateur, m.valeur, m.demonstration, m.passage_id
  FROM unnest(%(codes)s::text[]) AS i (code)
 CROSS JOIN (SELECT t.id, t.type, t.code, v.au FROM pilotage_territoire t
               JOIN unnest(%(types)s::text[], %(territoires)s::text[], %(jours)s::date[]) AS v (type, code, au)
                    ON v.type = t.type AND v.code = t.code) t
 CROSS JOIN LATERAL (SELECT * FROM pilotage_mesure m
                      WHERE m.indicateur = i.code AND m.territoire_id = t.id AND m.jour <= t.au
                      ORDER BY m.jour DESC LIMIT 1) m
"""
# The days are counted back from the last one, so that a series always ends on it.
SERIES = """
SELECT t.type, t.code, j.jour, m.jour, m.numerateur, m.denominateur, m.valeur, m.demonstration, m.passage_id
  FROM (SELECT (%(au)s::date - n * %(pas)s::interval)::date AS jour FROM generate_series(0, %(points)s - 1) n) j
 CROSS JOIN (SELECT t.id, t.type, t.code FROM pilotage_territoire t
               JOIN unnest(%(types)s::text[], %(territoires)s::text[]) AS v (type, code)
                    ON v.type = t.type AND v.code = t.code) t
 CROSS JOIN LATERAL (SELECT * FROM pilotage_mesure m
                      WHERE m.indicateur = %(code)s AND m.territoire_id = t.id AND m.jour <= j.jour
                      ORDER BY m.jour DESC LIMIT 1) m
 WHERE j.jour >= %(du)s::date
 ORDER BY t.type, t.code, j.jour
"""


class LectureTropGrande(ValueError):
    """More values than one call reads."""


@dataclass(frozen=True, slots=True)
class Valeur:
    """A figure. `depuis`: the day when it took this value; `passage`: the run that wrote it.

    `valeur` None: the figure does not exist (no denominator, nothing published).
    """

    indicateur: str
    type: str
    code: str
    depuis: date
    numerateur: Decimal | None
    denominateur: Decimal | None
    valeur: Decimal | None
    demonstration: bool
    passage: int


def read_valeurs(
    indicateurs: Iterable[str], territoires: Iterable[Cle], *, au: date
) -> dict[tuple[str, str, str], Valeur]:
    """By (indicator, type, code), those that were ever measured until that day. One query: one state of the base."""
    return read_valeurs_jours(indicateurs, [(cle, au) for cle in territoires]).get(au, {})


def read_valeurs_jours(
    indicateurs: Iterable[str], demandes: Iterable[tuple[Cle, date]]
) -> dict[date, dict[tuple[str, str, str], Valeur]]:
    """By day, then as `read_valeurs`: each territory on the days that it is asked for, still in one query."""
    codes, voulues = sorted(set(indicateurs)), sorted(set(demandes))
    _check(len(codes) * len(voulues))
    lues: dict[date, dict[tuple[str, str, str], Valeur]] = {jour: {} for _, jour in voulues}
    if not codes or not voulues:
        return lues
    valeurs: dict[str, Any] = {
        "codes": codes,
        **_split([cle for cle, _ in voulues]),
        "jours": [jour for _, jour in voulues],
    }
    with connection.cursor() as cursor:
        cursor.execute(VALEURS, valeurs)
        for jour, *ligne in cursor.fetchall():
            une = Valeur(*ligne)
            lues[jour][une.indicateur, une.type, une.code] = une
    return lues


def read_valeur(indicateur: str, territoire: Cle, *, au: date) -> Valeur | None:
    return read_valeurs([indicateur], [territoire], au=au).get((indicateur, *territoire))


def read_series(
    indicateur: str, territoires: Iterable[Cle], *, du: date, au: date, pas: str = "mois"
) -> dict[Cle, list[tuple[date, Valeur]]]:
    """The value every `pas` (« jour », « semaine », « mois », « annee ») back from `au` to `du`, the oldest first.

    The days before the first measure are not there.
    """
    cles = sorted(set(territoires))
    points = _count_points(du, au, pas)
    _check(points * len(cles))
    series: dict[Cle, list[tuple[date, Valeur]]] = {cle: [] for cle in cles}
    if not cles or points < 1:
        return series
    valeurs: dict[str, Any] = {
        "code": indicateur,
        **_split(cles),
        "du": du,
        "au": au,
        "pas": PAS[pas],
        "points": points,
    }
    with connection.cursor() as cursor:
        cursor.execute(SERIES, valeurs)
        for type_, code, jour, *reste in cursor.fetchall():
            series[type_, code].append((jour, Valeur(indicateur, type_, code, *reste)))
    return series


def find_indicateur(code: str) -> Indicateur | None:
    return list_indicateurs().get(code)


def find_territoire(type_: str, code: str) -> Territoire | None:
    return Territoire.objects.filter(type=type_, code=code).first()


def find_cle(texte: str) -> Territoire | None:
    """« region:27 »."""
    type_, _, code = texte.partition(":")
    return find_territoire(type_, code) if code else None


def find_territoires(cles: Iterable[Cle]) -> list[Territoire]:
    """In the order asked for, each once; those that are not known are left out."""
    voulues = list(dict.fromkeys(cles))[:TERRITOIRES_MAX]
    lus = Territoire.objects.filter(code__in=[code for _, code in voulues]).order_by("type", "code")
    trouves = {(t.type, t.code): t for t in lus[: len(RANGS) * TERRITOIRES_MAX]}
    return [trouves[cle] for cle in voulues if cle in trouves]


def search_territoires(texte: str) -> list[Territoire]:
    """By a part of the name, or the code itself; the largest territories first."""
    voulus = Territoire.objects.filter(actif=True)
    trouves = voulus.filter(nom__icontains=texte) | voulus.filter(code=texte)
    return sort_territoires(trouves.order_by("nom", "type", "code")[:RECHERCHE_MAX])


def sort_territoires(territoires: Iterable[Territoire]) -> list[Territoire]:
    return sorted(territoires, key=lambda t: (RANGS[t.type], t.nom, t.code))


def list_choix() -> list[tuple[str, list[tuple[str, str]]]]:
    """The territories of the list of a form: France, the régions, the départements."""
    noms = {"france": "France", "region": "Régions", "departement": "Départements"}
    groupes: dict[str, list[tuple[str, str]]] = {nom: [] for nom in noms.values()}
    lus = Territoire.objects.filter(type__in=list(noms), actif=True)
    for type_, code, nom in lus.order_by("type", "nom", "code").values_list("type", "code", "nom")[:300]:
        groupes[noms[type_]].append((f"{type_}:{code}", nom))
    return list(groupes.items())


def read_dernier_jour() -> date | None:
    """The last day computed."""
    return Passage.objects.order_by("-jour").values_list("jour", flat=True).first()


def list_au_dessus(territoire: Territoire) -> list[Cle]:
    """The territories that hold it, the largest first: France, its région, its département."""
    cles: list[Cle] = [("france", "france")]
    if territoire.region_code:
        cles.append(("region", territoire.region_code))
    if territoire.departement_code:
        cles.append(("departement", territoire.departement_code))
    return [cle for cle in cles if cle != (territoire.type, territoire.code)]


def _split(cles: Sequence[Cle]) -> dict[str, list[str]]:
    return {"types": [type_ for type_, _ in cles], "territoires": [code for _, code in cles]}


def _count_points(du: date, au: date, pas: str) -> int:
    jours = (au - du).days
    return {
        "jour": jours + 1,
        "semaine": jours // 7 + 1,
        "mois": (au.year - du.year) * 12 + au.month - du.month + 1,
        "annee": au.year - du.year + 1,
    }[pas]


def _check(lectures: int) -> None:
    if lectures > LECTURES_MAX:
        raise LectureTropGrande(f"{lectures} valeurs demandées, {LECTURES_MAX} au plus")
