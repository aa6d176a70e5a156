"""The statements of `import_rpps`. Everything joined into them is a constant of this module."""

COLONNES_TEMPORAIRES = (
    "ligne", "rpps", "profession", "type_savoir_faire", "specialite_code", "specialite", "nom", "prenom", "civilite",
    "cle", "code_publie", "mode_exercice", "finess", "siret", "enseigne", "commune_id", "cle_nom",
)  # fmt: skip
IDENTITE = ("profession", "specialite_code", "specialite", "nom", "prenom", "civilite", "cle_nom")
LIEU = ("commune_id", "finess", "siret", "enseigne")

TABLES = (
    "DROP TABLE IF EXISTS import_rpps, import_praticien, import_lieu, import_change",
    f"""CREATE TEMP TABLE import_rpps (ligne integer, {", ".join(f"{c} varchar" for c in COLONNES_TEMPORAIRES[1:])})
        ON COMMIT DROP""",
    "CREATE TEMP TABLE import_change (rpps varchar, cle varchar) ON COMMIT DROP",
)
# The order of the lines never decides: the same extraction in another order writes nothing.
ENSEMBLES = (
    f"""CREATE TEMP TABLE import_praticien ON COMMIT DROP AS
        SELECT DISTINCT ON (rpps) rpps, {", ".join(IDENTITE)} FROM import_rpps
         ORDER BY rpps, profession, type_savoir_faire <> 'S', specialite_code = '', specialite_code, specialite, nom,
                  prenom, civilite""",  # noqa: S608
    f"""CREATE TEMP TABLE import_lieu ON COMMIT DROP AS
        SELECT DISTINCT ON (rpps, cle) rpps, cle, code_publie, mode_exercice, {", ".join(LIEU)}
          FROM import_rpps WHERE cle <> '' ORDER BY rpps, cle, enseigne DESC, finess DESC, siret DESC""",  # noqa: S608
    "CREATE UNIQUE INDEX ON import_praticien (rpps)",
    "CREATE UNIQUE INDEX ON import_lieu (rpps, cle)",
    "ANALYZE import_praticien",
    "ANALYZE import_lieu",
)  # fmt: skip
DISPARUS = """
SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (SELECT FROM import_praticien s WHERE s.rpps = p.rpps))
  FROM cpts_praticien p WHERE p.vu_le = (SELECT max(vu_le) FROM cpts_praticien)
"""
DEUX_PROFESSIONS = """
SELECT count(*) FROM (SELECT FROM import_rpps GROUP BY rpps HAVING min(profession) <> max(profession)) doubles
"""
# Fragments of constants only.
PRATICIENS_CHANGES = f"""
WITH change AS (
  UPDATE cpts_praticien p SET ({", ".join(IDENTITE)}, vu_le) = ({", ".join(f"s.{c}" for c in IDENTITE)}, %(jour)s)
    FROM import_praticien s
   WHERE p.rpps = s.rpps
     AND ({", ".join(f"p.{c}" for c in IDENTITE)}) IS DISTINCT FROM ({", ".join(f"s.{c}" for c in IDENTITE)})
  RETURNING p.rpps)
INSERT INTO import_change SELECT rpps, NULL FROM change
"""  # noqa: S608
PRATICIENS_NOUVEAUX = f"""
WITH change AS (
  INSERT INTO cpts_praticien (rpps, {", ".join(IDENTITE)}, secteur, vu_le)
  SELECT rpps, {", ".join(IDENTITE)}, '', %(jour)s FROM import_praticien s
   WHERE NOT EXISTS (SELECT FROM cpts_praticien p WHERE p.rpps = s.rpps) ORDER BY rpps
  RETURNING rpps)
INSERT INTO import_change SELECT rpps, NULL FROM change
"""  # noqa: S608
PRATICIENS_VUS = """
UPDATE cpts_praticien p SET vu_le = %(jour)s FROM import_praticien s WHERE p.rpps = s.rpps AND p.vu_le <> %(jour)s
"""
LIEUX_FERMES = """
UPDATE cpts_lieuexercice l SET periode = daterange(lower(periode), %(jour)s)
 WHERE upper_inf(periode) AND lower(periode) < %(jour)s
   AND NOT EXISTS (SELECT FROM import_lieu s WHERE s.rpps = l.praticien_id AND s.cle = l.cle)
"""
LIEUX_CHANGES = f"""
WITH change AS (
  UPDATE cpts_lieuexercice l SET ({", ".join(LIEU)}) = ({", ".join(f"s.{c}" for c in LIEU)})
    FROM import_lieu s
   WHERE l.praticien_id = s.rpps AND l.cle = s.cle AND upper_inf(l.periode)
     AND ({", ".join(f"l.{c}" for c in LIEU)}) IS DISTINCT FROM ({", ".join(f"s.{c}" for c in LIEU)})
  RETURNING s.rpps, s.cle)
INSERT INTO import_change SELECT rpps, cle FROM change
"""  # noqa: S608
LIEUX_NOUVEAUX = f"""
WITH change AS (
  INSERT INTO cpts_lieuexercice (praticien_id, cle, code_publie, mode_exercice, {", ".join(LIEU)}, periode)
  SELECT rpps, cle, code_publie, mode_exercice, {", ".join(LIEU)}, daterange(%(jour)s, NULL) FROM import_lieu s
   WHERE NOT EXISTS (SELECT FROM cpts_lieuexercice l
                      WHERE l.praticien_id = s.rpps AND l.cle = s.cle AND upper_inf(l.periode))
   ORDER BY rpps, cle
  RETURNING praticien_id, cle)
INSERT INTO import_change SELECT praticien_id, cle FROM change
"""  # noqa: S608
LIGNES_ECRITES = """
SELECT count(*) FROM import_rpps s
 WHERE s.rpps IN (SELECT rpps FROM import_change WHERE cle IS NULL)
    OR (s.rpps, s.cle) IN (SELECT rpps, cle FROM import_change WHERE cle IS NOT NULL)
"""
COMPTES = """
SELECT l.commune_id, p.profession, count(DISTINCT l.rpps) AS praticiens,
       count(DISTINCT l.rpps) FILTER (WHERE l.mode_exercice = 'L') AS liberaux
  FROM import_lieu l JOIN import_praticien p ON p.rpps = l.rpps
 WHERE l.commune_id IS NOT NULL GROUP BY l.commune_id, p.profession
"""
# One day a month is kept: the last. Derived from the extractions, it is the only thing ever deleted here.
OFFRE = (
    """DELETE FROM cpts_offrecommune
        WHERE jour < %(jour)s AND date_trunc('month', jour) = date_trunc('month', %(jour)s::date)""",
    f"""INSERT INTO cpts_offrecommune AS o (commune_id, profession, praticiens, liberaux, jour)
        SELECT comptes.*, %(jour)s FROM ({COMPTES}) comptes ORDER BY 1, 2
        ON CONFLICT (commune_id, profession, jour) DO UPDATE
           SET praticiens = excluded.praticiens, liberaux = excluded.liberaux
         WHERE (o.praticiens, o.liberaux) IS DISTINCT FROM (excluded.praticiens, excluded.liberaux)""",  # noqa: S608
    f"""DELETE FROM cpts_offrecommune o WHERE jour = %(jour)s
           AND NOT EXISTS (SELECT FROM ({COMPTES}) comptes
                            WHERE comptes.commune_id = o.commune_id AND comptes.profession = o.profession)""",  # noqa: S608
)  # fmt: skip
