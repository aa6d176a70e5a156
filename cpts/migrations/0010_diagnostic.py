"""The sets of communes that a CPTS keeps to diagnose again."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from portal.core.rls import protege_de_cpts


class Migration(migrations.Migration):
    dependencies = [("cpts", "0009_structures"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            name="TerritoireEnregistre",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("cle", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="clé")),
                ("nom", models.CharField(max_length=120, verbose_name="nom")),
                (
                    "communes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=5), size=None, verbose_name="communes"
                    ),
                ),
                (
                    "cree_le",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="enregistré le"),
                ),
                (
                    "cpts",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="cpts.cpts",
                        verbose_name="CPTS",
                    ),
                ),
                (
                    "cree_par",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "territoire enregistré",
                "verbose_name_plural": "territoires enregistrés",
                "ordering": ["cpts", "nom", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["cpts", "nom"],
                        name="territoireenregistre_nom_unique",
                        violation_error_message=(
                            "Un territoire de ce nom est déjà enregistré : choisissez un autre nom."
                        ),
                    ),
                    models.CheckConstraint(
                        condition=Q(communes__len__range=(1, 6_000)) & ~Q(nom=""),
                        name="territoireenregistre_non_vide",
                        violation_error_message="Un territoire enregistré a un nom et au moins une commune.",
                    ),
                ],
            },
        ),
        protege_de_cpts("cpts_territoireenregistre"),
    ]
