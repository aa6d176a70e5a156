import django.utils.timezone
from django.db import migrations, models


# The relay sleeps until an intent is committed; the belt is its own look every second.
REVEIL = """
CREATE FUNCTION core_envoi_reveil() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('maillage_envois', '');
    RETURN NULL;
END $$;
CREATE TRIGGER core_envoi_reveil AFTER INSERT ON core_envoi FOR EACH STATEMENT EXECUTE FUNCTION core_envoi_reveil();
"""
SANS_REVEIL = """
DROP TRIGGER core_envoi_reveil ON core_envoi;
DROP FUNCTION core_envoi_reveil();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0003_evenement_and_import_counts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Creneau',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('nom', models.CharField(max_length=60, verbose_name='nom')),
                ('creneau', models.CharField(help_text='Jour civil, ou instant du début en UTC.', max_length=30, verbose_name='créneau')),
                ('pris_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='pris le')),
            ],
            options={
                'verbose_name': 'créneau',
                'verbose_name_plural': 'créneaux',
                'ordering': ['-pris_le', '-pk'],
                'indexes': [models.Index(fields=['pris_le'], name='creneau_a_purger')],
                'constraints': [models.UniqueConstraint(fields=('nom', 'creneau'), name='creneau_pris_une_fois')],
            },
        ),
        migrations.CreateModel(
            name='Envoi',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tache', models.CharField(max_length=80, verbose_name='tâche')),
                ('arguments', models.JSONField(default=list, help_text='Clés, jours et codes seulement.', verbose_name='arguments')),
                ('cle', models.CharField(blank=True, max_length=120, verbose_name='clé')),
                ('statut', models.CharField(choices=[('a_envoyer', 'À envoyer'), ('envoye', 'Envoyé'), ('fait', 'Fait'), ('quarantaine', 'En quarantaine'), ('annule', 'Annulé')], default='a_envoyer', max_length=12, verbose_name='statut')),
                ('tentatives', models.PositiveSmallIntegerField(default=0, help_text='Exécutions commencées.', verbose_name='tentatives')),
                ('envois', models.PositiveSmallIntegerField(default=0, help_text='Envoyés depuis le dernier début.', verbose_name='messages')),
                ('jeton', models.PositiveIntegerField(default=0, verbose_name='jeton')),
                ('cree_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='créé le')),
                ('prochain_essai_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='prochain essai le')),
                ('debute_le', models.DateTimeField(blank=True, null=True, verbose_name='débuté le')),
                ('fait_le', models.DateTimeField(blank=True, null=True, verbose_name='fait le')),
                ('erreur', models.CharField(blank=True, max_length=200, verbose_name='dernière erreur')),
            ],
            options={
                'verbose_name': 'envoi',
                'ordering': ['-cree_le', '-pk'],
                'indexes': [models.Index(condition=models.Q(('statut__in', ['a_envoyer', 'envoye'])), fields=['prochain_essai_le'], name='envoi_a_relayer'), models.Index(condition=models.Q(('statut', 'a_envoyer'), models.Q(('cle', ''), _negated=True)), fields=['tache', 'cle'], name='envoi_par_cle'), models.Index(condition=models.Q(('statut', 'fait')), fields=['fait_le'], name='envoi_a_purger'), models.Index(condition=models.Q(('statut', 'quarantaine')), fields=['cree_le'], name='envoi_en_quarantaine')],
                'constraints': [models.CheckConstraint(condition=models.Q(('statut__in', ['a_envoyer', 'envoye', 'fait', 'quarantaine', 'annule'])), name='envoi_statut_connu'), models.CheckConstraint(condition=models.Q(models.Q(('fait_le__isnull', False), ('statut', 'fait')), models.Q(('statut', 'fait'), _negated=True), _connector='OR'), name='envoi_fait_date')],
            },
        ),
        migrations.RunSQL(REVEIL, SANS_REVEIL),
    ]
