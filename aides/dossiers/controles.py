"""Inconsistencies of files and contracts: read now for one page, or written down for lists and the home page.

Reading (`list_anomalies`) is one query and writes nothing: the page of a file shows what is true after each act.
Writing (`record_controles`) opens what is new, marks again what is still true, closes the rest; nothing is deleted.
"""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.urls import reverse
from django.utils import timezone

from aides.dossiers.controles_regles import CONTROLES, Controle, Gravite
from aides.models import Demande

ANOMALIES_MAX = 20_000
"""Findings of one check kept by one run: beyond, the check itself is at fault, and nothing is closed."""
LISTE_MAX = 100

DOSSIERS = """
WITH dossiers AS NOT MATERIALIZED (
    SELECT *, %(jour)s::date AS jour FROM aides_demande WHERE {filtre}
)"""
ECRITURE = """
{dossiers}, trouvees AS (
    SELECT t.id, t.objet, min(left(t.constat, 300)) AS constat FROM ({selection}) AS t (id, objet, constat)
     GROUP BY t.id, t.objet ORDER BY t.id, t.objet LIMIT {limite}
)
INSERT INTO aides_anomalie (demande_id, controle, cle, constat, vue_le, revue_le, close_le,
                            proprietaire_id, region_code, departement_code, guichet)
SELECT d.id, %(code)s, t.objet, t.constat, %(instant)s, %(instant)s, NULL,
       d.proprietaire_id, d.region_code, d.departement_code, d.guichet
  FROM trouvees t JOIN aides_demande d ON d.id = t.id
ON CONFLICT (demande_id, controle, cle) WHERE close_le IS NULL
DO UPDATE SET revue_le = excluded.revue_le, constat = excluded.constat
RETURNING (xmax = 0)
"""
CLOTURE = """
UPDATE aides_anomalie SET close_le = %(instant)s
 WHERE controle = %(code)s AND close_le IS NULL AND revue_le < %(instant)s AND {filtre}
"""


@dataclass(frozen=True, slots=True)
class Constat:
    """What a check says of a file today. `lien`: the page where it is mended."""

    controle: Controle
    cle: str
    phrase: str
    lien: str


@dataclass(frozen=True, slots=True)
class BilanControles:
    ouvertes: int
    confirmees: int
    closes: int


def list_anomalies(demande: Demande) -> list[Constat]:
    """What is wrong in this file now, the gravest first. One query, nothing is written."""
    parts = [
        f"SELECT '{controle.code}', t.* FROM ({controle.selection}) AS t (id, objet, constat)"  # noqa: S608
        for controle in CONTROLES.values()
    ]
    requete = f"{_open_dossiers([demande.pk])} {' UNION ALL '.join(parts)} LIMIT {LISTE_MAX}"
    with connection.cursor() as cursor:
        cursor.execute(requete, {"jour": timezone.localdate(), "cles": [str(demande.pk)]})
        lues = cursor.fetchall()
    rangs = list(Gravite)
    constats = [Constat(CONTROLES[code], cle, phrase, build_lien(demande, cle)) for code, _, cle, phrase in lues]
    return sorted(constats, key=lambda c: (rangs.index(c.controle.gravite), c.controle.code, c.cle))


def build_lien(demande: Demande, cle: str) -> str:
    """The page of the object at fault: the contract for its lines, the file for everything else."""
    if cle.startswith(("aides.contrat:", "aides.echeance:")):
        return reverse("admin:aides_contrat_change", args=[demande.contrat.pk])
    return reverse("admin:aides_demande_change", args=[demande.pk])


def record_controles(
    cles: Collection[UUID] | None = None,
    *,
    au: date | None = None,
    ouvre: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> BilanControles:
    """Run every check over these files (None: all of them) and write what it finds; `ouvre` opens each transaction."""
    ouvertes = confirmees = closes = 0
    for controle in CONTROLES.values():
        with ouvre():
            vues, neuves, finies = _record(controle, cles, au or timezone.localdate(), timezone.now())
        ouvertes, confirmees, closes = ouvertes + neuves, confirmees + vues - neuves, closes + finies
    return BilanControles(ouvertes, confirmees, closes)


def _record(controle: Controle, cles: Collection[UUID] | None, jour: date, instant: datetime) -> tuple[int, int, int]:
    """How many it sees, how many of them are new, how many are closed."""
    valeurs: dict[str, Any] = {
        "jour": jour,
        "code": controle.code,
        "instant": instant,
        "cles": [str(cle) for cle in cles or ()],
    }
    ecriture = ECRITURE.format(dossiers=_open_dossiers(cles), selection=controle.selection, limite=ANOMALIES_MAX)
    cloture = CLOTURE.format(filtre="true" if cles is None else "demande_id = ANY(%(cles)s::uuid[])")
    with connection.cursor() as cursor:
        cursor.execute(ecriture, valeurs)
        neuves = [neuve for (neuve,) in cursor.fetchall()]
        if len(neuves) >= ANOMALIES_MAX:
            return len(neuves), sum(neuves), 0
        cursor.execute(cloture, valeurs)
        return len(neuves), sum(neuves), cursor.rowcount


def _open_dossiers(cles: Collection[UUID] | None) -> str:
    return DOSSIERS.format(filtre="statut <> 'brouillon'" if cles is None else "id = ANY(%(cles)s::uuid[])")
