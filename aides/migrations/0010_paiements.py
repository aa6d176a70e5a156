"""What the database holds about contracts: signed files only, payments under what was granted, nothing paid undone."""

from django.db import migrations

# Each refusal names itself by a constraint: `aides.contrats.erreurs` has its French sentence.
CONTRAT = """
CREATE FUNCTION aides_contrat_vie() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    dossier record;
    refus text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        refus := 'contrat_ne_s_efface_pas';
    ELSE
        SELECT statut, decision_le, proprietaire_id, dispositif, montant_accorde INTO dossier
          FROM aides_demande WHERE id = NEW.demande_id;
        refus := CASE
            WHEN TG_OP = 'INSERT' AND dossier.statut IS DISTINCT FROM 'signee' THEN 'contrat_dossier_signe'
            WHEN (NEW.proprietaire_id, NEW.dispositif) IS DISTINCT FROM (dossier.proprietaire_id, dossier.dispositif)
                THEN 'contrat_du_dossier'
            WHEN NEW.date_signature < dossier.decision_le THEN 'contrat_dates_ordonnees'
            WHEN NEW.montant > dossier.montant_accorde THEN 'contrat_montant_accorde'
            WHEN TG_OP = 'UPDATE' AND (NEW.id, NEW.demande_id, NEW.numero, NEW.date_signature, lower(NEW.periode))
                IS DISTINCT FROM (OLD.id, OLD.demande_id, OLD.numero, OLD.date_signature, lower(OLD.periode))
                THEN 'contrat_fige'
            WHEN TG_OP = 'UPDATE' AND NEW.rembourse < OLD.rembourse THEN 'contrat_remboursement_acquis'
        END;
    END IF;
    IF refus IS NOT NULL THEN
        RAISE EXCEPTION 'aides_contrat: %', refus
            USING ERRCODE = 'check_violation', CONSTRAINT = refus, TABLE = 'aides_contrat';
    END IF;
    RETURN NEW;
END
$$
"""
# The contract is locked before the sum is read: two payments of one contract come one after the other.
ECHEANCE = """
CREATE FUNCTION aides_echeance_vie() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lie record;
    verse numeric;
    refus text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.statut IN ('payee', 'tenue', 'non_tenue') THEN refus := 'echeance_payee_figee'; END IF;
    ELSIF TG_OP = 'UPDATE' AND OLD.statut = 'payee' THEN
        IF (NEW.contrat_id, NEW.statut, NEW.montant, NEW.payee_le, NEW.payee_par_id, NEW.cle_paiement)
            IS DISTINCT FROM
            (OLD.contrat_id, OLD.statut, OLD.montant, OLD.payee_le, OLD.payee_par_id, OLD.cle_paiement)
        THEN refus := 'echeance_payee_figee'; END IF;
    ELSIF NEW.statut = 'payee' THEN
        SELECT contrat.montant, contrat.plafond, contrat.date_signature, contrat.demande_id INTO lie
          FROM aides_contrat contrat WHERE contrat.id = NEW.contrat_id FOR NO KEY UPDATE;
        SELECT coalesce(sum(montant), 0) + NEW.montant INTO verse
          FROM aides_echeance WHERE contrat_id = NEW.contrat_id AND statut = 'payee' AND id <> NEW.id;
        refus := CASE
            WHEN NOT EXISTS (
                SELECT FROM aides_demande
                 WHERE id = lie.demande_id AND statut IN ('en_cours', 'a_l_echeance', 'resiliee')
            ) THEN 'paiement_contrat_en_cours'
            WHEN NEW.payee_le < lie.date_signature THEN 'paiement_apres_signature'
            WHEN verse > lie.montant OR verse > lie.plafond OR verse > (
                SELECT montant_accorde FROM aides_demande WHERE id = lie.demande_id
            ) THEN 'paiement_sous_accorde'
        END;
    END IF;
    IF refus IS NOT NULL THEN
        RAISE EXCEPTION 'aides_echeance: %', refus
            USING ERRCODE = 'check_violation', CONSTRAINT = refus, TABLE = 'aides_echeance';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$
"""
TRIGGER_CONTRAT = """
CREATE TRIGGER contrat_vie BEFORE INSERT OR UPDATE OR DELETE ON aides_contrat
FOR EACH ROW EXECUTE FUNCTION aides_contrat_vie()
"""
TRIGGER_ECHEANCE = """
CREATE TRIGGER echeance_vie BEFORE INSERT OR UPDATE OR DELETE ON aides_echeance
FOR EACH ROW EXECUTE FUNCTION aides_echeance_vie()
"""


class Migration(migrations.Migration):
    dependencies = [("aides", "0009_etats")]
    operations = [
        migrations.RunSQL(CONTRAT, "DROP FUNCTION aides_contrat_vie()"),
        migrations.RunSQL(TRIGGER_CONTRAT, "DROP TRIGGER contrat_vie ON aides_contrat"),
        migrations.RunSQL(ECHEANCE, "DROP FUNCTION aides_echeance_vie()"),
        migrations.RunSQL(TRIGGER_ECHEANCE, "DROP TRIGGER echeance_vie ON aides_echeance"),
    ]
