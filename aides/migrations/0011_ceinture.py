"""Row level security of the files and of what hangs from them; their acts are only ever added."""

from django.db import migrations

from portal.core.rls import protege, protege_enfant

AJOUT_SEUL = """
CREATE TRIGGER ajout_seul BEFORE UPDATE OR DELETE ON aides_actedossier
FOR EACH ROW EXECUTE FUNCTION core_ajout_seul();
"""


class Migration(migrations.Migration):
    dependencies = [("aides", "0010_paiements"), ("core", "0008_ceinture")]
    operations = [
        protege("aides_demande"),
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
