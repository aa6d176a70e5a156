"""Row level security of the files and of what hangs from them."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("aides", "0010_paiements"), ("core", "0008_ceinture")]
    operations: list[migrations.RunSQL] = []
