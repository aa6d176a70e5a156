"""Targets, which only end, and saved views."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# A target is what a text said on a day: it ends, earlier at most, and says why; nothing else of it moves.
VIE = """
CREATE FUNCTION pilotage_objectif_vie() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'objectif_garde' USING ERRCODE = 'check_violation', CONSTRAINT = 'objectif_garde';
    END IF;
    IF to_jsonb(NEW) - 'fin' - 'motif_fin' IS DISTINCT FROM to_jsonb(OLD) - 'fin' - 'motif_fin'
       OR NEW.fin IS NULL OR NEW.fin >= OLD.fin THEN
        RAISE EXCEPTION 'objectif_fige' USING ERRCODE = 'check_violation', CONSTRAINT = 'objectif_fige';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER objectif_vie BEFORE UPDATE OR DELETE ON pilotage_objectif
   FOR EACH ROW EXECUTE FUNCTION pilotage_objectif_vie();
"""
RETOUR = "DROP TRIGGER objectif_vie ON pilotage_objectif; DROP FUNCTION pilotage_objectif_vie();"


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_historique'),
        ('pilotage', '0002_controles'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Objectif',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('indicateur', models.CharField(max_length=80, verbose_name='indicateur')),
                ('debut', models.DateField(verbose_name='fixé le')),
                ('fin', models.DateField(blank=True, null=True, verbose_name='ne vaut plus à partir du')),
                ('valeur', models.DecimalField(decimal_places=4, max_digits=20, verbose_name='valeur visée')),
                ('echeance', models.DateField(blank=True, null=True, verbose_name='à atteindre au')),
                ('source', models.CharField(max_length=300, verbose_name='texte qui le fixe')),
                ('reference', models.CharField(blank=True, max_length=300, verbose_name='référence')),
                ('demonstration', models.BooleanField(default=False, verbose_name='démonstration')),
                ('motif_fin', models.CharField(blank=True, max_length=300, verbose_name='pourquoi il ne vaut plus')),
                ('saisi_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='saisi le')),
                ('saisi_par', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territoire', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='objectifs', to='pilotage.territoire', verbose_name='territoire')),
            ],
            options={
                'verbose_name': 'objectif',
                'ordering': ['indicateur', 'territoire', '-debut', '-pk'],
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('indicateur', '='), ('territoire', '='), (models.Func(models.F('debut'), models.F('fin'), models.Value('[)'), function='DATERANGE', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='objectif_un_par_jour', violation_error_message='Ce chiffre a déjà un objectif sur une partie de ces jours.'), models.CheckConstraint(condition=models.Q(('source', ''), _negated=True), name='objectif_source_dite', violation_error_message='Dites quel texte fixe cet objectif.'), models.CheckConstraint(condition=models.Q(('fin__isnull', True), ('fin__gte', models.F('debut')), _connector='OR'), name='objectif_fin_apres_debut', violation_error_message="Un objectif ne finit pas avant d'avoir commencé."), models.CheckConstraint(condition=models.Q(('echeance__isnull', True), ('echeance__gte', models.F('debut')), _connector='OR'), name='objectif_echeance_apres_debut', violation_error_message="L'échéance vient après le jour où l'objectif est fixé.")],
            },
        ),
        migrations.CreateModel(
            name='Vue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('nom', models.CharField(max_length=60, verbose_name='nom')),
                ('requete', models.CharField(blank=True, max_length=1000, verbose_name='requête')),
                ('defaut', models.BooleanField(default=False, verbose_name='par défaut')),
                ('cree_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='enregistrée le')),
                ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.organisation', verbose_name='partagée avec')),
                ('proprietaire', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='vues', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'vue enregistrée',
                'verbose_name_plural': 'vues enregistrées',
                'ordering': ['nom', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('proprietaire', 'nom'), name='vue_nom_unique'), models.UniqueConstraint(condition=models.Q(('defaut', True)), fields=('proprietaire',), name='vue_une_par_defaut')],
            },
        ),
        migrations.RunSQL(VIE, RETOUR),
    ]
