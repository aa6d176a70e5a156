import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import portal.core.champs


class Migration(migrations.Migration):

    dependencies = [
        ("zonage", "0002_listes"),
        ("core", "0005_execution"),
        ("aides", "0002_parametres"),
    ]

    operations = [
        migrations.CreateModel(
            name='Eligibilite',
            fields=[
                ('pk', models.CompositePrimaryKey('commune_id', 'profession', blank=True, editable=False, primary_key=True, serialize=False)),
                ('profession', models.CharField(choices=[('medecin', 'Médecin'), ('infirmier', 'Infirmier'), ('masseur_kinesitherapeute', 'Masseur-kinésithérapeute'), ('sage_femme', 'Sage-femme'), ('orthophoniste', 'Orthophoniste'), ('chirurgien_dentiste', 'Chirurgien-dentiste')], max_length=24, verbose_name='profession')),
                ('eligibles', portal.core.champs.MasqueField(verbose_name='éligible')),
                ('a_instruire', portal.core.champs.MasqueField(verbose_name='à instruire')),
                ('minimums', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(null=True), size=None, verbose_name='minimums, en centimes')),
                ('maximums', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(null=True), size=None, verbose_name='maximums, en centimes')),
                ('periodicites', models.TextField(verbose_name='périodicités')),
                ('commune', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='zonage.commune')),
            ],
            options={
                'verbose_name': 'éligibilité',
                'ordering': ['commune_id', 'profession'],
            },
        ),
        migrations.CreateModel(
            name='JeuEligibilite',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('jour', models.DateField(verbose_name='jour')),
                ('versions', models.JSONField(default=list, verbose_name='versions, par rang')),
                ('catalogue', models.CharField(max_length=64, verbose_name='empreinte des règles')),
                ('lignes', models.PositiveIntegerField(default=0, verbose_name='lignes')),
                ('sequence', models.BigIntegerField(default=0, verbose_name='dernier calcul complet')),
                ('verifie_le', models.DateTimeField(help_text="Fin du dernier calcul, qu'il ait écrit ou non.", verbose_name='vérifié le')),
                ('change_le', models.DateTimeField(help_text='Fin du dernier calcul qui a écrit.', verbose_name='changé le')),
                ('execution', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='core.execution', verbose_name='dernière exécution qui a écrit')),
            ],
            options={
                'verbose_name': "jeu d'éligibilités",
                'verbose_name_plural': "jeu d'éligibilités",
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='jeueligibilite_un_seul')],
            },
        ),
    ]
