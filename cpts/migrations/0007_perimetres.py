"""What the database holds of perimeters."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cpts", "0006_etapes")]
    operations = []
