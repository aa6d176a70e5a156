"""A closed season stands still, a figure never changes, an action follows its states: held by the database."""

from django.db import migrations

# Each refusal names itself by a constraint: `prevention.services.erreurs` has its French sentence.
REFUS = """
    IF refus IS NOT NULL THEN
        RAISE EXCEPTION '%: %', TG_TABLE_NAME, refus
            USING ERRCODE = 'check_violation', CONSTRAINT = refus, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
"""
CAMPAGNE = f"""
CREATE FUNCTION prevention_campagne_vie() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    refus text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.statut = 'close' THEN refus := 'campagne_nait_ouverte'; END IF;
    ELSIF OLD.statut = 'close' THEN
        refus := 'campagne_saison_close';
    ELSIF TG_OP = 'UPDATE' AND NEW.statut <> OLD.statut
        AND (OLD.statut, NEW.statut) NOT IN (('brouillon', 'ouverte'), ('ouverte', 'close')) THEN
        refus := 'campagne_transition';
    END IF;
    {REFUS}
END
$$
"""
DE_CAMPAGNE = f"""
CREATE FUNCTION prevention_de_campagne() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    refus text;
BEGIN
    IF TG_OP <> 'INSERT' AND EXISTS (SELECT FROM prevention_campagne WHERE id = OLD.campagne_id AND statut = 'close')
        OR TG_OP <> 'DELETE' AND EXISTS (SELECT FROM prevention_campagne WHERE id = NEW.campagne_id AND statut = 'close')
    THEN refus := 'campagne_saison_close'; END IF;
    {REFUS}
END
$$
"""
# The figure that another replaces leaves its place inside this trigger, and nowhere else.
RELEVE = f"""
CREATE FUNCTION prevention_releve_vie() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    refus text;
    etat text;
    libre text;
BEGIN
    SELECT statut INTO etat FROM prevention_campagne
     WHERE id = CASE WHEN TG_OP = 'INSERT' THEN NEW.campagne_id ELSE OLD.campagne_id END FOR KEY SHARE;
    IF TG_OP = 'DELETE' THEN
        IF etat <> 'brouillon' THEN refus := 'releve_ne_s_efface_pas'; END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        libre := CASE WHEN pg_trigger_depth() > 1 AND OLD.courant THEN 'courant' ELSE 'secret' END;
        IF to_jsonb(NEW) - 'secret' - libre <> to_jsonb(OLD) - 'secret' - libre
        THEN refus := CASE WHEN etat = 'close' THEN 'releve_saison_close' ELSE 'releve_ne_change_pas' END; END IF;
    ELSIF NOT NEW.courant THEN
        refus := 'releve_nait_courant';
    ELSIF NOT EXISTS (SELECT FROM prevention_cible WHERE id = NEW.cible_id AND campagne_id = NEW.campagne_id) THEN
        refus := 'releve_cible_de_la_campagne';
    ELSIF NEW.remplace_id IS NULL THEN
        IF etat = 'close' THEN refus := 'releve_saison_close'; END IF;
    ELSE
        UPDATE prevention_releve SET courant = false
         WHERE id = NEW.remplace_id AND courant
           AND (campagne_id, cible_id, territoire_type, territoire_code, periode)
             = (NEW.campagne_id, NEW.cible_id, NEW.territoire_type, NEW.territoire_code, NEW.periode);
        IF NOT FOUND THEN refus := 'releve_remplace_le_courant'; END IF;
    END IF;
    {REFUS}
END
$$
"""
ACTION = f"""
CREATE FUNCTION prevention_action_vie() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    refus text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.statut <> 'brouillon' THEN refus := 'action_ne_s_efface_pas'; END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        refus := CASE
            WHEN NEW.statut <> OLD.statut AND (OLD.statut, NEW.statut) NOT IN (
                ('brouillon', 'annoncee'), ('brouillon', 'tenue'), ('annoncee', 'brouillon'), ('annoncee', 'tenue'),
                ('annoncee', 'annulee'), ('tenue', 'annoncee'), ('annulee', 'annoncee')) THEN 'action_transition'
            WHEN NEW.version <> OLD.version + 1 THEN 'action_version'
            WHEN (NEW.id, NEW.cpts_id, NEW.cree_le) IS DISTINCT FROM (OLD.id, OLD.cpts_id, OLD.cree_le)
                THEN 'action_figee'
        END;
    END IF;
    {REFUS}
END
$$
"""
FONCTIONS = {
    "prevention_campagne_vie": CAMPAGNE,
    "prevention_de_campagne": DE_CAMPAGNE,
    "prevention_releve_vie": RELEVE,
    "prevention_action_vie": ACTION,
}
TRIGGERS = (
    ("campagne_vie", "prevention_campagne", "prevention_campagne_vie"),
    ("cible_saison", "prevention_cible", "prevention_de_campagne"),
    ("objectif_saison", "prevention_objectif", "prevention_de_campagne"),
    ("releve_vie", "prevention_releve", "prevention_releve_vie"),
    ("action_vie", "prevention_actionprevention", "prevention_action_vie"),
)


class Migration(migrations.Migration):
    dependencies = [("prevention", "0001_initial")]
    operations = [
        *(migrations.RunSQL(corps, f"DROP FUNCTION {nom}()") for nom, corps in FONCTIONS.items()),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER {nom} BEFORE INSERT OR UPDATE OR DELETE ON {table}"
                f" FOR EACH ROW EXECUTE FUNCTION {fonction}()",
                f"DROP TRIGGER {nom} ON {table}",
            )
            for nom, table, fonction in TRIGGERS
        ),
    ]
