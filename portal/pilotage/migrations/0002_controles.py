"""What the checks of the figures found."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pilotage', '0001_mesures'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Constat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('controle', models.CharField(max_length=40, verbose_name='contrôle')),
                ('cle', models.CharField(max_length=160, verbose_name='clé')),
                ('objet', models.CharField(blank=True, max_length=80, verbose_name='objet')),
                ('indicateur', models.CharField(blank=True, max_length=80, verbose_name='indicateur')),
                ('region_code', models.CharField(blank=True, max_length=3, verbose_name='région')),
                ('departement_code', models.CharField(blank=True, max_length=3, verbose_name='département')),
                ('jour', models.DateField(verbose_name='au')),
                ('constat', models.CharField(max_length=300, verbose_name='constat')),
                ('vu_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='vu la première fois le')),
                ('revu_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='revu le')),
                ('resolu_le', models.DateTimeField(blank=True, null=True, verbose_name="n'est plus vrai depuis le")),
                ('ecarte_le', models.DateTimeField(blank=True, null=True, verbose_name='écarté le')),
                ('motif', models.CharField(blank=True, max_length=300, verbose_name='motif')),
                ('ecarte_par', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territoire', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='constats', to='pilotage.territoire', verbose_name='territoire')),
            ],
            options={
                'verbose_name': 'contradiction',
                'ordering': ['-vu_le', '-pk'],
                'indexes': [models.Index(condition=models.Q(('ecarte_le', None), ('resolu_le', None)), fields=['-vu_le', '-id'], name='constat_ouvert')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('resolu_le__isnull', True)), fields=('controle', 'cle'), name='constat_ouvert_unique'), models.CheckConstraint(condition=models.Q(('ecarte_le__isnull', True), models.Q(('motif', ''), _negated=True), _connector='OR'), name='constat_ecarte_motive', violation_error_message='Dites pourquoi cette contradiction est écartée.')],
            },
        ),
    ]
