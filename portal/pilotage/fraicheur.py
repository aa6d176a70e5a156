"""Whether a figure is older than what it was made of: one query, exact whatever the clocks say.

A run keeps its snapshot; a trigger of each source table notes the transaction that changed it. A change that the
snapshot does not see is newer than the run. The instant is looked at too, for the day after a restore, when the
numbers of the transactions begin anew.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from portal.pilotage.sources.definitions import Indicateur

ETATS = """
WITH demande AS (SELECT code, empreinte FROM unnest(%(codes)s::text[], %(empreintes)s::text[]) AS d (code, empreinte)),
     lien AS (SELECT code, source FROM unnest(%(de)s::text[], %(sources)s::text[]) AS l (code, source)),
     dernier AS (
         SELECT d.code, d.empreinte, p.*
           FROM demande d
           LEFT JOIN LATERAL (
                SELECT i.empreinte AS faite, i.jour, p.id, p.debut, p.instantane, p.transaction
                  FROM pilotage_passageindicateur i JOIN pilotage_passage p ON p.id = i.passage_id
                 WHERE i.indicateur = d.code
                 ORDER BY i.jour DESC, i.passage_id DESC LIMIT 1) p ON true)
SELECT d.code, d.id, d.jour, d.debut, d.faite IS DISTINCT FROM d.empreinte,
       (SELECT min(m.survenue_le)
          FROM lien l JOIN pilotage_modification m ON m.source = l.source
         WHERE l.code = d.code
           AND (m.survenue_le > d.debut
                OR m.transaction <> d.transaction
                   AND NOT pg_visible_in_snapshot(m.transaction::text::xid8, d.instantane::pg_snapshot)))
  FROM dernier d
"""


@dataclass(frozen=True, slots=True)
class Fraicheur:
    """The last run of the last day computed for an indicator, and the first change that it has not seen."""

    passage: int | None
    jour: date | None
    calcule_le: datetime | None
    definition_changee: bool
    modifie_le: datetime | None

    @property
    def perime(self) -> bool:
        return self.passage is not None and self.modifie_le is not None

    def is_due(self, jour: date) -> bool:
        return self.jour is None or self.jour < jour or self.definition_changee or self.perime


def read_fraicheurs(indicateurs: Iterable[Indicateur]) -> dict[str, Fraicheur]:
    """By code; a variant is as fresh as its file."""
    voulus = list(indicateurs)
    bases = {un.base: (un.empreinte, un.sources) for un in voulus}
    lues = query_fraicheurs(bases)
    return {un.code: lues[un.base] for un in voulus}


def query_fraicheurs(sources: dict[str, tuple[str, tuple[str, ...]]]) -> dict[str, Fraicheur]:
    """`sources`: by code, the mark of the definition and the tables it reads."""
    liens = [(code, table) for code, (_, tables) in sources.items() for table in tables]
    valeurs = {
        "codes": list(sources),
        "empreintes": [empreinte for empreinte, _ in sources.values()],
        "de": [code for code, _ in liens],
        "sources": [table for _, table in liens],
    }
    with connection.cursor() as cursor:
        cursor.execute(ETATS, valeurs)
        return {code: Fraicheur(*reste) for code, *reste in cursor.fetchall()}


def is_stale(indicateur: Indicateur) -> bool:
    """Whether a source changed since the last run: the badge « modifié depuis »."""
    return read_fraicheurs([indicateur])[indicateur.code].perime
