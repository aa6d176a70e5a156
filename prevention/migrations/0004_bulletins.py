"""Bulletins to the members of a CPTS; what was published never changes, held by the database."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from portal.core.rls import protege, protege_de_cpts

VIE = """
CREATE FUNCTION prevention_bulletin_vie() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    refus text;
BEGIN
    IF OLD.statut = 'publie' THEN
        refus := 'bulletin_publie';
    ELSIF TG_OP = 'UPDATE' AND NEW.version <> OLD.version + 1 THEN
        refus := 'bulletin_version';
    ELSIF TG_OP = 'UPDATE' AND (NEW.cpts_id, NEW.cree_le) IS DISTINCT FROM (OLD.cpts_id, OLD.cree_le) THEN
        refus := 'bulletin_fige';
    END IF;
    IF refus IS NOT NULL THEN
        RAISE EXCEPTION '%: %', TG_TABLE_NAME, refus
            USING ERRCODE = 'check_violation', CONSTRAINT = refus, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('cpts', '0010_diagnostic'),
        ('prevention', '0003_ceinture'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ChoixBulletin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('accepte', models.BooleanField(verbose_name='accepte')),
                ('choisi_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='choisi le')),
                ('compte', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'choix des bulletins',
                'verbose_name_plural': 'choix des bulletins',
            },
        ),
        migrations.CreateModel(
            name='Bulletin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('objet', models.CharField(max_length=120, verbose_name='objet')),
                ('texte', models.TextField(max_length=3000, verbose_name='texte')),
                ('statut', models.CharField(choices=[('brouillon', 'Brouillon'), ('publie', 'Publié')], default='brouillon', max_length=9, verbose_name='état')),
                ('chiffres', models.JSONField(blank=True, default=list, verbose_name='chiffres du jour')),
                ('destinataires', models.PositiveIntegerField(blank=True, null=True, verbose_name='destinataires')),
                ('cree_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='créé le')),
                ('publie_le', models.DateTimeField(blank=True, null=True, verbose_name='publié le')),
                ('version', models.PositiveIntegerField(default=0, verbose_name='version')),
                ('campagne', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bulletins', to='prevention.campagne', verbose_name='campagne')),
                ('cpts', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bulletins', to='cpts.cpts', verbose_name='CPTS')),
                ('cree_par', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('publie_par', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'bulletin',
                'ordering': ['-cree_le', '-pk'],
                'indexes': [models.Index(fields=['campagne', '-publie_le'], name='bulletin_par_campagne')],
                'constraints': [models.CheckConstraint(condition=models.Q(('statut__in', ['brouillon', 'publie'])), name='bulletin_statut_connu'), models.CheckConstraint(condition=models.Q(models.Q(('publie_le', None), ('statut', 'brouillon')), models.Q(('destinataires__isnull', False), ('publie_le__isnull', False), ('statut', 'publie')), _connector='OR'), name='bulletin_publie_date')],
            },
        ),
        protege_de_cpts("prevention_bulletin"),
        migrations.RunSQL(
            "CREATE POLICY prevention_bulletin_publie ON prevention_bulletin FOR SELECT USING (statut = 'publie')",
            "DROP POLICY prevention_bulletin_publie ON prevention_bulletin",
        ),
        protege(
            "prevention_choixbulletin",
            "(SELECT maillage_systeme()) OR compte_id = (SELECT maillage_personne())",
        ),
        migrations.RunSQL(VIE, "DROP FUNCTION prevention_bulletin_vie()"),
        migrations.RunSQL(
            "CREATE TRIGGER bulletin_vie BEFORE UPDATE OR DELETE ON prevention_bulletin"
            " FOR EACH ROW EXECUTE FUNCTION prevention_bulletin_vie()",
            "DROP TRIGGER bulletin_vie ON prevention_bulletin",
        ),
    ]
