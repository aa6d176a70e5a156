"""Run the checks of the figures over every territory at once, and write down what they find (docs/adr/0215).

What is new opens, what is still true is seen again, the rest is solved by itself; nothing is erased.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from portal.core.ceinture import as_systeme
from portal.core.models import Evenement
from portal.pilotage.models import Constat
from portal.pilotage.sources import controles_sql
from portal.pilotage.sources.controles import CONTROLES, build_millesimes, read_parametres

CONSTATS_MAX = 500
"""Findings of one check kept by one run: beyond, the check itself is at fault, and nothing is solved."""
REGLAGES = ("SET LOCAL statement_timeout = '100s'", "SET LOCAL work_mem = '64MB'")
ECRITURE = """
WITH trouves AS (
    SELECT DISTINCT ON (t.cle) t.* FROM ({selection})
           AS t (cle, territoire_id, objet, indicateur, region_code, departement_code, constat)
     ORDER BY t.cle LIMIT {limite}
)
INSERT INTO pilotage_constat AS c (controle, cle, territoire_id, objet, indicateur, region_code, departement_code,
                                   jour, constat, vu_le, revu_le, motif)
SELECT %(controle)s, left(cle, 160), territoire_id, left(objet, 80), indicateur, region_code, departement_code,
       %(jour)s::date, left(constat, 300), %(instant)s, %(instant)s, ''
  FROM trouves
ON CONFLICT (controle, cle) WHERE resolu_le IS NULL
DO UPDATE SET revu_le = excluded.revu_le, jour = excluded.jour, constat = excluded.constat,
              territoire_id = excluded.territoire_id, region_code = excluded.region_code,
              departement_code = excluded.departement_code,
              ecarte_le = CASE WHEN c.constat = excluded.constat THEN c.ecarte_le END,
              ecarte_par_id = CASE WHEN c.constat = excluded.constat THEN c.ecarte_par_id END,
              motif = CASE WHEN c.constat = excluded.constat THEN c.motif ELSE '' END
RETURNING (xmax = 0)
"""
CLOTURE = """
UPDATE pilotage_constat SET resolu_le = %(instant)s
 WHERE controle = %(controle)s AND resolu_le IS NULL AND revu_le < %(instant)s
"""
# A check that is no more finds nothing: what it had found is solved with it.
DISPARUS = """
UPDATE pilotage_constat SET resolu_le = %(instant)s WHERE controle <> ALL(%(controles)s) AND resolu_le IS NULL
"""


class EcartImpossible(Exception):
    """The sentence is for the person."""


@dataclass(frozen=True, slots=True)
class BilanConstats:
    nouveaux: int
    confirmes: int
    resolus: int


def record_constats(jour: date) -> BilanConstats:
    """Every check, at that day. One run at a time: the second waits, and sees what the first wrote."""
    nouveaux = confirmes = resolus = 0
    with as_systeme(), transaction.atomic(), connection.cursor() as cursor:
        for reglage in REGLAGES:
            cursor.execute(reglage)
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('pilotage.controles')), clock_timestamp()")
        instant = cursor.fetchone()[1]
        valeurs = read_parametres() | {"jour": jour, "instant": instant, "controles": list(CONTROLES)}
        prepare(cursor, valeurs)
        for controle in CONTROLES:
            vus, neufs, finis = _record(cursor, controle, valeurs)
            nouveaux, confirmes, resolus = nouveaux + neufs, confirmes + vus - neufs, resolus + finis
        cursor.execute(DISPARUS, valeurs)
    return BilanConstats(nouveaux, confirmes, resolus)


def prepare(cursor: CursorWrapper, valeurs: dict[str, Any]) -> None:
    """The temporary tables that the checks read: figures of the day, labels, vintages."""
    cursor.execute("DROP TABLE IF EXISTS libelle, courante, millesime")
    cursor.execute(controles_sql.LIBELLES, valeurs)
    cursor.execute(controles_sql.COURANTE, valeurs)
    cursor.execute(controles_sql.INDEX)
    cursor.execute(f"CREATE TEMP TABLE millesime (code, millesime) ON COMMIT DROP AS {build_millesimes()}")
    cursor.execute("ANALYZE libelle, courante")


def _record(cursor: CursorWrapper, controle: str, valeurs: dict[str, Any]) -> tuple[int, int, int]:
    """How many it sees, how many of them are new, how many are solved."""
    dites = valeurs | {"controle": controle}
    cursor.execute(ECRITURE.format(selection=CONTROLES[controle].selection, limite=CONSTATS_MAX), dites)
    neufs = [neuf for (neuf,) in cursor.fetchall()]
    if len(neufs) >= CONSTATS_MAX:
        return len(neufs), sum(neufs), 0
    cursor.execute(CLOTURE, dites)
    return len(neufs), sum(neufs), cursor.rowcount


@transaction.atomic
def put_aside(constat: Constat, motif: str, *, par: Any) -> datetime:
    """Somebody looked and says why it stays so. Raises EcartImpossible without a reason, or when it is solved."""
    motif = motif.strip()[:300]
    if not motif:
        raise EcartImpossible("Dites pourquoi cette contradiction est écartée.")
    instant = timezone.now()
    ouverts = Constat.objects.filter(pk=constat.pk, resolu_le__isnull=True, ecarte_le__isnull=True)
    if not ouverts.update(ecarte_le=instant, ecarte_par=par, motif=motif):
        raise EcartImpossible("Cette contradiction n'est plus à traiter : elle est résolue ou déjà écartée.")
    Evenement.objects.create(
        objet=f"pilotage.constat:{constat.pk}", action="ecarter", auteur=par, details={"controle": constat.controle}
    )
    return instant
