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
# A commune counts in its département; régions and France add up their départements.
LIENS_COMMUNE = """
CREATE TEMP TABLE lien_commune ON COMMIT DROP AS
SELECT objet, territoire_id FROM lien_du_jour WHERE genre = 'commune' AND type NOT IN ('region', 'france')
"""
LIENS_AUTRE = """
CREATE TEMP TABLE lien_autre ON COMMIT DROP AS
SELECT genre, objet, territoire_id FROM lien_du_jour WHERE genre <> 'commune'
"""
# Sums are taken over whole ten-thousandths: exact, and several times faster than over decimals. One statement for
# every indicator: one snapshot.
PREMIER = """
CREATE TEMP TABLE premier (rang, territoire_id, numerateur, denominateur, valeur, demonstration) ON COMMIT DROP AS
"""
SIMPLE = """
SELECT {rang} AS rang, l.territoire_id, sum((b.numerateur * 10000::bigint)::bigint) AS numerateur,
       sum((b.denominateur * 10000::bigint)::bigint) AS denominateur, max({valeur}) AS valeur,
       bool_or(b.demonstration) AS demonstration
  FROM ({sql}) b JOIN {lien} l.objet = b.objet::text GROUP BY l.territoire_id
"""
DECLINE = """
SELECT v.rang, d.territoire_id, d.numerateur, d.denominateur, NULL::numeric, d.demonstration
  FROM (SELECT CASE WHEN grouping(b.variante) = 1 THEN '{code}' ELSE '{code}.' || b.variante END AS code,
               l.territoire_id, sum((b.numerateur * 10000::bigint)::bigint) AS numerateur,
               sum((b.denominateur * 10000::bigint)::bigint) AS denominateur, bool_or(b.demonstration) AS demonstration
          FROM ({sql}) b JOIN {lien} l.objet = b.objet::text
         GROUP BY GROUPING SETS ((l.territoire_id), (l.territoire_id, b.variante))) d
  JOIN voulue v ON v.code = d.code
"""
# A median is that of the objects themselves, at every size: never of medians.
MEDIANE = """
SELECT {rang}, l.territoire_id,
       (10000 * percentile_cont(0.5) WITHIN GROUP (ORDER BY b.numerateur::double precision))::numeric,
       10000 * count(*), NULL::numeric, bool_or(b.demonstration)
  FROM ({sql}) b JOIN lien_du_jour l ON l.genre = '{genre}' AND l.objet = b.objet::text GROUP BY l.territoire_id
"""
LIENS_PAR_GENRE = {
    "commune": "lien_commune l ON",
    **{genre: f"lien_autre l ON l.genre = '{genre}' AND" for genre in ("departement", "cpts", "territoire")},
}
CUMUL = """
CREATE TEMP TABLE cumul ON COMMIT DROP AS
SELECT rang, territoire_id, numerateur / 10000 AS numerateur, denominateur / 10000 AS denominateur, valeur,
       demonstration
  FROM premier
 UNION ALL
SELECT p.rang, l.territoire_id, sum(p.numerateur) / 10000, sum(p.denominateur) / 10000, NULL,
       bool_or(p.demonstration)
  FROM premier p
  JOIN voulue v ON v.rang = p.rang AND v.genre = 'commune' AND v.forme <> 'mediane'
  JOIN pilotage_territoire t ON t.id = p.territoire_id AND t.type = 'departement'
  JOIN lien_autre l ON l.genre = 'departement' AND l.objet = t.code
  JOIN pilotage_territoire h ON h.id = l.territoire_id AND h.type IN ('region', 'france')
 GROUP BY p.rang, l.territoire_id
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
TEMPORAIRES = (
    *("voulue", "voulue_maille", "lien_du_jour", "lien_commune", "lien_autre"),
    *("premier", "cumul", "calcul", "ecart"),
)
VUES = """
DELETE FROM pilotage_modification
 WHERE survenue_le <= %(debut)s AND pg_visible_in_snapshot(transaction::text::xid8, %(instantane)s::pg_snapshot)
"""


def build_premier(definitions: Sequence[Definition]) -> str:
    """One statement for all: one snapshot, whatever the isolation. Every fragment is a file of the portal."""
    parties = []
    rang = 1
    for definition in definitions:
        un = definition.indicateur
        modele = MEDIANE if un.forme == "mediane" else DECLINE if definition.variantes else SIMPLE
        valeur = "b.valeur" if un.forme == "valeur" else "NULL::numeric"
        lien = LIENS_PAR_GENRE[un.genre]
        parties.append(modele.format(rang=rang, code=un.code, genre=un.genre, valeur=valeur, lien=lien, sql=un.sql))
        rang += len(definition.tous)
    return PREMIER + " UNION ALL ".join(parties)
