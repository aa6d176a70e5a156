from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension, UnaccentExtension
from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    run_before = [("zonage", "0001_initial")]
    operations = [BtreeGistExtension(), TrigramExtension(), UnaccentExtension()]
