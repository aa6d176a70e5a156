"""The queries of a run: every indicator over every territory at once, then only what differs is written."""

from collections.abc import Sequence

from portal.pilotage.sources.definitions import Definition

INDICATEURS = """
CREATE TEMP TABLE voulue ON COMMIT DROP AS
SELECT code, forme, genre, zero, rang::integer
  FROM unnest(%(codes)s::text[], %(formes)s::text[], %(genres)s::text[], %(zeros)s::boolean[])
       WITH ORDINALITY AS v (code, forme, genre, zero, rang)
"""
MAILLES = """
CREATE TEMP TABLE voulue_maille ON COMMIT DROP AS
SELECT * FROM unnest(%(codes)s::text[], %(mailles)s::text[]) AS v (code, maille)
"""
LIENS = """
CREATE TEMP TABLE lien_du_jour ON COMMIT DROP AS
SELECT a.genre, a.objet, a.territoire_id, t.type
  FROM pilotage_appartenance a JOIN pilotage_territoire t ON t.id = a.territoire_id
 WHERE a.periode IS NULL OR a.periode @> %(jour)s::date
"""
# Sums are taken over whole ten-thousandths: exact, and several times faster than over decimals.
BASE = """
CREATE TEMP TABLE compte ON COMMIT DROP AS
"""
SIMPLE = """
SELECT {rang} AS rang, '{genre}'::text AS genre, objet::text, (numerateur * 10000::bigint)::bigint AS numerateur,
       (denominateur * 10000::bigint)::bigint AS denominateur, {valeur} AS valeur, demonstration FROM ({sql}) b
"""
DECLINE = """
SELECT v.rang, '{genre}', d.objet::text, d.numerateur, d.denominateur, NULL::numeric, d.demonstration
  FROM (SELECT CASE WHEN grouping(variante) = 1 THEN '{code}' ELSE '{code}.' || variante END AS code, objet,
               (sum(numerateur) * 10000::bigint)::bigint AS numerateur,
               (sum(denominateur) * 10000::bigint)::bigint AS denominateur, bool_or(demonstration) AS demonstration
          FROM ({sql}) b GROUP BY GROUPING SETS ((objet), (objet, variante))) d
  JOIN voulue v ON v.code = d.code
"""
# Régions and France add up their départements: a commune is read once, not three times.
PREMIER = """
CREATE TEMP TABLE premier ON COMMIT DROP AS
SELECT c.rang, l.territoire_id, sum(c.numerateur) AS numerateur, sum(c.denominateur) AS denominateur,
       max(c.valeur) AS valeur, bool_or(c.demonstration) AS demonstration
  FROM compte c
  JOIN voulue v ON v.rang = c.rang AND v.forme <> 'mediane'
  JOIN lien_du_jour l ON l.genre = c.genre AND l.objet = c.objet
       AND (c.genre <> 'commune' OR l.type NOT IN ('region', 'france'))
 GROUP BY c.rang, l.territoire_id
"""
# A median is that of the objects themselves: never of medians.
CUMUL = """
CREATE TEMP TABLE cumul ON COMMIT DROP AS
SELECT rang, territoire_id, numerateur / 10000 AS numerateur, denominateur / 10000 AS denominateur, valeur,
       demonstration
  FROM premier
 UNION ALL
SELECT p.rang, l.territoire_id, sum(p.numerateur) / 10000, sum(p.denominateur) / 10000, NULL,
       bool_or(p.demonstration)
  FROM premier p
  JOIN voulue v ON v.rang = p.rang AND v.genre = 'commune'
  JOIN pilotage_territoire t ON t.id = p.territoire_id AND t.type = 'departement'
  JOIN lien_du_jour l ON l.genre = 'departement' AND l.objet = t.code AND l.type IN ('region', 'france')
 GROUP BY p.rang, l.territoire_id
 UNION ALL
SELECT c.rang, l.territoire_id,
       (percentile_cont(0.5) WITHIN GROUP (ORDER BY c.numerateur::double precision))::numeric / 10000,
       count(*), NULL, bool_or(c.demonstration)
  FROM compte c
  JOIN voulue v ON v.rang = c.rang AND v.forme = 'mediane'
  JOIN lien_du_jour l ON l.genre = c.genre AND l.objet = c.objet
 GROUP BY c.rang, l.territoire_id
"""
CALCUL = """
CREATE TEMP TABLE calcul ON COMMIT DROP AS
SELECT m.code AS indicateur, t.id AS territoire_id,
       round(CASE WHEN v.zero THEN coalesce(c.numerateur, 0) ELSE c.numerateur END, 4) AS numerateur,
       round(c.denominateur, 4) AS denominateur,
       round(CASE v.forme
             WHEN 'part' THEN 100 * c.numerateur / nullif(c.denominateur, 0)
             WHEN 'moyenne' THEN c.numerateur / nullif(c.denominateur, 0)
             WHEN 'valeur' THEN coalesce(c.valeur, 100 * c.numerateur / nullif(c.denominateur, 0))
             ELSE CASE WHEN v.zero THEN coalesce(c.numerateur, 0) ELSE c.numerateur END END, 4) AS valeur,
       coalesce(c.demonstration, false) AS demonstration
  FROM voulue v
  JOIN voulue_maille m ON m.code = v.code
  JOIN pilotage_territoire t ON t.type = m.maille
  LEFT JOIN cumul c ON c.rang = v.rang AND c.territoire_id = t.id
"""
# For each figure: what is computed (n), what the eve reads (v), the rows of the day (a) and of the next day (l). Three
# probes of one index a figure, whatever the years behind.
ECART = """
CREATE TEMP TABLE ecart ON COMMIT DROP AS
SELECT n.*, (n.numerateur, n.denominateur, n.valeur, n.demonstration)
            IS DISTINCT FROM (v.numerateur, v.denominateur, v.valeur, coalesce(v.demonstration, false)) AS voulue,
       a.id AS actuelle,
       (n.numerateur, n.denominateur, n.valeur, n.demonstration)
            IS DISTINCT FROM (a.numerateur, a.denominateur, a.valeur, a.demonstration) AS differe,
       l.id AS suivante,
       (n.numerateur, n.denominateur, n.valeur, n.demonstration)
            IS NOT DISTINCT FROM (l.numerateur, l.denominateur, l.valeur, l.demonstration) AS suivante_pareille,
       CASE WHEN a.id IS NULL THEN v.id ELSE a.id END AS lue
  FROM calcul n
  LEFT JOIN LATERAL (SELECT m.id, m.numerateur, m.denominateur, m.valeur, m.demonstration FROM pilotage_mesure m
                      WHERE m.indicateur = n.indicateur AND m.territoire_id = n.territoire_id
                        AND m.jour < %(jour)s::date
                      ORDER BY m.jour DESC LIMIT 1) v ON true
  LEFT JOIN pilotage_mesure a ON a.indicateur = n.indicateur AND a.territoire_id = n.territoire_id
       AND a.jour = %(jour)s::date
  LEFT JOIN pilotage_mesure l ON %(suite)s AND l.indicateur = n.indicateur AND l.territoire_id = n.territoire_id
       AND l.jour = %(jour)s::date + 1
"""
# The days after a day that is done again keep what they read: what the next one read is written on it, by the run that
# had written it, unless it reads the same. In this order: the rows that are copied are still there.
GARDE = """
INSERT INTO pilotage_mesure
       (indicateur, territoire_id, jour, numerateur, denominateur, valeur, demonstration, passage_id)
SELECT e.indicateur, e.territoire_id, %(jour)s::date + 1, o.numerateur, o.denominateur, o.valeur,
       coalesce(o.demonstration, false), coalesce(o.passage_id, %(passage)s)
  FROM ecart e LEFT JOIN pilotage_mesure o ON o.id = e.lue
 WHERE %(suite)s AND e.suivante IS NULL
   AND (e.numerateur, e.denominateur, e.valeur, e.demonstration)
       IS DISTINCT FROM (o.numerateur, o.denominateur, o.valeur, coalesce(o.demonstration, false))
RETURNING indicateur
"""
REDONDANTES = """
DELETE FROM pilotage_mesure m USING ecart e
 WHERE (e.suivante_pareille AND m.id = e.suivante) OR (NOT e.voulue AND m.id = e.actuelle)
RETURNING m.indicateur
"""
CHANGEES = """
UPDATE pilotage_mesure m
   SET numerateur = e.numerateur, denominateur = e.denominateur, valeur = e.valeur, demonstration = e.demonstration,
       passage_id = %(passage)s
  FROM ecart e WHERE e.voulue AND e.differe AND m.id = e.actuelle
RETURNING m.indicateur
"""
NOUVELLES = """
INSERT INTO pilotage_mesure
       (indicateur, territoire_id, jour, numerateur, denominateur, valeur, demonstration, passage_id)
SELECT indicateur, territoire_id, %(jour)s::date, numerateur, denominateur, valeur, demonstration, %(passage)s
  FROM ecart WHERE voulue AND actuelle IS NULL
RETURNING indicateur
"""
ECRITURES = (GARDE, REDONDANTES, CHANGEES, NOUVELLES)
TEMPORAIRES = ("voulue", "voulue_maille", "lien_du_jour", "compte", "premier", "cumul", "calcul", "ecart")
VUES = """
DELETE FROM pilotage_modification
 WHERE survenue_le <= %(debut)s AND pg_visible_in_snapshot(transaction::text::xid8, %(instantane)s::pg_snapshot)
"""


def build_base(definitions: Sequence[Definition]) -> str:
    """One statement for all: one snapshot, whatever the isolation. Every fragment is a file of the portal."""
    parties = []
    rang = 1
    for definition in definitions:
        un = definition.indicateur
        modele = DECLINE if definition.variantes else SIMPLE
        valeur = "valeur" if un.forme == "valeur" else "NULL::numeric"
        parties.append(modele.format(rang=rang, code=un.code, genre=un.genre, valeur=valeur, sql=un.sql))
        rang += len(definition.tous)
    return BASE + " UNION ALL ".join(parties)
