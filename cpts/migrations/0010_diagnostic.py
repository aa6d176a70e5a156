"""What the diagnosis of a territory reads."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cpts", "0009_structures")]
    operations = []
