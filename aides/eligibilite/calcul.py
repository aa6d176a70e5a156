"""Compute the table: whole by swap, or in part by difference. One transaction: nobody reads a mix (docs/adr/0084).

Each run takes the lock, then reads: what it writes is never older than what another wrote before it.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.utils import OperationalError
from django.utils import timezone

from aides.catalogue import catalogue
from aides.eligibilite.classes import PARTOUT, Portee, read_terrain
from aides.eligibilite.vecteurs import VECTEURS, Versions, build_vecteurs
from aides.models import JeuEligibilite
from aides.regles.dispositifs import Catalogue
from portal.core.cache import forget_version
from portal.core.executions import Marche, run_execution
from portal.core.models import Execution
from zonage.models import Commune

NATURE = "aides.eligibilite"
VERROU = "aides.eligibilite"
ESSAIS_ECHANGE = 20
ATTENTE_ECHANGE = "300ms"

# The fragments joined here are constants of this package. A class always has its vector: the outer join only keeps the
# planner from believing that hardly any row comes out, and a missing one would be refused by the columns.
SOURCE = """
WITH vecteur AS MATERIALIZED ({vecteurs}),
     cible AS ({cible} OFFSET 0),
     voulu AS (
         SELECT c.commune, c.profession, v.eligibles, v.a_instruire, v.minimums, v.maximums, v.periodicites
           FROM cible c
           LEFT JOIN vecteur v ON v.profession = c.profession AND v.niveau = c.niveau AND v.locale = c.locale)
"""
# A fifth of each page stays free: the rows of a commune change in place, and the key is not written again. No query
# is planned on what the wide columns hold: counting their values would cost as much as the key.
# In the order of the communes: what a commune changes then lies together, and the journal keeps whole the few pages it
# touches. The zones lie so after a first load; sorting them again would cost a tenth of the rebuild.
ORDRE = " ORDER BY commune"
RANGEES = """
SELECT coalesce(max(correlation), 0) > 0.95 FROM pg_stats
 WHERE schemaname = current_schema() AND tablename = 'zonage_zonecommune' AND attname = 'commune_id'
"""
NOUVELLE = """
DROP TABLE IF EXISTS aides_eligibilite_suivante;
CREATE TABLE aides_eligibilite_suivante (LIKE aides_eligibilite INCLUDING DEFAULTS) WITH (fillfactor = 80);
ALTER TABLE aides_eligibilite_suivante
  ALTER commune_id SET STATISTICS 10, ALTER profession SET STATISTICS 10, ALTER eligibles SET STATISTICS 0,
  ALTER a_instruire SET STATISTICS 0, ALTER minimums SET STATISTICS 0, ALTER maximums SET STATISTICS 0,
  ALTER periodicites SET STATISTICS 0
"""
REMPLISSAGE = """
INSERT INTO aides_eligibilite_suivante
       (commune_id, profession, eligibles, a_instruire, minimums, maximums, periodicites)
SELECT * FROM voulu
"""
CLES = """
ALTER TABLE aides_eligibilite_suivante
  ADD CONSTRAINT aides_eligibilite_suivante_pkey PRIMARY KEY (commune_id, profession);
ANALYZE aides_eligibilite_suivante
"""
ECHANGE = """
DROP TABLE aides_eligibilite;
ALTER TABLE aides_eligibilite_suivante RENAME TO aides_eligibilite;
ALTER TABLE aides_eligibilite RENAME CONSTRAINT aides_eligibilite_suivante_pkey TO aides_eligibilite_pkey
"""
MISE_A_JOUR = """
UPDATE aides_eligibilite e
   SET eligibles = v.eligibles, a_instruire = v.a_instruire, minimums = v.minimums, maximums = v.maximums,
       periodicites = v.periodicites
  FROM voulu v
 WHERE e.commune_id = v.commune AND e.profession = v.profession
   AND (e.eligibles, e.a_instruire, e.minimums, e.maximums, e.periodicites)
       IS DISTINCT FROM (v.eligibles, v.a_instruire, v.minimums, v.maximums, v.periodicites)
"""
AJOUT = """
INSERT INTO aides_eligibilite (commune_id, profession, eligibles, a_instruire, minimums, maximums, periodicites)
SELECT v.commune, v.profession, v.eligibles, v.a_instruire, v.minimums, v.maximums, v.periodicites FROM voulu v
 WHERE NOT EXISTS (SELECT FROM aides_eligibilite e WHERE e.commune_id = v.commune AND e.profession = v.profession)
 ORDER BY 1, 2
"""
MANQUANTES = """
SELECT EXISTS (SELECT FROM zonage_commune c CROSS JOIN unnest(%s::text[]) AS p (profession)
                WHERE NOT EXISTS (SELECT FROM aides_eligibilite e
                                   WHERE e.commune_id = c.code_insee AND e.profession = p.profession))
"""
RETRAIT = """
DELETE FROM aides_eligibilite e WHERE NOT EXISTS (SELECT FROM zonage_commune c WHERE c.code_insee = e.commune_id)
"""


def refresh_eligibilite(
    portee: Portee = PARTOUT,
    *,
    au: date,
    cause: str,
    entier: bool = False,
    ouvre: Callable[[], AbstractContextManager[None]] = transaction.atomic,
) -> Execution:
    """Bring the table up to date for a day, writing only what differs; the whole country when the day or the list of
    versions is no longer that of the table; by swap when the ranks changed or when `entier` asks for it.

    Never goes back to a former day. `ouvre` opens the one transaction: that of the outbox holds its fence. Returns the
    run.
    """
    libelle = f"Éligibilités au {au:%d/%m/%Y} : {portee.describe()}"
    with run_execution(NATURE, libelle, cause=cause, etapes=5) as marche, ouvre(), connection.cursor() as cursor:
        _lock(cursor)
        _run(cursor, marche, portee, au, entier)
    return marche.execution


def is_due(au: date) -> bool:
    """Whether the day or the rules are no longer those of the table. False without communes: nothing to compute."""
    jeu = JeuEligibilite.objects.first()
    if jeu is None:
        return Commune.objects.exists()
    return jeu.jour < au or jeu.versions != list_rangs(catalogue().versions_au(au))


def _lock(cursor: CursorWrapper) -> None:
    """Wait for the run under way. What is longer than a task may last is given back to the outbox."""
    cursor.execute(
        "SELECT set_config('lock_timeout', '30s', true), set_config('statement_timeout', '120s', true),"
        " set_config('work_mem', '64MB', true), set_config('maintenance_work_mem', '128MB', true)"
    )
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [VERROU])


def _run(cursor: CursorWrapper, marche: Marche, portee: Portee, au: date, entier: bool) -> None:
    forget_version()  # the act that asked for this run may be younger than what the process keeps
    regles = catalogue()
    versions = regles.versions_au(au)
    jeu = JeuEligibilite.objects.first()
    if jeu and (au < jeu.jour or marche.numero < jeu.sequence):
        return  # a later run has already read what this one was asked for
    rangs = list_rangs(versions)
    echange = entier or jeu is None or [rang[:2] for rang in jeu.versions] != [rang[:2] for rang in rangs]
    if jeu is None or echange or jeu.jour != au or jeu.versions != rangs:
        portee = PARTOUT
    marche.begin("Classes de communes")
    terrain = read_terrain(cursor, regles, portee, au)
    classes = terrain.read_classes(cursor)
    marche.begin("Règles, classe par classe")
    parametres = {**terrain.parametres, **build_vecteurs(terrain, classes, versions)}
    source = SOURCE.format(vecteurs=VECTEURS, cible=terrain.cible + (read_ordre(cursor) if echange else ""))
    if echange:
        lues = ecrites = lignes = _rebuild(cursor, marche, source, parametres)
    else:
        lues = terrain.count(cursor)
        ecrites, ajoutees = _write_differences(cursor, marche, source, parametres, portee)
        lignes = (jeu.lignes if jeu else 0) + ajoutees
    marche.add(lues=lues, ecrites=ecrites)
    _save_jeu(marche, au, rangs, regles, ecrites, lignes, complete=portee.complete)


def read_ordre(cursor: CursorWrapper) -> str:
    """How the rows of a new table are put in the order of the communes."""
    cursor.execute(RANGEES)
    return "" if cursor.fetchone()[0] else ORDRE


def list_rangs(versions: Versions) -> list[list[str]]:
    """What gives each bit its meaning: scheme, version, and the digest of the text they were read from."""
    return [[dispositif.code, version.code, dispositif.empreinte] for dispositif, version in versions]


def _rebuild(cursor: CursorWrapper, marche: Marche, source: str, parametres: dict[str, Any]) -> int:
    """A new table beside the old one, its key once it is full, then the names: the old one is read until the end."""
    marche.begin("Construction de la table")
    cursor.execute(NOUVELLE)
    cursor.execute(source + REMPLISSAGE, parametres)
    lignes = int(cursor.rowcount)
    marche.begin("Clé et statistiques")
    cursor.execute(CLES)
    marche.begin("Échange")
    _swap(cursor)
    return lignes


def _swap(cursor: CursorWrapper) -> None:
    """Wait little and often: whoever reads the table meanwhile would wait behind us."""
    cursor.execute("SELECT set_config('lock_timeout', %s, true)", [ATTENTE_ECHANGE])
    for essai in range(ESSAIS_ECHANGE):
        try:
            with transaction.atomic():
                cursor.execute(ECHANGE)
        except OperationalError:
            if essai == ESSAIS_ECHANGE - 1:
                raise
            time.sleep(0.2)
        else:
            return


def _write_differences(
    cursor: CursorWrapper, marche: Marche, source: str, parametres: dict[str, Any], portee: Portee
) -> tuple[int, int]:
    """Returns the rows written, and by how many the table grew."""
    marche.begin("Lignes changées")
    cursor.execute(source + MISE_A_JOUR, parametres)
    changees = int(cursor.rowcount)
    marche.begin("Communes ajoutées et retirées")
    ajoutees = retirees = 0
    if portee.complete:  # only what concerns everybody brings communes or takes them away
        cursor.execute(MANQUANTES, [parametres["professions"]])
        if cursor.fetchone()[0]:
            cursor.execute(source + AJOUT, parametres)
            ajoutees = int(cursor.rowcount)
        cursor.execute(RETRAIT)
        retirees = int(cursor.rowcount)
    return changees + ajoutees + retirees, ajoutees - retirees


def _save_jeu(
    marche: Marche, au: date, rangs: list[list[str]], regles: Catalogue, ecrites: int, lignes: int, *, complete: bool
) -> None:
    """In the transaction of the table: whoever reads one reads the other of the same run."""
    maintenant = timezone.now()
    champs: dict[str, object] = {
        "jour": au,
        "versions": rangs,
        "catalogue": regles.empreinte,
        "lignes": lignes,
        "verifie_le": maintenant,
    }
    if complete:
        champs["sequence"] = marche.numero
    if ecrites:
        champs |= {"change_le": maintenant, "execution": marche.execution}
    JeuEligibilite.objects.update_or_create(
        pk=1, defaults=champs, create_defaults={"change_le": maintenant, "execution": marche.execution, **champs}
    )
