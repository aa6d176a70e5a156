"""The states of a structure, held by the database."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cpts", "0008_missions")]
    operations = []
