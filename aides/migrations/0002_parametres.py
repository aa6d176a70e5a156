import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("aides", "0001_regles_locales"),
    ]

    operations = [
        migrations.CreateModel(
            name="ArchiveRegle",
            fields=[
                (
                    "empreinte",
                    models.CharField(
                        max_length=64, primary_key=True, serialize=False, verbose_name="empreinte SHA-256"
                    ),
                ),
                ("code", models.CharField(db_index=True, max_length=60, verbose_name="dispositif")),
                ("texte", models.TextField(verbose_name="texte")),
                ("vue_le", models.DateTimeField(default=django.utils.timezone.now, verbose_name="vue le")),
            ],
            options={
                "verbose_name": "règle archivée",
                "verbose_name_plural": "règles archivées",
                "ordering": ["code", "-vue_le", "empreinte"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("empreinte__regex", "^[0-9a-f]{64}$")), name="archiveregle_empreinte"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ParametreRegional",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, verbose_name="paramètre")),
                (
                    "valeur",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=10,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="valeur (€)",
                    ),
                ),
                (
                    "periode",
                    django.contrib.postgres.fields.ranges.DateRangeField(
                        help_text="Début inclus, fin exclue. Sans fin : encore en vigueur.", verbose_name="période"
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        help_text="Le texte régional qui fixe cette valeur.", max_length=300, verbose_name="référence"
                    ),
                ),
                ("verifie_le", models.DateField(help_text="Le jour où ce texte a été lu.", verbose_name="vérifié le")),
                (
                    "statut",
                    models.CharField(
                        choices=[
                            ("brouillon", "Brouillon"),
                            ("propose", "Proposé"),
                            ("valide", "Validé"),
                            ("ecarte", "Écarté"),
                        ],
                        default="brouillon",
                        editable=False,
                        max_length=10,
                        verbose_name="statut",
                    ),
                ),
                ("valide_le", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="validé le")),
                (
                    "propose_par",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="proposé par",
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="zonage.region",
                        verbose_name="région",
                    ),
                ),
                (
                    "valide_par",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="validé par",
                    ),
                ),
            ],
            options={
                "verbose_name": "paramètre régional",
                "verbose_name_plural": "paramètres régionaux",
                "ordering": ["region", "code", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("statut__in", ["brouillon", "propose", "valide", "ecarte"])),
                        name="parametreregional_statut",
                    ),
                    models.CheckConstraint(condition=models.Q(("valeur__gte", 0)), name="parametreregional_valeur"),
                    models.CheckConstraint(
                        condition=models.Q(("periode__isempty", False)), name="parametreregional_periode"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("statut", "valide"), _negated=True),
                            models.Q(
                                ("propose_par__isnull", False),
                                ("valide_par__isnull", False),
                                models.Q(("propose_par", models.F("valide_par")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="parametreregional_deux_personnes",
                        violation_error_message="La personne qui valide n'est pas celle qui a proposé.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("statut", "valide")),
                        expressions=[("region", "="), ("code", "="), ("periode", "&&")],
                        name="parametreregional_un_par_jour",
                        violation_error_message="Ce paramètre a déjà une valeur validée sur une partie de la période.",
                    ),
                ],
            },
        ),
    ]
