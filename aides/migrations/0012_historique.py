"""The history of the files: every row as it was (pghistory)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("aides", "0011_ceinture")]
    operations: list[migrations.RunSQL] = []
