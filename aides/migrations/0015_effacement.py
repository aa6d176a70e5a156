"""Emptying a finished file of what it says of a person: one function of the owner, which writes in the journal."""

from django.db import migrations

# The rows stay, for the counts and for the journal: who may call it empties, and does nothing else (docs/adr/0162).
FONCTION = """
CREATE FUNCTION aides_efface_dossier(dossier uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET maillage.effacement = 'oui' AS $$
DECLARE
    etat text;
    actes integer;
    efface constant text := '{"efface":true}';
    phrase constant text := 'Texte effacé : sa durée de conservation est passée, ou la personne l''a demandé.';
BEGIN
    SELECT statut INTO etat FROM aides_demande WHERE id = dossier FOR NO KEY UPDATE;
    IF etat IS NULL OR etat NOT IN ('refusee', 'retiree', 'caduque', 'soldee') THEN
        RAISE EXCEPTION 'aides_demande: demande_effacement_en_cours'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'demande_effacement_en_cours', TABLE = 'aides_demande';
    END IF;
    IF EXISTS (SELECT FROM core_gelconservation WHERE objet = 'aides.demande:' || dossier AND leve_le IS NULL) THEN
        RAISE EXCEPTION 'aides_demande: demande_effacement_gelee'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'demande_effacement_gelee', TABLE = 'aides_demande';
    END IF;
    UPDATE aides_demande
       SET praticien_id = NULL, faits = '{}', coordonnees = '{}', message = '', declarations = '{}', preuve = efface,
           preuve_empreinte = encode(sha256(convert_to(efface, 'UTF8')), 'hex'), version = version + 1,
           motif = CASE WHEN motif = '' THEN '' ELSE phrase END,
           voies_recours = CASE WHEN voies_recours = '' THEN '' ELSE phrase END
     WHERE id = dossier;
    UPDATE aides_actedossier SET commentaire = '', details = '{}' WHERE demande_id = dossier;
    GET DIAGNOSTICS actes = ROW_COUNT;
    INSERT INTO core_evenement (objet, action, survenu_le, details)
    VALUES ('aides.demande:' || dossier, 'donnees_effacees', clock_timestamp(), jsonb_build_object('actes', actes));
    RETURN actes;
END
$$
"""
DECLENCHEURS = """
CREATE OR REPLACE TRIGGER demande_vie BEFORE INSERT OR UPDATE OR DELETE ON aides_demande
FOR EACH ROW {quand}EXECUTE FUNCTION aides_demande_vie();
CREATE OR REPLACE TRIGGER ajout_seul BEFORE UPDATE OR DELETE ON aides_actedossier
FOR EACH ROW {quand}EXECUTE FUNCTION core_ajout_seul();
"""
SAUF_EFFACEMENT = "WHEN (NOT core_effacement_permis()) "


class Migration(migrations.Migration):
    dependencies = [("aides", "0014_campagnes"), ("core", "0009_conservation")]
    operations = [
        migrations.RunSQL(DECLENCHEURS.format(quand=SAUF_EFFACEMENT), DECLENCHEURS.format(quand="")),
        migrations.RunSQL(FONCTION, "DROP FUNCTION aides_efface_dossier(uuid)"),
    ]
