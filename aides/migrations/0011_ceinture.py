"""Row level security of the files and of what hangs from them; their acts are only ever added."""

from django.db import migrations

from portal.core.rls import TERRITORIALISE, protege, protege_enfant

# A file that was never deposited is its author's alone, as in `DemandeQuerySet`.
DEPOSEE = """
deposee_le IS NOT NULL OR proprietaire_id = (SELECT maillage_personne()) OR (SELECT maillage_systeme())
"""

AJOUT_SEUL = """
CREATE TRIGGER ajout_seul BEFORE UPDATE OR DELETE ON aides_actedossier
FOR EACH ROW EXECUTE FUNCTION core_ajout_seul();
"""


class Migration(migrations.Migration):
    dependencies = [("aides", "0010_paiements"), ("core", "0008_ceinture")]
    operations = [
        protege("aides_demande", f"({TERRITORIALISE}) AND ({DEPOSEE})"),
        protege("aides_contrat"),
        protege("aides_echeance"),
        protege("aides_lignecampagne"),
        protege("aides_anomalie"),
        protege_enfant("aides_actedossier", "aides_demande", "demande_id"),
        protege_enfant("aides_piecedossier", "aides_demande", "demande_id"),
        protege_enfant("aides_courrier", "aides_demande", "demande_id"),
        protege_enfant("aides_avenant", "aides_contrat", "contrat_id"),
        migrations.RunSQL(AJOUT_SEUL, "DROP TRIGGER ajout_seul ON aides_actedossier"),
    ]
