import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("core", "0004_outbox"),
    ]

    operations = [
        migrations.CreateModel(
            name='Execution',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('nature', models.CharField(max_length=60, verbose_name='nature')),
                ('libelle', models.CharField(max_length=200, verbose_name='travail')),
                ('cause', models.CharField(blank=True, max_length=200, verbose_name='cause')),
                ('statut', models.CharField(choices=[('en_cours', 'En cours'), ('terminee', 'Terminée'), ('annulee', 'Annulée'), ('echec', 'Échec'), ('interrompue', 'Interrompue')], default='en_cours', max_length=12, verbose_name='statut')),
                ('annulation_demandee', models.BooleanField(default=False, verbose_name='annulation demandée')),
                ('etape', models.CharField(blank=True, max_length=80, verbose_name='étape')),
                ('etapes_faites', models.PositiveSmallIntegerField(default=0, verbose_name='étapes faites')),
                ('etapes_prevues', models.PositiveSmallIntegerField(default=1, verbose_name='étapes prévues')),
                ('lignes_lues', models.PositiveBigIntegerField(default=0, verbose_name='lignes lues')),
                ('lignes_ecrites', models.PositiveBigIntegerField(default=0, verbose_name='lignes écrites')),
                ('erreur', models.CharField(blank=True, max_length=200, verbose_name='erreur')),
                ('commencee_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='commencée le')),
                ('battement_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='dernier signe de vie')),
                ('terminee_le', models.DateTimeField(blank=True, null=True, verbose_name='terminée le')),
            ],
            options={
                'verbose_name': 'exécution',
                'ordering': ['-commencee_le', '-pk'],
                'indexes': [models.Index(fields=['-commencee_le', '-id'], name='execution_recentes'), models.Index(condition=models.Q(('statut', 'en_cours')), fields=['battement_le'], name='execution_vivantes')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('statut', 'en_cours'), ('terminee_le__isnull', True)), models.Q(models.Q(('statut', 'en_cours'), _negated=True), ('terminee_le__isnull', False)), _connector='OR'), name='execution_finie_ou_en_cours')],
            },
        ),
    ]
