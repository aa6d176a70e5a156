"""Row level security, first part: the role of the web, the functions of the policies, the documents."""

from django.db import migrations

from portal.core.rls import FONCTIONS, FONCTIONS_RETOUR, protege

# Roles belong to the whole server: two databases may be made at once, and another portal may hold the role already.
ROLE = """
DO $$
BEGIN
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'maillage_web') THEN
            CREATE ROLE maillage_web NOLOGIN;
        END IF;
    EXCEPTION
        WHEN duplicate_object OR unique_violation THEN NULL;
        WHEN insufficient_privilege THEN
            RAISE EXCEPTION 'Le role maillage_web manque, et ce compte ne peut pas le creer. '
                'Un administrateur de la base lance : CREATE ROLE maillage_web NOLOGIN; GRANT maillage_web TO %;',
                quote_ident(current_user);
    END;
    IF NOT pg_has_role(
        current_user, 'maillage_web',
        CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END
    ) THEN
        GRANT maillage_web TO CURRENT_USER;
    END IF;
END
$$;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO maillage_web;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO maillage_web;
GRANT USAGE ON SCHEMA public TO maillage_web;
"""
RETOUR = """
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM maillage_web;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM maillage_web;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM maillage_web;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM maillage_web;
REVOKE ALL ON SCHEMA public FROM maillage_web;
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0007_journal")]
    operations = [
        migrations.RunSQL(ROLE, RETOUR),
        migrations.RunSQL(FONCTIONS, FONCTIONS_RETOUR),
        protege("core_document"),
    ]
