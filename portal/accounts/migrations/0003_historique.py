"""The history of accounts, mandats and organisations (pghistory); never a password."""

import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_connexions'),
    ]

    operations = [
        migrations.CreateModel(
            name='MandatEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('id', models.BigIntegerField()),
                ('role', models.CharField(choices=[('coordinateur_cpts', 'Coordinateur ou coordinatrice de CPTS'), ('instructeur', 'Instructeur'), ('valideur', 'Valideur'), ('agent_cpam', 'Agent de la CPAM'), ('lecteur', 'Lecteur'), ('administrateur', 'Administrateur fonctionnel'), ('auditeur', 'Auditeur')], max_length=20, verbose_name='rôle')),
                ('perimetre', models.CharField(choices=[('national', 'France entière'), ('region', 'Région'), ('departement', 'Département'), ('cpts', 'CPTS')], max_length=12, verbose_name='périmètre')),
                ('perimetre_code', models.CharField(blank=True, max_length=20, verbose_name='code du périmètre')),
                ('periode', django.contrib.postgres.fields.ranges.DateRangeField(help_text='Début inclus, fin exclue. Sans fin : encore en vigueur.', verbose_name='période')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='OrganisationEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('id', models.BigIntegerField()),
                ('type', models.CharField(choices=[('ars', 'ARS (région)'), ('delegation', "Délégation départementale de l'ARS"), ('cpam', "Caisse primaire d'assurance maladie"), ('cpts', 'CPTS'), ('structure', 'Structure'), ('urps', 'URPS'), ('collectivite', 'Collectivité')], max_length=14, verbose_name='type')),
                ('nom', models.CharField(max_length=160, verbose_name='nom')),
                ('code', models.CharField(blank=True, max_length=20, verbose_name='code')),
                ('region_code', models.CharField(blank=True, max_length=3, verbose_name='région')),
                ('departement_code', models.CharField(blank=True, max_length=3, verbose_name='département')),
                ('courriel', models.EmailField(blank=True, max_length=254, verbose_name='courriel de contact')),
                ('active', models.BooleanField(default=True, verbose_name='active')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='UserEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('email', models.EmailField(blank=True, max_length=254, null=True, verbose_name='adresse e-mail')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
            ],
            options={
                'abstract': False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='mandat',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_mandatevent" ("accorde_par_id", "id", "organisation_id", "perimetre", "perimetre_code", "periode", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "user_id") VALUES (NEW."accorde_par_id", NEW."id", NEW."organisation_id", NEW."perimetre", NEW."perimetre_code", NEW."periode", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."role", NEW."user_id"); RETURN NULL;', hash='c859dfd96d88fb0e64e1adb9aa0cd8dc710a1a71', operation='INSERT', pgid='pgtrigger_insert_insert_35b61', table='accounts_mandat', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='mandat',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "accounts_mandatevent" ("accorde_par_id", "id", "organisation_id", "perimetre", "perimetre_code", "periode", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "user_id") VALUES (NEW."accorde_par_id", NEW."id", NEW."organisation_id", NEW."perimetre", NEW."perimetre_code", NEW."periode", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."role", NEW."user_id"); RETURN NULL;', hash='5cfb11aafe807265c7b3923f474a3cd9fe3519c4', operation='UPDATE', pgid='pgtrigger_update_update_8365a', table='accounts_mandat', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='mandat',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_mandatevent" ("accorde_par_id", "id", "organisation_id", "perimetre", "perimetre_code", "periode", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "user_id") VALUES (OLD."accorde_par_id", OLD."id", OLD."organisation_id", OLD."perimetre", OLD."perimetre_code", OLD."periode", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."role", OLD."user_id"); RETURN NULL;', hash='f5e07f16f927d78ed0ff73313dcfeb31ac6a2353', operation='DELETE', pgid='pgtrigger_delete_delete_7fab9', table='accounts_mandat', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='organisation',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_organisationevent" ("active", "code", "courriel", "departement_code", "id", "nom", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_code", "type") VALUES (NEW."active", NEW."code", NEW."courriel", NEW."departement_code", NEW."id", NEW."nom", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."region_code", NEW."type"); RETURN NULL;', hash='cd0df15cad68e08d779b5560a3649d0ce0123bc8', operation='INSERT', pgid='pgtrigger_insert_insert_66a5c', table='accounts_organisation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='organisation',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "accounts_organisationevent" ("active", "code", "courriel", "departement_code", "id", "nom", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_code", "type") VALUES (NEW."active", NEW."code", NEW."courriel", NEW."departement_code", NEW."id", NEW."nom", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."region_code", NEW."type"); RETURN NULL;', hash='f2d4a857335d919f6d8727d52e4a74df3a459964', operation='UPDATE', pgid='pgtrigger_update_update_9e5fc', table='accounts_organisation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='organisation',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_organisationevent" ("active", "code", "courriel", "departement_code", "id", "nom", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_code", "type") VALUES (OLD."active", OLD."code", OLD."courriel", OLD."departement_code", OLD."id", OLD."nom", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."region_code", OLD."type"); RETURN NULL;', hash='074b61d21592e384f37d34a0a514df9c5c9bd4bf', operation='DELETE', pgid='pgtrigger_delete_delete_7b33b', table='accounts_organisation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_userevent" ("email", "first_name", "is_active", "is_staff", "is_superuser", "last_name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."email", NEW."first_name", NEW."is_active", NEW."is_staff", NEW."is_superuser", NEW."last_name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id"); RETURN NULL;', hash='e07fb96ca1a8729f6d22db78b41adde8c62aa009', operation='INSERT', pgid='pgtrigger_insert_insert_3867c', table='accounts_user', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."first_name" IS DISTINCT FROM (NEW."first_name") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."is_staff" IS DISTINCT FROM (NEW."is_staff") OR OLD."is_superuser" IS DISTINCT FROM (NEW."is_superuser") OR OLD."last_name" IS DISTINCT FROM (NEW."last_name"))', func='INSERT INTO "accounts_userevent" ("email", "first_name", "is_active", "is_staff", "is_superuser", "last_name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."email", NEW."first_name", NEW."is_active", NEW."is_staff", NEW."is_superuser", NEW."last_name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id"); RETURN NULL;', hash='441e9458de3c0190068efc0bf93dd22820339202', operation='UPDATE', pgid='pgtrigger_update_update_0e890', table='accounts_user', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_userevent" ("email", "first_name", "is_active", "is_staff", "is_superuser", "last_name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."email", OLD."first_name", OLD."is_active", OLD."is_staff", OLD."is_superuser", OLD."last_name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id"); RETURN NULL;', hash='c29394c6ae86c4115ed326a3396ad875636b9217', operation='DELETE', pgid='pgtrigger_delete_delete_19f14', table='accounts_user', when='AFTER')),
        ),
        migrations.AddField(
            model_name='mandatevent',
            name='accorde_par',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='mandatevent',
            name='organisation',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='mandatevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='accounts.mandat'),
        ),
        migrations.AddField(
            model_name='mandatevent',
            name='user',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='organisationevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='accounts.organisation'),
        ),
        migrations.AddField(
            model_name='userevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='email_first_name_last_name_is_active_is_staff_is_superuser_events', to=settings.AUTH_USER_MODEL),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='mandatevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='fbc709894a5cfce1295ead21c3eedfb05f3e70b1', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_3aedc', table='accounts_mandatevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='organisationevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='845e2a6e8e1a6335e3e91a32605b9bf35b983db2', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_4e6f4', table='accounts_organisationevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='userevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='9e9498e73f6fbdf2642fb33fa14189f1ad2382c8', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_45b21', table='accounts_userevent', when='BEFORE')),
        ),
    ]
