import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("aides", "0003_eligibilite"),
    ]

    operations = [
        migrations.CreateModel(
            name='CauseChangement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cle', models.CharField(max_length=120, unique=True, verbose_name='clé')),
                ('nature', models.CharField(choices=[('arrete', 'Arrêté publié'), ('retrait', 'Arrêté retiré'), ('zonage', 'Zonage mis à jour'), ('territoire', 'Communes ou listes mises à jour'), ('regle', 'Règle locale'), ('parametre', 'Montant régional'), ('portail', 'Règles nationales')], max_length=12, verbose_name='nature')),
                ('sujet', models.CharField(max_length=240, verbose_name='sujet')),
                ('objets', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), blank=True, default=list, size=None, verbose_name='objets')),
                ('libelle', models.CharField(max_length=300, verbose_name="ce qui s'est passé")),
                ('evenement', models.PositiveBigIntegerField(blank=True, null=True, verbose_name='dernier événement lu')),
                ('effet_le', models.DateField(blank=True, null=True, verbose_name='premier effet le')),
                ('annoncee_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='connue le')),
                ('retiree_par', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='retirees', to='aides.causechangement', verbose_name='retirée par')),
            ],
            options={
                'verbose_name': 'cause de changement',
                'verbose_name_plural': 'causes de changement',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Destinataire',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('adresse', models.EmailField(blank=True, max_length=254, verbose_name='adresse électronique')),
                ('empreinte', models.CharField(blank=True, max_length=64, null=True, unique=True, verbose_name="empreinte de l'adresse")),
                ('cle', models.UUIDField(editable=False, unique=True, verbose_name='clé')),
                ('jeton_empreinte', models.CharField(max_length=64, unique=True, verbose_name="empreinte du jeton d'arrêt")),
                ('cree_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='créé le')),
            ],
            options={
                'verbose_name': 'destinataire',
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('adresse', ''), ('empreinte__isnull', True)), models.Q(models.Q(('adresse', ''), _negated=True), ('empreinte__isnull', False)), _connector='OR'), name='destinataire_efface_en_entier')],
            },
        ),
        migrations.CreateModel(
            name='MessageSuivi',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('genre', models.CharField(choices=[('annonce', 'Annonce'), ('en_vigueur', 'En vigueur'), ('rectificatif', 'Rectificatif')], max_length=12, verbose_name='genre')),
                ('statut', models.CharField(choices=[('prevu', 'Prévu'), ('a_envoyer', 'À envoyer'), ('envoye', 'Envoyé'), ('annule', 'Annulé'), ('sans_objet', 'Sans objet'), ('refuse', 'Refusé par le serveur de courrier')], default='a_envoyer', max_length=10, verbose_name='statut')),
                ('prevu_le', models.DateField(verbose_name='prévu le')),
                ('cree_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='créé le')),
                ('envoye_le', models.DateTimeField(blank=True, null=True, verbose_name='envoyé le')),
                ('cause', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='aides.causechangement')),
                ('destinataire', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='aides.destinataire')),
            ],
            options={
                'verbose_name': 'message de suivi',
                'verbose_name_plural': 'messages de suivi',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Suivi',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('commune', models.CharField(max_length=5, verbose_name='commune')),
                ('profession', models.CharField(max_length=40, verbose_name='profession')),
                ('faits', models.JSONField(default=dict, verbose_name='faits')),
                ('nsp', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, size=None, verbose_name='je ne sais pas')),
                ('empreinte', models.CharField(max_length=64, verbose_name='empreinte de la situation')),
                ('etat', models.CharField(choices=[('en_attente', 'En attente de confirmation'), ('actif', 'Actif'), ('arrete', 'Arrêté')], default='en_attente', max_length=10, verbose_name='état')),
                ('chronologie', models.JSONField(blank=True, default=dict, verbose_name='chronologie')),
                ('regles', models.CharField(blank=True, max_length=64, verbose_name='empreinte des règles lues')),
                ('evalue_le', models.DateTimeField(blank=True, null=True, verbose_name='calculé le')),
                ('cle', models.UUIDField(editable=False, unique=True, verbose_name='clé')),
                ('jeton_empreinte', models.CharField(max_length=64, unique=True, verbose_name='empreinte du jeton')),
                ('confirmation_empreinte', models.CharField(max_length=64, unique=True, verbose_name='empreinte du jeton de confirmation')),
                ('cree_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='demandé le')),
                ('demandes', models.PositiveSmallIntegerField(default=0, help_text='Courriels de confirmation demandés.', verbose_name='demandes')),
                ('confirme_le', models.DateTimeField(blank=True, null=True, verbose_name='confirmé le')),
                ('arrete_le', models.DateTimeField(blank=True, null=True, verbose_name='arrêté le')),
                ('destinataire', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suivis', to='aides.destinataire', verbose_name='destinataire')),
            ],
            options={
                'verbose_name': 'suivi',
                'verbose_name_plural': 'suivis',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='ChangementDroit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('dispositif', models.CharField(max_length=60, verbose_name='dispositif')),
                ('avant', models.CharField(blank=True, max_length=80, verbose_name='avant')),
                ('apres', models.CharField(blank=True, max_length=80, verbose_name='après')),
                ('effet_le', models.DateField(verbose_name='à partir du')),
                ('cause', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changements', to='aides.causechangement')),
                ('suivi', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changements', to='aides.suivi')),
            ],
            options={
                'verbose_name': 'changement de droit',
                'verbose_name_plural': 'changements de droit',
                'ordering': ['-pk'],
            },
        ),
        migrations.AddIndex(
            model_name='causechangement',
            index=models.Index(fields=['sujet', '-id'], name='causechangement_sujet'),
        ),
        migrations.AddIndex(
            model_name='messagesuivi',
            index=models.Index(condition=models.Q(('statut', 'a_envoyer')), fields=['cause', 'id'], name='messagesuivi_a_envoyer'),
        ),
        migrations.AddIndex(
            model_name='messagesuivi',
            index=models.Index(condition=models.Q(('statut', 'prevu')), fields=['prevu_le'], name='messagesuivi_prevus'),
        ),
        migrations.AddConstraint(
            model_name='messagesuivi',
            constraint=models.UniqueConstraint(fields=('destinataire', 'cause', 'genre'), name='messagesuivi_une_fois'),
        ),
        migrations.AddConstraint(
            model_name='messagesuivi',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('envoye_le__isnull', False), ('statut', 'envoye')), models.Q(('statut', 'envoye'), _negated=True), _connector='OR'), name='messagesuivi_envoye_date'),
        ),
        migrations.AddIndex(
            model_name='suivi',
            index=models.Index(condition=models.Q(('etat', 'actif')), fields=['profession', 'commune'], name='suivi_actifs'),
        ),
        migrations.AddIndex(
            model_name='suivi',
            index=models.Index(condition=models.Q(('etat', 'en_attente')), fields=['cree_le'], name='suivi_a_confirmer'),
        ),
        migrations.AddConstraint(
            model_name='suivi',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('arrete_le__isnull', True), ('confirme_le__isnull', True), ('etat', 'en_attente')), models.Q(('arrete_le__isnull', True), ('confirme_le__isnull', False), ('etat', 'actif')), models.Q(('arrete_le__isnull', False), ('etat', 'arrete')), _connector='OR'), name='suivi_etat_date'),
        ),
        migrations.AddConstraint(
            model_name='suivi',
            constraint=models.UniqueConstraint(condition=models.Q(('etat__in', ['en_attente', 'actif'])), fields=('destinataire', 'empreinte'), name='suivi_une_fois'),
        ),
        migrations.AddConstraint(
            model_name='changementdroit',
            constraint=models.UniqueConstraint(fields=('cause', 'suivi', 'dispositif'), name='changementdroit_une_fois'),
        ),
        migrations.AddConstraint(
            model_name='changementdroit',
            constraint=models.CheckConstraint(condition=models.Q(('avant', models.F('apres')), _negated=True), name='changementdroit_change'),
        ),
    ]
