"""The state of a structure changes by an act; an approved perimeter is withdrawn when its CPTS ends before its day."""

from django.db import migrations

# At the end of the transaction: whoever moves a structure wrote the act that moved it (as `cpts_par_acte`, 0006).
PAR_ACTE = """
CREATE FUNCTION cpts_structure_par_acte() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.statut IS DISTINCT FROM (
        SELECT cible FROM cpts_actestructure
         WHERE structure_id = NEW.id AND source = OLD.statut ORDER BY id DESC LIMIT 1
    ) THEN
        RAISE EXCEPTION 'cpts_structure: structure_etat_par_acte'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'structure_etat_par_acte', TABLE = 'cpts_structure';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER structure_par_acte AFTER UPDATE OF statut ON cpts_structure
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.statut <> NEW.statut)
EXECUTE FUNCTION cpts_structure_par_acte();
"""
PAR_ACTE_RETOUR = """
DROP TRIGGER structure_par_acte ON cpts_structure;
DROP FUNCTION cpts_structure_par_acte();
"""
COUPLES_AVANT = (
    ("brouillon", "retire"),
    ("brouillon", "soumis"),
    ("soumis", "approuve"),
    ("soumis", "brouillon"),
    ("soumis", "refuse"),
)
COUPLES = (("approuve", "retire"), *COUPLES_AVANT)
"""`cpts.calculs.cycle_perimetre.list_couples()`: a test compares both."""
FIN = """
            WHEN OLD.statut = 'approuve' AND NEW.statut = 'retire' AND NOT EXISTS (
                SELECT FROM cpts_cpts WHERE code = OLD.cpts_id AND statut IN ('resilie', 'abandonne')
            ) THEN 'perimetre_transition'"""


def build_vie(couples: "tuple[tuple[str, str], ...]", fin: str) -> str:
    """`cpts_perimetre_vie` of migration 0007, with these couples."""
    permis = ", ".join(f"('{source}', '{cible}')" for source, cible in couples)
    return f"""
CREATE OR REPLACE FUNCTION cpts_perimetre_vie() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    refus text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.decide_le IS NOT NULL THEN refus := 'perimetre_ne_s_efface_pas'; END IF;
    ELSE
        refus := CASE
            WHEN NEW.cpts_id <> OLD.cpts_id THEN 'perimetre_fige'
            WHEN NEW.statut <> OLD.statut AND (OLD.statut, NEW.statut) NOT IN ({permis})
                THEN 'perimetre_transition'{fin}
            WHEN NEW.statut <> OLD.statut AND NEW.version <> OLD.version + 1 THEN 'perimetre_version'
            WHEN OLD.decide_le IS NOT NULL
                AND ((NEW.effet_le, NEW.population, NEW.millesime_population, NEW.taille, NEW.soumis_par_id,
                      NEW.soumis_le, NEW.decide_par_id, NEW.decide_le)
                     IS DISTINCT FROM (OLD.effet_le, OLD.population, OLD.millesime_population, OLD.taille,
                      OLD.soumis_par_id, OLD.soumis_le, OLD.decide_par_id, OLD.decide_le)
                     OR OLD.periode IS NOT NULL AND (NEW.periode IS NULL OR NOT NEW.periode <@ OLD.periode
                        OR lower(NEW.periode) IS DISTINCT FROM lower(OLD.periode)))
                THEN 'perimetre_fige'
        END;
    END IF;
    IF refus IS NOT NULL THEN
        RAISE EXCEPTION 'cpts_perimetre: %', refus
            USING ERRCODE = 'check_violation', CONSTRAINT = refus, TABLE = 'cpts_perimetre';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("cpts", "0010_diagnostic")]
    operations = [
        migrations.RunSQL(PAR_ACTE, PAR_ACTE_RETOUR),
        migrations.RunSQL(build_vie(COUPLES, FIN), build_vie(COUPLES_AVANT, "")),
    ]
