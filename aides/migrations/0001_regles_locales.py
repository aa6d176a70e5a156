import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

EMPREINTE = """
ALTER TABLE aides_redactionlocale ADD CONSTRAINT redactionlocale_empreinte
    CHECK (contenu IS JSON OBJECT AND empreinte = encode(sha256(convert_to(contenu, 'UTF8')), 'hex'))
"""

# A text that left the draft is what two persons agreed on: the database itself refuses to change or erase it.
GARDE = """
CREATE FUNCTION aides_redactionlocale_garde() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.statut <> 'brouillon' THEN
            RAISE EXCEPTION 'redactionlocale % : seul un brouillon se supprime', OLD.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'redactionlocale_figee';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.statut = 'brouillon' AND NEW.statut IN ('brouillon', 'proposee') THEN
        RETURN NEW;
    END IF;
    IF (OLD.dispositif_id, OLD.numero, OLD.contenu, OLD.empreinte, OLD.auteur_id, OLD.propose_par_id, OLD.propose_le,
        OLD.motif_passe, OLD.cree_le) IS DISTINCT FROM
       (NEW.dispositif_id, NEW.numero, NEW.contenu, NEW.empreinte, NEW.auteur_id, NEW.propose_par_id, NEW.propose_le,
        NEW.motif_passe, NEW.cree_le)
       OR OLD.valide_le IS NOT NULL AND (OLD.valide_par_id, OLD.valide_le) IS DISTINCT FROM
          (NEW.valide_par_id, NEW.valide_le)
       OR NOT (OLD.statut = NEW.statut OR (OLD.statut, NEW.statut) IN (
           ('proposee', 'validee'), ('proposee', 'refusee'), ('validee', 'remplacee'), ('validee', 'retiree')))
    THEN
        RAISE EXCEPTION 'redactionlocale % : une règle proposée ne se modifie plus', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'redactionlocale_figee';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER aides_redactionlocale_garde BEFORE UPDATE OR DELETE ON aides_redactionlocale
    FOR EACH ROW EXECUTE FUNCTION aides_redactionlocale_garde();
"""
RETOUR = """
DROP TRIGGER aides_redactionlocale_garde ON aides_redactionlocale;
DROP FUNCTION aides_redactionlocale_garde();
"""


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("zonage", "0002_listes"),
        ("core", "0005_execution"),
    ]

    operations = [
        migrations.CreateModel(
            name='DispositifLocal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=60, unique=True, verbose_name='code')),
                ('nom', models.CharField(max_length=900, verbose_name='nom')),
                ('perimetre', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), blank=True, default=list, size=None, verbose_name='territoire')),
                ('cree_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='créé le')),
            ],
            options={
                'verbose_name': 'dispositif local',
                'verbose_name_plural': 'dispositifs locaux',
                'ordering': ['code'],
                'constraints': [models.CheckConstraint(condition=models.Q(('code__regex', '^[a-z][a-z0-9_]{2,59}$')), name='dispositiflocal_code', violation_error_message='Le code a des minuscules sans accent, des chiffres et des tirets bas.')],
            },
        ),
        migrations.CreateModel(
            name='RedactionLocale',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('numero', models.PositiveSmallIntegerField(verbose_name='numéro')),
                ('contenu', models.TextField(verbose_name='règle (JSON)')),
                ('empreinte', models.CharField(max_length=64, verbose_name='empreinte SHA-256')),
                ('statut', models.CharField(choices=[('brouillon', 'Brouillon'), ('proposee', 'Proposée'), ('validee', 'Validée'), ('refusee', 'Refusée'), ('remplacee', 'Remplacée'), ('retiree', 'Retirée')], default='brouillon', editable=False, max_length=10, verbose_name='statut')),
                ('motif_passe', models.CharField(blank=True, max_length=500, verbose_name='pourquoi le passé change')),
                ('motif_decision', models.CharField(blank=True, max_length=500, verbose_name='motif de la décision')),
                ('cree_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='créée le')),
                ('propose_le', models.DateTimeField(blank=True, null=True, verbose_name='proposée le')),
                ('valide_le', models.DateTimeField(blank=True, null=True, verbose_name='validée le')),
                ('clos_le', models.DateTimeField(blank=True, null=True, verbose_name='remplacée ou retirée le')),
                ('auteur', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='rédigée par')),
                ('dispositif', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='redactions', to='aides.dispositiflocal', verbose_name='dispositif')),
                ('propose_par', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='proposée par')),
                ('valide_par', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='validée par')),
            ],
            options={
                'verbose_name': 'règle locale',
                'verbose_name_plural': 'règles locales',
                'ordering': ['dispositif__code', '-numero'],
                'permissions': [('validate_redactionlocale', 'Peut valider, refuser ou retirer une règle locale')],
                'indexes': [models.Index(condition=models.Q(('statut', 'validee')), fields=['id'], name='redactionlocale_publiees')],
                'constraints': [models.UniqueConstraint(fields=('dispositif', 'numero'), name='redactionlocale_numero'), models.UniqueConstraint(condition=models.Q(('statut', 'validee')), fields=('dispositif',), name='redactionlocale_une_validee'), models.CheckConstraint(condition=models.Q(('statut__in', ['brouillon', 'proposee', 'validee', 'refusee', 'remplacee', 'retiree'])), name='redactionlocale_statut'), models.CheckConstraint(condition=models.Q(('valide_par__isnull', True), models.Q(('valide_par', models.F('propose_par')), _negated=True), _connector='OR'), name='redactionlocale_deux_personnes', violation_error_message="La personne qui valide n'est pas celle qui a proposé."), models.CheckConstraint(condition=models.Q(models.Q(('statut__in', ('validee', 'remplacee', 'retiree')), _negated=True), models.Q(('propose_par__isnull', False), ('valide_le__isnull', False), ('valide_par__isnull', False)), _connector='OR'), name='redactionlocale_validee_par_quelqu_un')],
            },
        ),
        migrations.RunSQL(EMPREINTE, migrations.RunSQL.noop),
        migrations.RunSQL(GARDE, RETOUR),
    ]
