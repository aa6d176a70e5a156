"""The history of the claims (pghistory)."""

import django.db.models.deletion
import django.utils.timezone
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from portal.core.rls import protege


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0008_ceinture'),
        ('cpts', '0002_ceinture'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='RattachementEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('id', models.BigIntegerField()),
                ('region_code', models.CharField(max_length=3, verbose_name='région')),
                ('departement_code', models.CharField(max_length=3, verbose_name='département')),
                ('guichet', models.CharField(max_length=14, verbose_name='guichet')),
                ('statut', models.CharField(choices=[('demande', 'Demandé'), ('valide', 'Validé'), ('refuse', 'Refusé'), ('retire', 'Retiré')], default='demande', max_length=8, verbose_name='statut')),
                ('motif', models.CharField(blank=True, max_length=300, verbose_name='motif')),
                ('cree_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='demandé le')),
                ('decide_le', models.DateTimeField(blank=True, null=True, verbose_name='décidé le')),
            ],
            options={
                'abstract': False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='rattachement',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "cpts_rattachementevent" ("cree_le", "decide_le", "decide_par_id", "departement_code", "document_id", "guichet", "id", "motif", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "praticien_id", "proprietaire_id", "region_code", "statut") VALUES (NEW."cree_le", NEW."decide_le", NEW."decide_par_id", NEW."departement_code", NEW."document_id", NEW."guichet", NEW."id", NEW."motif", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."praticien_id", NEW."proprietaire_id", NEW."region_code", NEW."statut"); RETURN NULL;', hash='19e09ad16587d428f93b9319977cc2e4fa8abc5f', operation='INSERT', pgid='pgtrigger_insert_insert_089f8', table='cpts_rattachement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='rattachement',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "cpts_rattachementevent" ("cree_le", "decide_le", "decide_par_id", "departement_code", "document_id", "guichet", "id", "motif", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "praticien_id", "proprietaire_id", "region_code", "statut") VALUES (NEW."cree_le", NEW."decide_le", NEW."decide_par_id", NEW."departement_code", NEW."document_id", NEW."guichet", NEW."id", NEW."motif", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."praticien_id", NEW."proprietaire_id", NEW."region_code", NEW."statut"); RETURN NULL;', hash='bce501880bb73e2ae727543052a747aaa0f6ecb2', operation='UPDATE', pgid='pgtrigger_update_update_e3595', table='cpts_rattachement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='rattachement',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "cpts_rattachementevent" ("cree_le", "decide_le", "decide_par_id", "departement_code", "document_id", "guichet", "id", "motif", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "praticien_id", "proprietaire_id", "region_code", "statut") VALUES (OLD."cree_le", OLD."decide_le", OLD."decide_par_id", OLD."departement_code", OLD."document_id", OLD."guichet", OLD."id", OLD."motif", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."praticien_id", OLD."proprietaire_id", OLD."region_code", OLD."statut"); RETURN NULL;', hash='131bf39fc8054efa7b02b4e3ea5077784199b4fd', operation='DELETE', pgid='pgtrigger_delete_delete_917c3', table='cpts_rattachement', when='AFTER')),
        ),
        migrations.AddField(
            model_name='rattachementevent',
            name='decide_par',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='rattachementevent',
            name='document',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='core.document'),
        ),
        migrations.AddField(
            model_name='rattachementevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='cpts.rattachement'),
        ),
        migrations.AddField(
            model_name='rattachementevent',
            name='praticien',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='cpts.praticien'),
        ),
        migrations.AddField(
            model_name='rattachementevent',
            name='proprietaire',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='titulaire'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='rattachementevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='e394046a347578a88dfcd8f892c86beceef279ca', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_b9496', table='cpts_rattachementevent', when='BEFORE')),
        ),
        protege("cpts_rattachementevent"),
    ]
