"""The states of a CPTS, held by the database."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cpts", "0005_ceinture_coordination")]
    operations = []
