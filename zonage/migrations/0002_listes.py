import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("zonage", "0001_initial"),
        ("core", "0004_outbox"),
    ]

    operations = [
        migrations.CreateModel(
            name="ListeCommunes",
            fields=[
                ("code", models.CharField(max_length=24, primary_key=True, serialize=False, verbose_name="code")),
                ("libelle", models.CharField(max_length=120, verbose_name="libellé")),
                ("reference", models.CharField(max_length=300, verbose_name="référence")),
                ("source", models.CharField(blank=True, max_length=200, verbose_name="source et millésime")),
            ],
            options={
                "verbose_name": "liste de communes",
                "verbose_name_plural": "listes de communes",
                "ordering": ["code"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^[a-z0-9_]+$")), name="listecommunes_code"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AppartenanceListe",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "periode",
                    django.contrib.postgres.fields.ranges.DateRangeField(
                        help_text="Début inclus, fin exclue. Sans fin : encore en vigueur.", verbose_name="période"
                    ),
                ),
                ("certaine", models.BooleanField(default=True, verbose_name="certaine")),
                (
                    "empreinte",
                    models.CharField(
                        blank=True,
                        help_text="Celle de l'import qui l'a écrite.",
                        max_length=64,
                        verbose_name="empreinte du fichier",
                    ),
                ),
                (
                    "commune",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="zonage.commune",
                    ),
                ),
                (
                    "liste",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appartenances",
                        to="zonage.listecommunes",
                    ),
                ),
            ],
            options={
                "verbose_name": "appartenance à une liste",
                "verbose_name_plural": "appartenances aux listes",
                "ordering": ["liste", "commune", "periode"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("periode__isempty", False)), name="appartenanceliste_periode_non_vide"
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[("liste", "="), ("commune", "="), ("periode", "&&")],
                        name="appartenanceliste_une_par_jour",
                        violation_error_message="La commune est déjà dans cette liste sur une partie de la période.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PeriodeListe",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "periode",
                    django.contrib.postgres.fields.ranges.DateRangeField(
                        help_text="Début inclus, fin exclue. Sans fin : encore en vigueur.", verbose_name="période"
                    ),
                ),
                (
                    "liste",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="periodes",
                        to="zonage.listecommunes",
                    ),
                ),
            ],
            options={
                "verbose_name": "période connue d'une liste",
                "verbose_name_plural": "périodes connues des listes",
                "ordering": ["liste", "periode"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("periode__isempty", False)), name="periodeliste_periode_non_vide"
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[("liste", "="), ("periode", "&&")], name="periodeliste_une_par_jour"
                    ),
                ],
            },
        ),
    ]
