"""The journal: nobody changes or removes a line, and each is sealed to the one before (docs/adr/0101)."""

from django.db import migrations

# What is sealed: the whole event, one text for one row whatever the settings of the session.
TEXTE = """
CREATE FUNCTION core_evenement_texte(
    id bigint, objet text, action text, auteur bigint, survenu_le timestamptz, details jsonb
) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT jsonb_build_array(
        id, objet, action, auteur, to_char(survenu_le AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), details
    )::text
$$;
CREATE FUNCTION core_empreinte(precedente text, texte text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT encode(sha256(convert_to(precedente || texte, 'UTF8')), 'hex')
$$;
"""
# Deferred: it runs at the commit, so that the lock of the chain is held for the time of a commit alone. It runs as the
# owner of the tables: the web role writes no seal by itself.
SCELLE = """
CREATE FUNCTION core_evenement_scelle() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    dernier record;
BEGIN
    PERFORM pg_advisory_xact_lock(7301, 7);
    SELECT rang, empreinte INTO dernier FROM core_scelle ORDER BY rang DESC LIMIT 1;
    INSERT INTO core_scelle (rang, evenement_id, precedente, empreinte)
    SELECT coalesce(dernier.rang, 0) + 1, NEW.id, p, core_empreinte(p, core_evenement_texte(
               NEW.id, NEW.objet, NEW.action, NEW.auteur_id, NEW.survenu_le, NEW.details))
      FROM coalesce(dernier.empreinte, repeat('0', 64)) p;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER evenement_scelle AFTER INSERT ON core_evenement
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION core_evenement_scelle();
"""
REPRISE = """
DO $$
DECLARE
    e record;
    rang bigint := 0;
    p text := repeat('0', 64);
    suivante text;
BEGIN
    FOR e IN SELECT * FROM core_evenement ORDER BY id LOOP
        rang := rang + 1;
        suivante := core_empreinte(
            p, core_evenement_texte(e.id, e.objet, e.action, e.auteur_id, e.survenu_le, e.details));
        INSERT INTO core_scelle (rang, evenement_id, precedente, empreinte) VALUES (rang, e.id, p, suivante);
        p := suivante;
    END LOOP;
END
$$;
"""
# Emptying the tables of a test is the one thing let through: portal.settings.test says so when it connects.
AJOUT_SEUL = """
CREATE FUNCTION core_ajout_seul() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('maillage.essais', true) = 'oui' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '%: on y ajoute, on n''y change et n''y retire rien', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;
"""
TABLES = ("core_evenement", "core_scelle")


def ajout_seul(table: str) -> str:
    acte = "EXECUTE FUNCTION core_ajout_seul();"
    return (
        f"CREATE TRIGGER ajout_seul BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {acte}"
        f"CREATE TRIGGER ajout_seul_vide BEFORE TRUNCATE ON {table} {acte}"
    )


RETOUR = (
    "DROP TRIGGER evenement_scelle ON core_evenement; DROP FUNCTION core_evenement_scelle();"
    + "".join(f"DROP TRIGGER ajout_seul ON {table}; DROP TRIGGER ajout_seul_vide ON {table};" for table in TABLES)
    + "DROP FUNCTION core_ajout_seul(); TRUNCATE core_scelle;"
    "DROP FUNCTION core_evenement_texte(bigint, text, text, bigint, timestamptz, jsonb);"
    "DROP FUNCTION core_empreinte(text, text);"
)


class Migration(migrations.Migration):
    dependencies = [("core", "0006_documents")]
    operations = [
        migrations.RunSQL(TEXTE + REPRISE + SCELLE + AJOUT_SEUL + "".join(map(ajout_seul, TABLES)), RETOUR),
    ]
