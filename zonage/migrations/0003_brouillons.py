"""Drafts of arrêtés made in the administration: the file read, the rows to mend."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("zonage", "0002_listes")]
    operations: list[migrations.RunSQL] = []
