"""How long data is kept, erasures, exports; and the narrow way by which an erasure passes the triggers."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from portal.core.rls import protege

# Erasing goes through functions of the owner of the tables, which set this for themselves (docs/adr/0162). Whoever is
# not the owner may write the setting too: it then means nothing.
PERMIS = """
CREATE FUNCTION core_effacement_permis() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(current_setting('maillage.effacement', true), '') = 'oui'
       AND current_user = pg_get_userbyid((SELECT relowner FROM pg_class WHERE oid = 'core_evenement'::regclass))
$$;
"""
PERMIS_RETOUR = "DROP FUNCTION core_effacement_permis();"
# The copies that pghistory keeps of a row that is erased: the tables of copies alone, and a line in the journal.
OUBLI = """
CREATE FUNCTION core_oublie_histoire(histoire text, cles text[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET pgtrigger.ignore = '{}' AS $$
DECLARE
    gardes text[];
    lignes integer;
BEGIN
    SELECT array_agg(tgname::text) INTO gardes FROM pg_trigger
     WHERE tgrelid = to_regclass('public.' || quote_ident(histoire)) AND tgname LIKE 'pgtrigger_append_only%';
    IF gardes IS NULL THEN
        RAISE EXCEPTION 'core_oublie_histoire: % n''est pas une table de copies', histoire
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('pgtrigger.ignore', gardes::text, true);
    EXECUTE format('DELETE FROM %I WHERE pgh_obj_id::text = ANY ($1)', histoire) USING cles;
    GET DIAGNOSTICS lignes = ROW_COUNT;
    IF lignes > 0 THEN
        INSERT INTO core_evenement (objet, action, survenu_le, details)
        VALUES (left('core.historique:' || histoire, 80), 'copies_effacees', clock_timestamp(),
                jsonb_build_object('lignes', lignes, 'objets', cardinality(cles)));
    END IF;
    RETURN lignes;
END
$$;
"""
OUBLI_RETOUR = "DROP FUNCTION core_oublie_histoire(text, text[]);"
SIEN = "(SELECT maillage_systeme()) OR titulaire_id = (SELECT maillage_personne())"


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0008_ceinture'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PassageConservation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('categorie', models.CharField(max_length=40, verbose_name='catégorie')),
                ('commence_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='commencé le')),
                ('termine_le', models.DateTimeField(blank=True, null=True, verbose_name='terminé le')),
                ('objets', models.PositiveIntegerField(default=0, verbose_name='objets')),
                ('comptes', models.JSONField(default=dict, verbose_name='lignes par table')),
            ],
            options={
                'verbose_name': 'passage',
                'ordering': ['-commence_le', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='DureeConservation',
            fields=[
                ('categorie', models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name='catégorie')),
                ('jours', models.PositiveIntegerField(help_text='De 1 jour à 50 ans (18 263 jours).', verbose_name='durée, en jours')),
                ('reference', models.CharField(help_text='Le texte ou la décision qui fixe cette durée : elle est montrée au public.', max_length=300, verbose_name='référence')),
                ('fixee_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='fixée le')),
                ('fixee_par', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='fixée par')),
            ],
            options={
                'verbose_name': 'durée de conservation',
                'verbose_name_plural': 'durées de conservation',
                'ordering': ['categorie'],
                'constraints': [models.CheckConstraint(condition=models.Q(('jours__gte', 1), ('jours__lte', 18263)), name='dureeconservation_bornee'), models.CheckConstraint(condition=models.Q(('reference', ''), _negated=True), name='dureeconservation_motivee')],
            },
        ),
        migrations.CreateModel(
            name='Effacement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('statut', models.CharField(choices=[('demande', 'Demandé'), ('refuse', 'Refusé'), ('execute', 'Exécuté'), ('complete', 'Exécuté, puis complété')], default='demande', max_length=8, verbose_name='état')),
                ('demande_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='demandé le')),
                ('motif', models.CharField(blank=True, max_length=1000, verbose_name='motif du refus')),
                ('bilan', models.JSONField(blank=True, default=dict, verbose_name='lignes par table')),
                ('retenues', models.JSONField(blank=True, default=list, verbose_name='ce qui reste')),
                ('execute_le', models.DateTimeField(blank=True, null=True, verbose_name='traité le')),
                ('empreinte', models.CharField(blank=True, max_length=64, verbose_name='empreinte du certificat')),
                ('enregistre_par', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='enregistré par')),
                ('execute_par', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='traité par')),
                ('titulaire', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='compte')),
            ],
            options={
                'verbose_name': 'effacement',
                'ordering': ['-demande_le', '-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('statut', 'demande')), fields=('titulaire',), name='effacement_un'), models.CheckConstraint(condition=models.Q(models.Q(('execute_le__isnull', True), ('statut', 'demande')), models.Q(('execute_le__isnull', False), ('statut', 'refuse'), models.Q(('motif', ''), _negated=True)), models.Q(('execute_le__isnull', False), ('statut__in', ['execute', 'complete']), models.Q(('empreinte', ''), _negated=True)), _connector='OR'), name='effacement_traite')],
            },
        ),
        migrations.CreateModel(
            name='ExportDonnees',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('demande_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='demandé le')),
                ('pret_le', models.DateTimeField(blank=True, null=True, verbose_name='prêt le')),
                ('telecharge_le', models.DateTimeField(blank=True, null=True, verbose_name='téléchargé le')),
                ('document', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='core.document')),
                ('titulaire', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'export de données',
                'verbose_name_plural': 'exports de données',
                'ordering': ['-demande_le', '-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('pret_le__isnull', True), ('telecharge_le__isnull', True)), fields=('titulaire',), name='exportdonnees_un')],
            },
        ),
        migrations.CreateModel(
            name='GelConservation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('objet', models.CharField(max_length=80, verbose_name='objet')),
                ('motif', models.CharField(help_text='Sans nom de personne : « recours devant le tribunal ».', max_length=300, verbose_name='motif')),
                ('pose_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='posé le')),
                ('leve_le', models.DateTimeField(blank=True, null=True, verbose_name='levé le')),
                ('leve_par', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='levé par')),
                ('pose_par', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='posé par')),
            ],
            options={
                'verbose_name': 'gel',
                'verbose_name_plural': 'gels',
                'ordering': ['-pose_le', '-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('leve_le__isnull', True)), fields=('objet',), name='gelconservation_un')],
            },
        ),
        migrations.CreateModel(
            name='Preavis',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('categorie', models.CharField(max_length=40, verbose_name='catégorie')),
                ('objet', models.CharField(max_length=80, verbose_name='objet')),
                ('depuis', models.DateTimeField(verbose_name='compté depuis')),
                ('cree_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='décidé le')),
                ('envoye_le', models.DateTimeField(blank=True, null=True, verbose_name='envoyé le')),
                ('sans_adresse', models.BooleanField(default=False, verbose_name='sans adresse électronique')),
                ('titulaire', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'préavis',
                'verbose_name_plural': 'préavis',
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(fields=('categorie', 'objet', 'depuis'), name='preavis_un')],
            },
        ),
        migrations.RunSQL(PERMIS, PERMIS_RETOUR),
        migrations.RunSQL(OUBLI, OUBLI_RETOUR),
        protege("core_exportdonnees", SIEN),
        protege("core_preavis", SIEN),
    ]
