"""The dimension of the measures, from the communes, their groups and the CPTS: written by difference."""

from django.db.backends.utils import CursorWrapper

SOURCES = (
    *("zonage_commune", "zonage_epci", "zonage_departement", "zonage_composition"),
    *("cpts_cpts", "cpts_perimetre", "cpts_communeperimetre"),
)
"""The tables that it comes from: it is made again when one of them changed."""
CODE = "_territoires"
"""Its name among what a run computed."""
EMPREINTE = "1"
"""Changes with the queries below."""

VOULUS = """
CREATE TEMP TABLE voulu ON COMMIT DROP AS
WITH principal AS (
    SELECT DISTINCT ON (genre, code) genre, code, departement_id
      FROM (SELECT 'epci' AS genre, epci_id AS code, departement_id, count(*) AS n FROM zonage_commune
             WHERE epci_id IS NOT NULL GROUP BY 2, 3
             UNION ALL
            SELECT 'tvs', t.code, c.departement_id, count(*)
              FROM zonage_territoire t
              JOIN zonage_composition x ON x.territoire_id = t.id
              JOIN zonage_commune c ON c.code_insee = x.commune_id
             WHERE t.type = 'tvs' GROUP BY 2, 3) comptes
     ORDER BY genre, code, n DESC, departement_id)
SELECT 'france' AS type, 'france' AS code, 'France' AS nom, '' AS region_code, '' AS departement_code
 UNION ALL SELECT 'region', code, nom, code, '' FROM zonage_region
 UNION ALL SELECT 'departement', code, nom, region_id, code FROM zonage_departement
 UNION ALL SELECT 'epci', e.code, e.nom, coalesce(d.region_id, ''), coalesce(d.code, '')
             FROM zonage_epci e
             LEFT JOIN principal p ON p.genre = 'epci' AND p.code = e.code
             LEFT JOIN zonage_departement d ON d.code = p.departement_id
 UNION ALL SELECT 'cpts', code, nom, region_code, departement_code FROM cpts_cpts
 UNION ALL SELECT 'tvs', t.code, t.libelle, coalesce(d.region_id, ''), coalesce(d.code, '')
             FROM zonage_territoire t
             LEFT JOIN principal p ON p.genre = 'tvs' AND p.code = t.code
             LEFT JOIN zonage_departement d ON d.code = p.departement_id
            WHERE t.type = 'tvs'
"""
TERRITOIRES = """
INSERT INTO pilotage_territoire AS t (type, code, nom, region_code, departement_code, actif)
SELECT type, code, nom, region_code, departement_code, true FROM voulu
    ON CONFLICT (type, code) DO UPDATE
   SET nom = excluded.nom, region_code = excluded.region_code, departement_code = excluded.departement_code,
       actif = true
 WHERE (t.nom, t.region_code, t.departement_code, t.actif)
       IS DISTINCT FROM (excluded.nom, excluded.region_code, excluded.departement_code, true)
"""
DISPARUS = """
UPDATE pilotage_territoire t SET actif = false
 WHERE actif AND NOT EXISTS (SELECT FROM voulu v WHERE v.type = t.type AND v.code = t.code)
"""
# A commune of two TVS (a merger) counts in that of its own code. A mother commune in a perimeter stands for its
# arrondissements, and stays, for what lies in it without saying in which.
LIENS = """
CREATE TEMP TABLE lien ON COMMIT DROP AS
WITH tvs AS (
    SELECT DISTINCT ON (x.commune_id) x.commune_id, t.code
      FROM zonage_composition x JOIN zonage_territoire t ON t.id = x.territoire_id
     WHERE x.type = 'tvs' AND x.millesime = (SELECT max(millesime) FROM zonage_composition WHERE type = 'tvs')
     ORDER BY x.commune_id, (x.code_publie = x.commune_id) DESC, x.code_publie),
     couverte AS (
    SELECT p.cpts_id, p.periode, l.commune_id FROM cpts_perimetre p
      JOIN cpts_communeperimetre l ON l.perimetre_id = p.id WHERE p.statut = 'approuve'
     UNION
    SELECT p.cpts_id, p.periode, e.code_insee FROM cpts_perimetre p
      JOIN cpts_communeperimetre l ON l.perimetre_id = p.id
      JOIN zonage_commune e ON e.parent_id = l.commune_id WHERE p.statut = 'approuve'),
     brut AS (
    SELECT 'commune' AS genre, c.code_insee AS objet, v.type, v.code, NULL::daterange AS periode
      FROM zonage_commune c
      JOIN zonage_departement d ON d.code = c.departement_id
      LEFT JOIN tvs ON tvs.commune_id = c.code_insee
     CROSS JOIN LATERAL (VALUES ('france', 'france'), ('region', d.region_id), ('departement', d.code),
                                ('epci', c.epci_id), ('tvs', tvs.code)) v (type, code)
     UNION ALL
    SELECT 'commune', commune_id, 'cpts', cpts_id, periode FROM couverte
     UNION ALL
    SELECT 'departement', d.code, v.type, v.code, NULL FROM zonage_departement d
     CROSS JOIN LATERAL (VALUES ('france', 'france'), ('region', d.region_id), ('departement', d.code)) v (type, code)
     UNION ALL
    SELECT 'cpts', c.code, v.type, v.code, NULL FROM cpts_cpts c
     CROSS JOIN LATERAL (VALUES ('france', 'france'), ('region', c.region_code),
                                ('departement', c.departement_code), ('cpts', c.code)) v (type, code)
     UNION ALL
    SELECT 'territoire', type || ':' || code, type, code, NULL FROM voulu)
SELECT b.genre, b.objet, t.id AS territoire_id, b.periode
  FROM brut b JOIN pilotage_territoire t ON t.type = b.type AND t.code = b.code
"""
OTE = """
DELETE FROM pilotage_appartenance WHERE id IN (
    SELECT a.id FROM pilotage_appartenance a
      LEFT JOIN lien l ON l.genre = a.genre AND l.objet = a.objet AND l.territoire_id = a.territoire_id
           AND l.periode IS NOT DISTINCT FROM a.periode
     WHERE l.genre IS NULL)
"""
AJOUTE = """
INSERT INTO pilotage_appartenance (genre, objet, territoire_id, periode)
SELECT l.genre, l.objet, l.territoire_id, l.periode
  FROM lien l
  LEFT JOIN pilotage_appartenance a ON a.genre = l.genre AND a.objet = l.objet AND a.territoire_id = l.territoire_id
       AND l.periode IS NOT DISTINCT FROM a.periode
 WHERE a.id IS NULL
"""


def refresh_territoires(cursor: CursorWrapper) -> int:
    """Inside the transaction of a run. Returns the rows written."""
    cursor.execute("DROP TABLE IF EXISTS voulu, lien")
    ecrites = 0
    for requete in (VOULUS, TERRITOIRES, DISPARUS, LIENS, "ANALYZE lien", OTE, AJOUTE):
        cursor.execute(requete)
        ecrites += cursor.rowcount if requete in (TERRITOIRES, DISPARUS, OTE, AJOUTE) else 0
    if ecrites:
        cursor.execute("ANALYZE pilotage_territoire")
        cursor.execute("ANALYZE pilotage_appartenance")
    return ecrites
