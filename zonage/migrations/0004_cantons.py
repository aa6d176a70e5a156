"""Cantons: one more kind of territory made of communes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("zonage", "0003_brouillons"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="territoire",
            name="territoire_type_connu",
        ),
        migrations.AlterField(
            model_name="composition",
            name="type",
            field=models.CharField(
                choices=[
                    ("tvs", "Territoire de vie-santé"),
                    ("bvcv", "Bassin de vie ou canton-ou-ville"),
                    ("bv2012", "Bassin de vie 2012"),
                    ("bv2022", "Bassin de vie 2022"),
                    ("canton", "Canton-ou-ville"),
                    ("commune", "Commune"),
                    ("qpv", "Quartier prioritaire de la politique de la ville"),
                ],
                max_length=8,
                verbose_name="type",
            ),
        ),
        migrations.AlterField(
            model_name="territoire",
            name="type",
            field=models.CharField(
                choices=[
                    ("tvs", "Territoire de vie-santé"),
                    ("bvcv", "Bassin de vie ou canton-ou-ville"),
                    ("bv2012", "Bassin de vie 2012"),
                    ("bv2022", "Bassin de vie 2022"),
                    ("canton", "Canton-ou-ville"),
                    ("commune", "Commune"),
                    ("qpv", "Quartier prioritaire de la politique de la ville"),
                ],
                max_length=8,
                verbose_name="type",
            ),
        ),
        migrations.AddConstraint(
            model_name="territoire",
            constraint=models.CheckConstraint(
                condition=models.Q(("type__in", ["tvs", "bvcv", "bv2012", "bv2022", "canton", "commune", "qpv"])),
                name="territoire_type_connu",
            ),
        ),
    ]
