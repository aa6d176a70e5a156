"""Row level security of what names a person."""

from django.db import migrations

from portal.core.rls import protege


class Migration(migrations.Migration):
    dependencies = [("cpts", "0001_praticiens"), ("core", "0008_ceinture")]
    operations = [protege("cpts_rattachement")]
