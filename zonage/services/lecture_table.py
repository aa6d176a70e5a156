"""The read table: from published classements to one niveau a commune, a profession, a day, by set SQL.

Precedence on a day: the commune's own row, then those of its territoires; a code that is no longer a commune is read
only when today's code has no row. A QPV of another class than its commune makes the answer « adresse requise »; so do
two rows of equal rank that differ, and a city whose arrondissements differ. The demonstration is read only, for a
profession, in the régions and for the communes where no official row of it was ever published.
"""

from collections.abc import Sequence
from contextlib import nullcontext

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from portal.core.sql import first_fill
from zonage.enums import Profession

VERROU = "zonage.zonecommune"

# Ranks: 0 a QPV; 10 the commune; 15 the city of an arrondissement; 20 an old code; 30… the territoires; + 1 when the
# territoire is known only through an old code of the commune; + 100 when the file says it does not know.
LUS = """
CREATE TEMP TABLE lus ON COMMIT DROP AS
SELECT c.territoire_id, c.profession, c.periode, c.statut, c.niveau_id, c.arrete_id, c.origine,
       t.type, t.code, a.millesime_cog
  FROM zonage_classement c
  JOIN zonage_arrete a ON a.id = c.arrete_id
  JOIN zonage_territoire t ON t.id = c.territoire_id
 WHERE c.publie AND c.profession = ANY(%(professions)s)
   AND (c.origine = 'officiel' OR NOT EXISTS (
           SELECT FROM zonage_arrete o WHERE o.origine = 'officiel' AND o.region_id = a.region_id
              AND o.profession = a.profession AND o.statut IN ('publie', 'abroge')))
"""

CANDIDATS = """
CREATE TEMP TABLE candidat ON COMMIT DROP AS
WITH millesimes AS MATERIALIZED (
    SELECT l.type, l.millesime_cog,
           coalesce((SELECT max(millesime) FROM zonage_composition x WHERE x.type = l.type
                        AND x.millesime = l.millesime_cog),
                    (SELECT max(millesime) FROM zonage_composition x WHERE x.type = l.type)) AS millesime
      FROM (SELECT DISTINCT type, millesime_cog FROM lus) AS l
),
tous AS (
    SELECT co.code_insee AS commune, l.*, 10 AS rang
      FROM lus l JOIN zonage_commune co ON co.code_insee = l.code WHERE l.type = 'commune'
    UNION ALL
    SELECT co.code_insee, l.*, 15
      FROM lus l JOIN zonage_commune co ON co.parent_id = l.code WHERE l.type = 'commune'
    UNION ALL
    SELECT cp.commune_id, l.*,
           CASE l.type WHEN 'qpv' THEN 0 WHEN 'commune' THEN 20 WHEN 'tvs' THEN 30 WHEN 'bvcv' THEN 40
                       WHEN 'bv2022' THEN 50 ELSE 60 END
           + CASE WHEN cp.code_publie = cp.commune_id OR l.type = 'qpv' THEN 0 ELSE 1 END
      FROM lus l
      JOIN millesimes m ON m.type = l.type AND m.millesime_cog IS NOT DISTINCT FROM l.millesime_cog
      JOIN zonage_composition cp ON cp.territoire_id = l.territoire_id AND cp.millesime = m.millesime
     WHERE l.type <> 'commune' OR cp.code_publie <> cp.commune_id
),
places AS (
    SELECT t.commune, t.profession, t.periode, t.statut, t.niveau_id, t.arrete_id, t.territoire_id, t.origine,
           t.rang + CASE WHEN t.statut = 'inconnu' THEN 100 ELSE 0 END AS rang, 1 AS attendus,
           bool_or(t.origine = 'officiel') OVER (PARTITION BY t.commune, t.profession) AS officiel
      FROM tous t
     WHERE %(regions)s::text[] IS NULL OR EXISTS (
           SELECT FROM zonage_commune co JOIN zonage_departement d ON d.code = co.departement_id
            WHERE co.code_insee = t.commune AND d.region_id = ANY(%(regions)s))
)
SELECT commune, profession, periode, statut, niveau_id, arrete_id, territoire_id, origine, rang, attendus,
       count(*) OVER (PARTITION BY commune, profession) AS combien
  FROM places WHERE origine = 'officiel' OR NOT officiel
"""

RESULTAT = """
CREATE TEMP TABLE resultat ON COMMIT DROP AS
SELECT commune, profession, periode, statut, niveau_id, arrete_id, territoire_id, origine FROM candidat WITH NO DATA
"""

# One row alone is the answer. Otherwise the days are cut at every bound, each piece is decided, equal neighbours join.
DECISION = """
INSERT INTO resultat
SELECT commune, profession, periode, statut, niveau_id, arrete_id, territoire_id, origine
  FROM candidat WHERE combien = 1 AND rang > 0 AND attendus = 1;
INSERT INTO resultat
WITH discutes AS (SELECT * FROM candidat WHERE combien > 1 OR rang = 0 OR attendus > 1),
bornes AS (
    SELECT commune, profession, lower(periode) AS jour FROM discutes
    UNION
    SELECT commune, profession, coalesce(upper(periode), 'infinity') FROM discutes
),
morceaux AS (
    SELECT commune, profession, jour AS debut,
           lead(jour) OVER (PARTITION BY commune, profession ORDER BY jour) AS fin
      FROM bornes
),
couverts AS (
    SELECT m.debut, m.fin, d.*,
           coalesce(min(d.rang) FILTER (WHERE d.rang > 0) OVER (PARTITION BY m.commune, m.profession, m.debut), 0)
               AS meilleur
      FROM morceaux m
      JOIN discutes d ON d.commune = m.commune AND d.profession = m.profession AND d.periode @> m.debut
     WHERE m.fin IS NOT NULL
),
lus AS (
    SELECT commune, profession, debut, fin, meilleur,
           count(DISTINCT statut || coalesce(niveau_id, '')) FILTER (WHERE rang = meilleur) AS avis,
           count(*) FILTER (WHERE rang = meilleur) AS voix,
           max(attendus) FILTER (WHERE rang = meilleur) AS attendus,
           array_agg(DISTINCT niveau_id) FILTER (WHERE rang = 0) AS quartiers,
           (array_agg(statut ORDER BY arrete_id, territoire_id) FILTER (WHERE rang = meilleur))[1] AS statut,
           (array_agg(niveau_id ORDER BY arrete_id, territoire_id) FILTER (WHERE rang = meilleur))[1] AS niveau_id,
           (array_agg(arrete_id ORDER BY arrete_id, territoire_id) FILTER (WHERE rang = meilleur))[1] AS arrete_id,
           (array_agg(territoire_id ORDER BY arrete_id, territoire_id) FILTER (WHERE rang = meilleur))[1]
               AS territoire_id,
           (array_agg(origine ORDER BY arrete_id, territoire_id) FILTER (WHERE rang = meilleur))[1] AS origine
      FROM couverts GROUP BY commune, profession, debut, fin, meilleur
),
decides AS (
    SELECT l.*, (avis > 1 OR voix < attendus OR meilleur = 0
                 OR EXISTS (SELECT FROM unnest(quartiers) q WHERE q IS DISTINCT FROM niveau_id)) AS partage
      FROM lus l
),
clairs AS (
    SELECT commune, profession, debut, fin, CASE WHEN partage THEN 'adresse_requise' ELSE statut END AS statut,
           CASE WHEN partage THEN NULL ELSE niveau_id END AS niveau_id, arrete_id, territoire_id, origine
      FROM decides
),
ruptures AS (
    SELECT *, CASE WHEN lag(fin) OVER w = debut
                    AND lag((statut, niveau_id, arrete_id, territoire_id, origine)::text) OVER w
                        = (statut, niveau_id, arrete_id, territoire_id, origine)::text
                   THEN 0 ELSE 1 END AS rupture
      FROM clairs WINDOW w AS (PARTITION BY commune, profession ORDER BY debut)
),
ilots AS (
    SELECT *, sum(rupture) OVER (PARTITION BY commune, profession ORDER BY debut) AS ilot FROM ruptures
)
SELECT commune, profession, daterange(min(debut), nullif(max(fin), 'infinity')), statut, niveau_id, arrete_id,
       territoire_id, origine
  FROM ilots GROUP BY commune, profession, ilot, statut, niveau_id, arrete_id, territoire_id, origine
"""

# A city with arrondissements is read through them, unless it has a class of its own.
VILLES = """
CREATE TEMP TABLE ville ON COMMIT DROP AS
WITH lignes AS (
    SELECT r.commune, r.profession, r.periode, r.statut, r.niveau_id, r.arrete_id, r.territoire_id, r.origine,
           CASE WHEN r.statut = 'inconnu' THEN 110 ELSE 10 END AS rang, 1 AS attendus
      FROM resultat r WHERE r.commune IN (SELECT parent_id FROM zonage_commune WHERE parent_id IS NOT NULL)
    UNION ALL
    SELECT a.parent_id, r.profession, r.periode, r.statut, r.niveau_id,
           min(r.arrete_id) OVER (PARTITION BY a.parent_id, r.profession, r.periode, r.origine), NULL, r.origine, 20,
           (SELECT count(*) FROM zonage_commune f WHERE f.parent_id = a.parent_id)
      FROM resultat r JOIN zonage_commune a ON a.code_insee = r.commune AND a.parent_id IS NOT NULL
     WHERE r.statut <> 'inconnu'
)
SELECT *, count(*) OVER (PARTITION BY commune, profession) AS combien FROM lignes;
DELETE FROM resultat WHERE commune IN (SELECT commune FROM ville);
TRUNCATE candidat;
INSERT INTO candidat (commune, profession, periode, statut, niveau_id, arrete_id, territoire_id, origine, rang,
                      attendus, combien)
SELECT commune, profession, periode, statut, niveau_id, arrete_id, territoire_id, origine, rang, attendus, combien
  FROM ville
"""

EGALITE = """
    r.commune = z.commune_id AND r.profession = z.profession AND r.periode = z.periode AND r.statut = z.statut
    AND r.niveau_id IS NOT DISTINCT FROM z.niveau_id AND r.arrete_id = z.arrete_id
    AND r.territoire_id IS NOT DISTINCT FROM z.territoire_id AND r.origine = z.origine
"""

# The fragments joined here are constants of this module.
EFFACEMENT = f"""
DELETE FROM zonage_zonecommune z
 WHERE z.profession = ANY(%(professions)s)
   AND (%(regions)s::text[] IS NULL OR EXISTS (
           SELECT FROM zonage_commune co JOIN zonage_departement d ON d.code = co.departement_id
            WHERE co.code_insee = z.commune_id AND d.region_id = ANY(%(regions)s)))
   AND NOT EXISTS (SELECT FROM resultat r WHERE {EGALITE})
"""  # noqa: S608

ECRITURE = f"""
INSERT INTO zonage_zonecommune (commune_id, profession, periode, statut, niveau_id, arrete_id, territoire_id, origine)
SELECT commune, profession, periode, statut, niveau_id, arrete_id, territoire_id, origine FROM resultat r
 WHERE NOT EXISTS (SELECT FROM zonage_zonecommune z WHERE {EGALITE})
 ORDER BY commune, profession, periode
"""  # noqa: S608


def _owns(cursor: CursorWrapper) -> bool:
    """Whether this role may set the constraints of the table aside: the role of the web may not (docs/adr/0100)."""
    cursor.execute(
        "SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class WHERE oid = 'zonage_zonecommune'::regclass"
    )
    return bool(cursor.fetchone()[0])


@transaction.atomic
def refresh_zones(professions: Sequence[str] | None = None, regions: Sequence[str] | None = None) -> int:
    """Rebuild the read table for some professions and régions (None: all), writing only what differs.

    Returns the rows deleted plus inserted: 0 the second time.
    """
    parametres = {
        "professions": list(professions or Profession.values),
        "regions": list(regions) if regions is not None else None,
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [VERROU])
        cursor.execute("SELECT set_config('statement_timeout', '300000', true)")
        cursor.execute("DROP TABLE IF EXISTS lus, candidat, resultat, ville")
        cursor.execute(LUS, parametres)
        cursor.execute("ANALYZE lus")
        cursor.execute(CANDIDATS, parametres)
        cursor.execute(RESULTAT)
        cursor.execute("ANALYZE candidat")
        cursor.execute(DECISION)
        cursor.execute("CREATE INDEX ON resultat (commune, profession)")
        cursor.execute("ANALYZE resultat")
        cursor.execute(VILLES)
        cursor.execute(DECISION)
        with first_fill(cursor, "zonage_zonecommune") if _owns(cursor) else nullcontext():
            cursor.execute(EFFACEMENT, parametres)
            ecrites = cursor.rowcount
            cursor.execute(ECRITURE)
            ecrites += cursor.rowcount
        cursor.execute("DROP TABLE lus, candidat, resultat, ville")
    return int(ecrites)
