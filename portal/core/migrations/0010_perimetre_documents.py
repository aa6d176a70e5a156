"""A document shared by the coordinators of a CPTS: its column, and the policy that reads it."""

from django.db import migrations, models

from portal.core.rls import DOCUMENT, TERRITORIALISE

POLITIQUE = "ALTER POLICY core_document_portee ON core_document USING ({0}) WITH CHECK ({0})"


class Migration(migrations.Migration):
    dependencies = [("core", "0009_conservation")]
    operations = [
        migrations.AddField(
            "document",
            "perimetre",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="« cpts:71-chalonnais » : à tous.",
                max_length=30,
                verbose_name="périmètre",
            ),
        ),
        migrations.RunSQL(POLITIQUE.format(DOCUMENT), POLITIQUE.format(TERRITORIALISE)),
    ]
