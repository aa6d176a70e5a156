"""What the database holds of missions, meetings and money."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cpts", "0007_perimetres")]
    operations = []
