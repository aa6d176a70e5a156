"""The policies of row level security, as operations of migrations. Read beside `portal.core.ceinture`."""

from django.db import migrations

FONCTIONS = """
CREATE OR REPLACE FUNCTION maillage_systeme() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(current_setting('maillage.portee', true), '') = 'systeme' $$;
CREATE OR REPLACE FUNCTION maillage_personne() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('maillage.personne', true), '')::bigint $$;
CREATE OR REPLACE FUNCTION maillage_territoires() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT string_to_array(coalesce(current_setting('maillage.territoires', true), ''), ',') $$;
CREATE OR REPLACE FUNCTION maillage_caisses() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT string_to_array(coalesce(current_setting('maillage.caisses', true), ''), ',') $$;
"""
FONCTIONS_RETOUR = """
DROP FUNCTION maillage_systeme(); DROP FUNCTION maillage_personne();
DROP FUNCTION maillage_territoires(); DROP FUNCTION maillage_caisses();
"""
# Each setting is read once a statement (an initialisation plan), never once a row.
TERRITORIALISE = """
(SELECT maillage_systeme())
OR proprietaire_id = (SELECT maillage_personne())
OR 'national' = ANY ((SELECT maillage_territoires())::text[])
OR 'region:' || region_code = ANY ((SELECT maillage_territoires())::text[])
OR 'departement:' || departement_code = ANY ((SELECT maillage_territoires())::text[])
OR guichet = 'cpam' AND ('departement:' || departement_code = ANY ((SELECT maillage_caisses())::text[])
                         OR 'region:' || region_code = ANY ((SELECT maillage_caisses())::text[])
                         OR 'national' = ANY ((SELECT maillage_caisses())::text[]))
"""
DOCUMENT = f"{TERRITORIALISE}OR perimetre <> '' AND perimetre = ANY ((SELECT maillage_territoires())::text[])"


def build_de_cpts(cpts: str, region: str, departement: str) -> str:
    """The rows of a CPTS: its coordinators, the agents of its territory, the caisse there. SQL expressions."""
    return f"""
(SELECT maillage_systeme())
OR 'national' = ANY ((SELECT maillage_territoires())::text[])
OR 'cpts:' || {cpts} = ANY ((SELECT maillage_territoires())::text[])
OR 'region:' || {region} = ANY ((SELECT maillage_territoires())::text[])
OR 'departement:' || {departement} = ANY ((SELECT maillage_territoires())::text[])
OR 'national' = ANY ((SELECT maillage_caisses())::text[])
OR 'region:' || {region} = ANY ((SELECT maillage_caisses())::text[])
OR 'departement:' || {departement} = ANY ((SELECT maillage_caisses())::text[])
"""


def protege_de_cpts(table: str) -> migrations.RunSQL:
    """A table with a column `cpts_id`. The table of the CPTS is public."""
    vus = build_de_cpts("c.code", "c.region_code", "c.departement_code")
    condition = f"EXISTS (SELECT FROM cpts_cpts c WHERE c.code = {table}.cpts_id AND ({vus}))"
    return protege(table, condition)


def protege_de_structure(table: str) -> migrations.RunSQL:
    """A table with a column `structure_id`."""
    vus = build_de_cpts("coalesce(s.cpts_id, '')", "s.region_code", "s.departement_code")
    condition = f"EXISTS (SELECT FROM cpts_structure s WHERE s.id = {table}.structure_id AND ({vus}))"
    return protege(table, condition)


def protege(table: str, condition: str = TERRITORIALISE) -> migrations.RunSQL:
    """Row level security on `table` for whoever does not own it; `condition` says the rows seen and written."""
    return migrations.RunSQL(
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
        f"CREATE POLICY {table}_portee ON {table} USING ({condition}) WITH CHECK ({condition});",
        f"DROP POLICY {table}_portee ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;",
    )


def protege_enfant(table: str, parent: str, cle: str) -> migrations.RunSQL:
    """A row is seen when its parent is: the policy of the parent applies inside the subquery."""
    condition = f"(SELECT maillage_systeme()) OR EXISTS (SELECT 1 FROM {parent} p WHERE p.id = {table}.{cle})"  # noqa: S608
    return protege(table, condition)
