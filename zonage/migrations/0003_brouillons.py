"""Drafts of arrêtés made in the administration: the file read, the rows to mend, the preview."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0008_ceinture"),
        ("zonage", "0002_listes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ApercuArrete",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entree", models.CharField(max_length=64, verbose_name="empreinte de ce qui a été lu")),
                ("contenu", models.JSONField(default=dict, verbose_name="contenu")),
                ("calcule_le", models.DateTimeField(default=django.utils.timezone.now, verbose_name="calculé le")),
            ],
            options={
                "verbose_name": "aperçu d'arrêté",
                "verbose_name_plural": "aperçus d'arrêtés",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="FichierArrete",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("nom", models.CharField(max_length=100, verbose_name="nom")),
                ("octets", models.BinaryField(verbose_name="octets, compressés")),
                (
                    "taille",
                    models.PositiveIntegerField(help_text="En octets, telle que reçue.", verbose_name="taille"),
                ),
                ("empreinte", models.CharField(db_index=True, max_length=64, verbose_name="empreinte SHA-256")),
                ("motif", models.CharField(blank=True, max_length=300, verbose_name="pourquoi le lire à nouveau")),
                (
                    "statut",
                    models.CharField(
                        choices=[
                            ("en_attente", "Lecture en cours"),
                            ("lu", "Lu"),
                            ("refuse", "Refusé"),
                            ("interrompu", "Interrompu"),
                        ],
                        default="en_attente",
                        max_length=12,
                        verbose_name="état",
                    ),
                ),
                ("erreur", models.CharField(blank=True, max_length=400, verbose_name="pourquoi il est refusé")),
                ("lignes_lues", models.PositiveIntegerField(default=0, verbose_name="lignes lues")),
                ("lignes_retenues", models.PositiveIntegerField(default=0, verbose_name="lignes retenues")),
                ("lignes_ailleurs", models.PositiveIntegerField(default=0, verbose_name="lignes d'autres régions")),
                ("avertissements", models.JSONField(blank=True, default=list, verbose_name="avertissements")),
                ("depose_le", models.DateTimeField(default=django.utils.timezone.now, verbose_name="déposé le")),
                ("lu_le", models.DateTimeField(blank=True, null=True, verbose_name="lu le")),
            ],
            options={
                "verbose_name": "fichier d'arrêté",
                "verbose_name_plural": "fichiers d'arrêtés",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="RejetArrete",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ligne", models.PositiveIntegerField(verbose_name="ligne")),
                ("colonne", models.CharField(blank=True, max_length=80, verbose_name="colonne")),
                ("code", models.CharField(blank=True, max_length=60, verbose_name="code lu")),
                ("libelle", models.CharField(blank=True, max_length=150, verbose_name="libellé lu")),
                ("valeur", models.CharField(blank=True, max_length=80, verbose_name="classe lue")),
                ("classe", models.CharField(blank=True, max_length=24, verbose_name="classe reconnue")),
                (
                    "nature",
                    models.CharField(
                        choices=[
                            ("commune_inconnue", "Commune inconnue"),
                            ("commune_fusionnee", "Commune fusionnée"),
                            ("doublon", "Commune déjà lue"),
                            ("classe_inconnue", "Classe inconnue"),
                            ("illisible", "Ligne illisible"),
                        ],
                        max_length=20,
                        verbose_name="nature",
                    ),
                ),
                ("message", models.CharField(max_length=300, verbose_name="pourquoi")),
                (
                    "sort",
                    models.CharField(
                        choices=[("a_corriger", "À corriger"), ("corrigee", "Corrigée"), ("ecartee", "Écartée")],
                        default="a_corriger",
                        max_length=12,
                        verbose_name="suite",
                    ),
                ),
                ("motif", models.CharField(blank=True, max_length=300, verbose_name="motif")),
                ("decide_le", models.DateTimeField(blank=True, null=True, verbose_name="décidé le")),
            ],
            options={
                "verbose_name": "ligne rejetée",
                "verbose_name_plural": "lignes rejetées",
                "ordering": ["ligne", "pk"],
            },
        ),
        migrations.AddField(
            model_name="arrete",
            name="auteur",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="auteur du brouillon",
            ),
        ),
        migrations.AddField(
            model_name="arrete",
            name="motif",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Pourquoi il prend effet dans le passé, laisse des communes sans classe ou un intervalle.",
                max_length=500,
                verbose_name="motif",
            ),
        ),
        migrations.AddConstraint(
            model_name="arrete",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("auteur__isnull", True),
                    ("publie_par__isnull", True),
                    models.Q(("auteur", models.F("publie_par")), _negated=True),
                    _connector="OR",
                ),
                name="arrete_auteur_ne_publie_pas",
                violation_error_message="La personne qui publie n'est pas celle qui a écrit le brouillon.",
            ),
        ),
        migrations.AddField(
            model_name="apercuarrete",
            name="arrete",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="apercu",
                to="zonage.arrete",
                verbose_name="arrêté",
            ),
        ),
        migrations.AddField(
            model_name="apercuarrete",
            name="calcule_par",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="calculé par",
            ),
        ),
        migrations.AddField(
            model_name="fichierarrete",
            name="arrete",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="fichiers",
                to="zonage.arrete",
                verbose_name="arrêté",
            ),
        ),
        migrations.AddField(
            model_name="fichierarrete",
            name="depose_par",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="déposé par",
            ),
        ),
        migrations.AddField(
            model_name="fichierarrete",
            name="execution",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="core.execution",
                verbose_name="travail",
            ),
        ),
        migrations.AddField(
            model_name="rejetarrete",
            name="commune",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="zonage.commune",
                verbose_name="commune retenue",
            ),
        ),
        migrations.AddField(
            model_name="rejetarrete",
            name="decide_par",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="décidé par",
            ),
        ),
        migrations.AddField(
            model_name="rejetarrete",
            name="fichier",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="rejets",
                to="zonage.fichierarrete",
                verbose_name="fichier",
            ),
        ),
        migrations.AddField(
            model_name="rejetarrete",
            name="proposition",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="zonage.commune",
                verbose_name="commune proposée",
            ),
        ),
        migrations.AddConstraint(
            model_name="fichierarrete",
            constraint=models.CheckConstraint(
                condition=models.Q(("statut__in", ["en_attente", "lu", "refuse", "interrompu"])),
                name="fichierarrete_statut_connu",
            ),
        ),
        migrations.AddConstraint(
            model_name="fichierarrete",
            constraint=models.UniqueConstraint(
                condition=models.Q(("statut", "en_attente")),
                fields=("arrete",),
                name="fichierarrete_un_a_la_fois",
                violation_error_message="Un import est déjà en cours pour cet arrêté : attendez qu'il se termine.",
            ),
        ),
        migrations.AddIndex(
            model_name="rejetarrete",
            index=models.Index(
                condition=models.Q(("sort", "a_corriger")), fields=["fichier", "ligne"], name="rejetarrete_a_corriger"
            ),
        ),
        migrations.AddConstraint(
            model_name="rejetarrete",
            constraint=models.CheckConstraint(
                condition=models.Q(("sort__in", ["a_corriger", "corrigee", "ecartee"])), name="rejetarrete_sort_connu"
            ),
        ),
        migrations.AddConstraint(
            model_name="rejetarrete",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("sort", "ecartee"), _negated=True),
                    models.Q(("motif", ""), _negated=True),
                    _connector="OR",
                ),
                name="rejetarrete_ecart_motive",
                violation_error_message="Une ligne écartée l'est avec un motif.",
            ),
        ),
    ]
