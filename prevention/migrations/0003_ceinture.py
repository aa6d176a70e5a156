"""Row level security of the actions: drafts to those of the CPTS or the structure, what is announced to all."""

from django.db import migrations

from portal.core.rls import build_de_cpts, protege

CPTS = build_de_cpts("c.code", "c.region_code", "c.departement_code")
STRUCTURE = build_de_cpts("coalesce(s.cpts_id, '')", "s.region_code", "s.departement_code")
AGENTS = """
(SELECT maillage_systeme())
OR EXISTS (SELECT FROM unnest((SELECT maillage_territoires() || maillage_caisses())) t
            WHERE t = 'national' OR t LIKE 'region:%' OR t LIKE 'departement:%')
"""


def build_condition(table: str) -> str:
    return f"""(SELECT maillage_systeme())
OR EXISTS (SELECT FROM cpts_cpts c WHERE c.code = {table}.cpts_id AND ({CPTS}))
OR EXISTS (SELECT FROM cpts_structure s WHERE s.id = {table}.structure_id AND ({STRUCTURE}))"""


class Migration(migrations.Migration):
    dependencies = [("prevention", "0002_saisons"), ("core", "0010_perimetre_documents")]
    operations = [
        protege("prevention_actionprevention", build_condition("prevention_actionprevention")),
        migrations.RunSQL(
            "CREATE POLICY prevention_actionprevention_publique ON prevention_actionprevention FOR SELECT"
            " USING (publique AND statut <> 'brouillon')",
            "DROP POLICY prevention_actionprevention_publique ON prevention_actionprevention",
        ),
        protege("prevention_actionpreventionevent", build_condition("prevention_actionpreventionevent")),
        protege("prevention_fichierreleves", AGENTS),
    ]
