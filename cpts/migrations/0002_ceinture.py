"""Row level security of what names a person."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cpts", "0001_praticiens"), ("core", "0008_ceinture")]
    operations: list[migrations.RunSQL] = []
