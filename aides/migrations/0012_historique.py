"""The history of the files: every row as it was (pghistory); seen by whoever sees the row."""

import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.utils.timezone
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.conf import settings
from django.db import migrations, models

from portal.core.rls import protege


class Migration(migrations.Migration):

    dependencies = [
        ('aides', '0011_ceinture'),
        ('core', '0008_ceinture'),
        ('cpts', '0002_ceinture'),
        ('zonage', '0003_brouillons'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ContratEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('region_code', models.CharField(max_length=3, verbose_name='région')),
                ('departement_code', models.CharField(max_length=3, verbose_name='département')),
                ('guichet', models.CharField(max_length=14, verbose_name='guichet')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('numero', models.CharField(max_length=24, verbose_name='numéro')),
                ('dispositif', models.CharField(max_length=60, verbose_name='dispositif')),
                ('dispositif_version', models.CharField(max_length=20, verbose_name='version du dispositif')),
                ('date_signature', models.DateField(verbose_name='date de signature')),
                ('periode', django.contrib.postgres.fields.ranges.DateRangeField(verbose_name='période')),
                ('terme_initial', models.DateField(blank=True, null=True, verbose_name='terme prévu')),
                ('montant', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, verbose_name='montant total (€)')),
                ('plafond', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, verbose_name='montant maximum (€)')),
                ('faits', models.JSONField(default=dict, verbose_name='données du contrat')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='version de la ligne')),
                ('renouvellements', models.PositiveSmallIntegerField(default=0, verbose_name='renouvellements')),
                ('notes', models.JSONField(blank=True, default=list, verbose_name='à savoir')),
                ('resiliation_par', models.CharField(blank=True, choices=[('titulaire', 'Titulaire'), ('ars', 'ARS'), ('cpam', 'CPAM')], max_length=12, verbose_name='résiliation demandée par')),
                ('resiliation_notifiee_le', models.DateField(blank=True, null=True, verbose_name='résiliation notifiée le')),
                ('observations_jusqu_au', models.DateField(blank=True, null=True, verbose_name="observations jusqu'au")),
                ('resiliation_effet_le', models.DateField(blank=True, null=True, verbose_name='effet de la résiliation')),
                ('remboursement_du', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, verbose_name='remboursement dû (€)')),
                ('rembourse', models.DecimalField(decimal_places=2, default=0, max_digits=12, verbose_name='remboursé (€)')),
                ('cree_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='créé le')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='DemandeEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('region_code', models.CharField(max_length=3, verbose_name='région')),
                ('departement_code', models.CharField(max_length=3, verbose_name='département')),
                ('guichet', models.CharField(max_length=14, verbose_name='guichet')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                ('numero', models.CharField(blank=True, max_length=20, null=True, verbose_name='numéro')),
                ('cle', models.CharField(max_length=64, verbose_name="clé d'envoi")),
                ('dispositif', models.CharField(max_length=60, verbose_name='dispositif')),
                ('dispositif_version', models.CharField(max_length=20, verbose_name='version du dispositif')),
                ('profession', models.CharField(choices=[('medecin', 'Médecin'), ('infirmier', 'Infirmier'), ('masseur_kinesitherapeute', 'Masseur-kinésithérapeute'), ('sage_femme', 'Sage-femme'), ('orthophoniste', 'Orthophoniste'), ('chirurgien_dentiste', 'Chirurgien-dentiste')], max_length=24, verbose_name='profession')),
                ('faits', models.JSONField(default=dict, verbose_name='réponses')),
                ('coordonnees', models.JSONField(blank=True, default=dict, verbose_name='coordonnées')),
                ('message', models.TextField(blank=True, max_length=4000, verbose_name='message du demandeur')),
                ('declarations', models.JSONField(blank=True, default=dict, verbose_name='déclarations')),
                ('statut', models.CharField(choices=[('brouillon', 'Brouillon'), ('deposee', 'Déposée'), ('incomplete', 'Incomplète'), ('recevable', 'Recevable'), ('en_instruction', 'En instruction'), ('avis', 'Avis demandé'), ('accordee', 'Accordée'), ('refusee', 'Refusée'), ('retiree', 'Retirée'), ('caduque', 'Caduque'), ('signee', 'Signée'), ('en_cours', 'En cours'), ('suspendue', 'Suspendue'), ('a_l_echeance', "À l'échéance"), ('resiliee', 'Résiliée'), ('remboursement_du', 'Remboursement dû'), ('soldee', 'Soldée')], default='brouillon', max_length=18, verbose_name='état')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='version de la ligne')),
                ('preuve_empreinte', models.CharField(blank=True, max_length=64, verbose_name='empreinte de la preuve')),
                ('zone_niveau', models.CharField(blank=True, max_length=24, verbose_name='niveau de la zone au dépôt')),
                ('zone_arrete', models.PositiveBigIntegerField(blank=True, null=True, verbose_name='arrêté de zonage au dépôt')),
                ('montant_minimum', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, verbose_name='montant minimum')),
                ('montant_maximum', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, verbose_name='montant maximum')),
                ('deposee_le', models.DateTimeField(blank=True, null=True, verbose_name='déposée le')),
                ('incomplete_le', models.DateTimeField(blank=True, null=True, verbose_name='incomplète depuis le')),
                ('suspendue_jours', models.PositiveIntegerField(default=0, verbose_name='jours de suspension du délai')),
                ('a_traiter_le', models.DateField(blank=True, null=True, verbose_name='à traiter avant le')),
                ('propose_le', models.DateTimeField(blank=True, null=True, verbose_name='décision proposée le')),
                ('montant_propose', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, verbose_name='montant proposé')),
                ('seuil', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, verbose_name='seuil de double décision')),
                ('decision_le', models.DateField(blank=True, null=True, verbose_name='date de décision')),
                ('montant_accorde', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, verbose_name='montant accordé')),
                ('motif', models.TextField(blank=True, verbose_name='motif')),
                ('voies_recours', models.TextField(blank=True, verbose_name='voies et délais de recours')),
                ('cree_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='créée le')),
                ('modifiee_le', models.DateTimeField(default=django.utils.timezone.now, verbose_name='modifiée le')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='EcheanceEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('id', models.BigIntegerField()),
                ('region_code', models.CharField(max_length=3, verbose_name='région')),
                ('departement_code', models.CharField(max_length=3, verbose_name='département')),
                ('guichet', models.CharField(max_length=14, verbose_name='guichet')),
                ('nature', models.CharField(choices=[('versement', 'Versement'), ('obligation', 'Obligation')], max_length=10, verbose_name='nature')),
                ('code', models.CharField(max_length=40, verbose_name='code')),
                ('rang', models.PositiveSmallIntegerField(verbose_name='rang')),
                ('libelle', models.CharField(max_length=200, verbose_name='libellé')),
                ('le', models.DateField(verbose_name='échéance')),
                ('periode', django.contrib.postgres.fields.ranges.DateRangeField(blank=True, null=True, verbose_name='période couverte')),
                ('montant', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, verbose_name='montant (€)')),
                ('plafond', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, verbose_name='montant maximum (€)')),
                ('statut', models.CharField(choices=[('prevue', 'Prévue'), ('a_payer', 'À payer'), ('payee', 'Payée'), ('annulee', 'Annulée'), ('tenue', 'Tenue'), ('non_tenue', 'Non tenue')], default='prevue', max_length=10, verbose_name='état')),
                ('reference', models.CharField(blank=True, max_length=400, verbose_name='référence')),
                ('a_instruire', models.CharField(blank=True, max_length=600, verbose_name='à instruire')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='version de la ligne')),
                ('payee_le', models.DateField(blank=True, null=True, verbose_name='payée le')),
                ('cle_paiement', models.CharField(blank=True, max_length=64, null=True, verbose_name='clé de paiement')),
                ('constatee_le', models.DateField(blank=True, null=True, verbose_name='constatée le')),
                ('remarque', models.CharField(blank=True, max_length=300, verbose_name='remarque')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='EnveloppeEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('id', models.BigIntegerField()),
                ('annee', models.PositiveSmallIntegerField(verbose_name='année')),
                ('libelle', models.CharField(max_length=120, verbose_name='libellé')),
                ('dispositifs', models.JSONField(default=list, help_text="Codes des dispositifs qu'elle paie.", verbose_name='dispositifs')),
                ('montant', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='montant (€)')),
                ('engage', models.DecimalField(decimal_places=2, default=0, max_digits=12, verbose_name='engagé (€)')),
            ],
            options={
                'abstract': False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='contrat',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "aides_contratevent" ("cree_le", "date_signature", "demande_id", "departement_code", "dispositif", "dispositif_version", "faits", "guichet", "id", "montant", "notes", "numero", "observations_jusqu_au", "periode", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "plafond", "proprietaire_id", "region_code", "rembourse", "remboursement_du", "renouvellements", "resiliation_effet_le", "resiliation_notifiee_le", "resiliation_par", "terme_initial", "version") VALUES (NEW."cree_le", NEW."date_signature", NEW."demande_id", NEW."departement_code", NEW."dispositif", NEW."dispositif_version", NEW."faits", NEW."guichet", NEW."id", NEW."montant", NEW."notes", NEW."numero", NEW."observations_jusqu_au", NEW."periode", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."plafond", NEW."proprietaire_id", NEW."region_code", NEW."rembourse", NEW."remboursement_du", NEW."renouvellements", NEW."resiliation_effet_le", NEW."resiliation_notifiee_le", NEW."resiliation_par", NEW."terme_initial", NEW."version"); RETURN NULL;', hash='bb08fc11788b88a860181ded7a005d22b187949b', operation='INSERT', pgid='pgtrigger_insert_insert_35f2c', table='aides_contrat', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='contrat',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "aides_contratevent" ("cree_le", "date_signature", "demande_id", "departement_code", "dispositif", "dispositif_version", "faits", "guichet", "id", "montant", "notes", "numero", "observations_jusqu_au", "periode", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "plafond", "proprietaire_id", "region_code", "rembourse", "remboursement_du", "renouvellements", "resiliation_effet_le", "resiliation_notifiee_le", "resiliation_par", "terme_initial", "version") VALUES (NEW."cree_le", NEW."date_signature", NEW."demande_id", NEW."departement_code", NEW."dispositif", NEW."dispositif_version", NEW."faits", NEW."guichet", NEW."id", NEW."montant", NEW."notes", NEW."numero", NEW."observations_jusqu_au", NEW."periode", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."plafond", NEW."proprietaire_id", NEW."region_code", NEW."rembourse", NEW."remboursement_du", NEW."renouvellements", NEW."resiliation_effet_le", NEW."resiliation_notifiee_le", NEW."resiliation_par", NEW."terme_initial", NEW."version"); RETURN NULL;', hash='43e996ff2fc7f7e94c29936e8267a8113b717324', operation='UPDATE', pgid='pgtrigger_update_update_d5217', table='aides_contrat', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='contrat',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "aides_contratevent" ("cree_le", "date_signature", "demande_id", "departement_code", "dispositif", "dispositif_version", "faits", "guichet", "id", "montant", "notes", "numero", "observations_jusqu_au", "periode", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "plafond", "proprietaire_id", "region_code", "rembourse", "remboursement_du", "renouvellements", "resiliation_effet_le", "resiliation_notifiee_le", "resiliation_par", "terme_initial", "version") VALUES (OLD."cree_le", OLD."date_signature", OLD."demande_id", OLD."departement_code", OLD."dispositif", OLD."dispositif_version", OLD."faits", OLD."guichet", OLD."id", OLD."montant", OLD."notes", OLD."numero", OLD."observations_jusqu_au", OLD."periode", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."plafond", OLD."proprietaire_id", OLD."region_code", OLD."rembourse", OLD."remboursement_du", OLD."renouvellements", OLD."resiliation_effet_le", OLD."resiliation_notifiee_le", OLD."resiliation_par", OLD."terme_initial", OLD."version"); RETURN NULL;', hash='4a6084e6115d3e721febaee986fb4a04ac9ce617', operation='DELETE', pgid='pgtrigger_delete_delete_48e30', table='aides_contrat', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='demande',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "aides_demandeevent" ("a_traiter_le", "cle", "commune_id", "coordonnees", "cree_le", "decide_par_id", "decision_le", "declarations", "departement_code", "deposee_le", "dispositif", "dispositif_version", "enveloppe_id", "faits", "guichet", "id", "incomplete_le", "instructeur_id", "message", "modifiee_le", "montant_accorde", "montant_maximum", "montant_minimum", "montant_propose", "motif", "numero", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "praticien_id", "preuve_empreinte", "profession", "propose_le", "propose_par_id", "proprietaire_id", "region_code", "seuil", "statut", "suspendue_jours", "version", "voies_recours", "zone_arrete", "zone_niveau") VALUES (NEW."a_traiter_le", NEW."cle", NEW."commune_id", NEW."coordonnees", NEW."cree_le", NEW."decide_par_id", NEW."decision_le", NEW."declarations", NEW."departement_code", NEW."deposee_le", NEW."dispositif", NEW."dispositif_version", NEW."enveloppe_id", NEW."faits", NEW."guichet", NEW."id", NEW."incomplete_le", NEW."instructeur_id", NEW."message", NEW."modifiee_le", NEW."montant_accorde", NEW."montant_maximum", NEW."montant_minimum", NEW."montant_propose", NEW."motif", NEW."numero", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."praticien_id", NEW."preuve_empreinte", NEW."profession", NEW."propose_le", NEW."propose_par_id", NEW."proprietaire_id", NEW."region_code", NEW."seuil", NEW."statut", NEW."suspendue_jours", NEW."version", NEW."voies_recours", NEW."zone_arrete", NEW."zone_niveau"); RETURN NULL;', hash='095b328bff85e8079e1e30db603e69e036d5ff29', operation='INSERT', pgid='pgtrigger_insert_insert_18ad8', table='aides_demande', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='demande',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."a_traiter_le" IS DISTINCT FROM (NEW."a_traiter_le") OR OLD."cle" IS DISTINCT FROM (NEW."cle") OR OLD."commune_id" IS DISTINCT FROM (NEW."commune_id") OR OLD."coordonnees" IS DISTINCT FROM (NEW."coordonnees") OR OLD."cree_le" IS DISTINCT FROM (NEW."cree_le") OR OLD."decide_par_id" IS DISTINCT FROM (NEW."decide_par_id") OR OLD."decision_le" IS DISTINCT FROM (NEW."decision_le") OR OLD."declarations" IS DISTINCT FROM (NEW."declarations") OR OLD."departement_code" IS DISTINCT FROM (NEW."departement_code") OR OLD."deposee_le" IS DISTINCT FROM (NEW."deposee_le") OR OLD."dispositif" IS DISTINCT FROM (NEW."dispositif") OR OLD."dispositif_version" IS DISTINCT FROM (NEW."dispositif_version") OR OLD."enveloppe_id" IS DISTINCT FROM (NEW."enveloppe_id") OR OLD."faits" IS DISTINCT FROM (NEW."faits") OR OLD."guichet" IS DISTINCT FROM (NEW."guichet") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."incomplete_le" IS DISTINCT FROM (NEW."incomplete_le") OR OLD."instructeur_id" IS DISTINCT FROM (NEW."instructeur_id") OR OLD."message" IS DISTINCT FROM (NEW."message") OR OLD."modifiee_le" IS DISTINCT FROM (NEW."modifiee_le") OR OLD."montant_accorde" IS DISTINCT FROM (NEW."montant_accorde") OR OLD."montant_maximum" IS DISTINCT FROM (NEW."montant_maximum") OR OLD."montant_minimum" IS DISTINCT FROM (NEW."montant_minimum") OR OLD."montant_propose" IS DISTINCT FROM (NEW."montant_propose") OR OLD."motif" IS DISTINCT FROM (NEW."motif") OR OLD."numero" IS DISTINCT FROM (NEW."numero") OR OLD."praticien_id" IS DISTINCT FROM (NEW."praticien_id") OR OLD."preuve_empreinte" IS DISTINCT FROM (NEW."preuve_empreinte") OR OLD."profession" IS DISTINCT FROM (NEW."profession") OR OLD."propose_le" IS DISTINCT FROM (NEW."propose_le") OR OLD."propose_par_id" IS DISTINCT FROM (NEW."propose_par_id") OR OLD."proprietaire_id" IS DISTINCT FROM (NEW."proprietaire_id") OR OLD."region_code" IS DISTINCT FROM (NEW."region_code") OR OLD."seuil" IS DISTINCT FROM (NEW."seuil") OR OLD."statut" IS DISTINCT FROM (NEW."statut") OR OLD."suspendue_jours" IS DISTINCT FROM (NEW."suspendue_jours") OR OLD."version" IS DISTINCT FROM (NEW."version") OR OLD."voies_recours" IS DISTINCT FROM (NEW."voies_recours") OR OLD."zone_arrete" IS DISTINCT FROM (NEW."zone_arrete") OR OLD."zone_niveau" IS DISTINCT FROM (NEW."zone_niveau"))', func='INSERT INTO "aides_demandeevent" ("a_traiter_le", "cle", "commune_id", "coordonnees", "cree_le", "decide_par_id", "decision_le", "declarations", "departement_code", "deposee_le", "dispositif", "dispositif_version", "enveloppe_id", "faits", "guichet", "id", "incomplete_le", "instructeur_id", "message", "modifiee_le", "montant_accorde", "montant_maximum", "montant_minimum", "montant_propose", "motif", "numero", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "praticien_id", "preuve_empreinte", "profession", "propose_le", "propose_par_id", "proprietaire_id", "region_code", "seuil", "statut", "suspendue_jours", "version", "voies_recours", "zone_arrete", "zone_niveau") VALUES (NEW."a_traiter_le", NEW."cle", NEW."commune_id", NEW."coordonnees", NEW."cree_le", NEW."decide_par_id", NEW."decision_le", NEW."declarations", NEW."departement_code", NEW."deposee_le", NEW."dispositif", NEW."dispositif_version", NEW."enveloppe_id", NEW."faits", NEW."guichet", NEW."id", NEW."incomplete_le", NEW."instructeur_id", NEW."message", NEW."modifiee_le", NEW."montant_accorde", NEW."montant_maximum", NEW."montant_minimum", NEW."montant_propose", NEW."motif", NEW."numero", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."praticien_id", NEW."preuve_empreinte", NEW."profession", NEW."propose_le", NEW."propose_par_id", NEW."proprietaire_id", NEW."region_code", NEW."seuil", NEW."statut", NEW."suspendue_jours", NEW."version", NEW."voies_recours", NEW."zone_arrete", NEW."zone_niveau"); RETURN NULL;', hash='671b5f2e50285c16cc27091c8d17d081676b5a0d', operation='UPDATE', pgid='pgtrigger_update_update_e8817', table='aides_demande', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='demande',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "aides_demandeevent" ("a_traiter_le", "cle", "commune_id", "coordonnees", "cree_le", "decide_par_id", "decision_le", "declarations", "departement_code", "deposee_le", "dispositif", "dispositif_version", "enveloppe_id", "faits", "guichet", "id", "incomplete_le", "instructeur_id", "message", "modifiee_le", "montant_accorde", "montant_maximum", "montant_minimum", "montant_propose", "motif", "numero", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "praticien_id", "preuve_empreinte", "profession", "propose_le", "propose_par_id", "proprietaire_id", "region_code", "seuil", "statut", "suspendue_jours", "version", "voies_recours", "zone_arrete", "zone_niveau") VALUES (OLD."a_traiter_le", OLD."cle", OLD."commune_id", OLD."coordonnees", OLD."cree_le", OLD."decide_par_id", OLD."decision_le", OLD."declarations", OLD."departement_code", OLD."deposee_le", OLD."dispositif", OLD."dispositif_version", OLD."enveloppe_id", OLD."faits", OLD."guichet", OLD."id", OLD."incomplete_le", OLD."instructeur_id", OLD."message", OLD."modifiee_le", OLD."montant_accorde", OLD."montant_maximum", OLD."montant_minimum", OLD."montant_propose", OLD."motif", OLD."numero", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."praticien_id", OLD."preuve_empreinte", OLD."profession", OLD."propose_le", OLD."propose_par_id", OLD."proprietaire_id", OLD."region_code", OLD."seuil", OLD."statut", OLD."suspendue_jours", OLD."version", OLD."voies_recours", OLD."zone_arrete", OLD."zone_niveau"); RETURN NULL;', hash='62598f095a252b148f397cf12a09bc11f4818137', operation='DELETE', pgid='pgtrigger_delete_delete_bc327', table='aides_demande', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='echeance',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "aides_echeanceevent" ("a_instruire", "cle_paiement", "code", "constatee_le", "constatee_par_id", "contrat_id", "departement_code", "guichet", "id", "le", "libelle", "montant", "nature", "payee_le", "payee_par_id", "periode", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "piece_id", "plafond", "proprietaire_id", "rang", "reference", "region_code", "remarque", "statut", "version") VALUES (NEW."a_instruire", NEW."cle_paiement", NEW."code", NEW."constatee_le", NEW."constatee_par_id", NEW."contrat_id", NEW."departement_code", NEW."guichet", NEW."id", NEW."le", NEW."libelle", NEW."montant", NEW."nature", NEW."payee_le", NEW."payee_par_id", NEW."periode", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."piece_id", NEW."plafond", NEW."proprietaire_id", NEW."rang", NEW."reference", NEW."region_code", NEW."remarque", NEW."statut", NEW."version"); RETURN NULL;', hash='0eaff21ec61d5b50cc9bf78d038161f46734b023', operation='INSERT', pgid='pgtrigger_insert_insert_e691a', table='aides_echeance', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='echeance',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "aides_echeanceevent" ("a_instruire", "cle_paiement", "code", "constatee_le", "constatee_par_id", "contrat_id", "departement_code", "guichet", "id", "le", "libelle", "montant", "nature", "payee_le", "payee_par_id", "periode", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "piece_id", "plafond", "proprietaire_id", "rang", "reference", "region_code", "remarque", "statut", "version") VALUES (NEW."a_instruire", NEW."cle_paiement", NEW."code", NEW."constatee_le", NEW."constatee_par_id", NEW."contrat_id", NEW."departement_code", NEW."guichet", NEW."id", NEW."le", NEW."libelle", NEW."montant", NEW."nature", NEW."payee_le", NEW."payee_par_id", NEW."periode", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."piece_id", NEW."plafond", NEW."proprietaire_id", NEW."rang", NEW."reference", NEW."region_code", NEW."remarque", NEW."statut", NEW."version"); RETURN NULL;', hash='09c4e5c3c68ef87bf3b37335ded0862aecf4f56e', operation='UPDATE', pgid='pgtrigger_update_update_79fee', table='aides_echeance', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='echeance',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "aides_echeanceevent" ("a_instruire", "cle_paiement", "code", "constatee_le", "constatee_par_id", "contrat_id", "departement_code", "guichet", "id", "le", "libelle", "montant", "nature", "payee_le", "payee_par_id", "periode", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "piece_id", "plafond", "proprietaire_id", "rang", "reference", "region_code", "remarque", "statut", "version") VALUES (OLD."a_instruire", OLD."cle_paiement", OLD."code", OLD."constatee_le", OLD."constatee_par_id", OLD."contrat_id", OLD."departement_code", OLD."guichet", OLD."id", OLD."le", OLD."libelle", OLD."montant", OLD."nature", OLD."payee_le", OLD."payee_par_id", OLD."periode", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."piece_id", OLD."plafond", OLD."proprietaire_id", OLD."rang", OLD."reference", OLD."region_code", OLD."remarque", OLD."statut", OLD."version"); RETURN NULL;', hash='c9edd5ec7a1625c97291248d642ef76d095042cd', operation='DELETE', pgid='pgtrigger_delete_delete_c154e', table='aides_echeance', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='enveloppe',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "aides_enveloppeevent" ("annee", "dispositifs", "engage", "id", "libelle", "montant", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id") VALUES (NEW."annee", NEW."dispositifs", NEW."engage", NEW."id", NEW."libelle", NEW."montant", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."region_id"); RETURN NULL;', hash='8811348e54a96f819b6c522a2fd06b3358a47b6b', operation='INSERT', pgid='pgtrigger_insert_insert_1c167', table='aides_enveloppe', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='enveloppe',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "aides_enveloppeevent" ("annee", "dispositifs", "engage", "id", "libelle", "montant", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id") VALUES (NEW."annee", NEW."dispositifs", NEW."engage", NEW."id", NEW."libelle", NEW."montant", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."region_id"); RETURN NULL;', hash='55bfe99e8b9f8c7ab2bc307930a6b643da67e377', operation='UPDATE', pgid='pgtrigger_update_update_74fed', table='aides_enveloppe', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='enveloppe',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "aides_enveloppeevent" ("annee", "dispositifs", "engage", "id", "libelle", "montant", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id") VALUES (OLD."annee", OLD."dispositifs", OLD."engage", OLD."id", OLD."libelle", OLD."montant", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."region_id"); RETURN NULL;', hash='e5d11d5cb1936debeed30c060d5c6390b2bd29d5', operation='DELETE', pgid='pgtrigger_delete_delete_78df2', table='aides_enveloppe', when='AFTER')),
        ),
        migrations.AddField(
            model_name='contratevent',
            name='demande',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='aides.demande'),
        ),
        migrations.AddField(
            model_name='contratevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='aides.contrat'),
        ),
        migrations.AddField(
            model_name='contratevent',
            name='proprietaire',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='titulaire'),
        ),
        migrations.AddField(
            model_name='demandeevent',
            name='commune',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='zonage.commune', verbose_name="commune d'exercice"),
        ),
        migrations.AddField(
            model_name='demandeevent',
            name='decide_par',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='décidée par'),
        ),
        migrations.AddField(
            model_name='demandeevent',
            name='enveloppe',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='aides.enveloppe'),
        ),
        migrations.AddField(
            model_name='demandeevent',
            name='instructeur',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='instructeur'),
        ),
        migrations.AddField(
            model_name='demandeevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='aides.demande'),
        ),
        migrations.AddField(
            model_name='demandeevent',
            name='praticien',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='cpts.praticien'),
        ),
        migrations.AddField(
            model_name='demandeevent',
            name='propose_par',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='décision proposée par'),
        ),
        migrations.AddField(
            model_name='demandeevent',
            name='proprietaire',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='titulaire'),
        ),
        migrations.AddField(
            model_name='echeanceevent',
            name='constatee_par',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='echeanceevent',
            name='contrat',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='aides.contrat'),
        ),
        migrations.AddField(
            model_name='echeanceevent',
            name='payee_par',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='echeanceevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='aides.echeance'),
        ),
        migrations.AddField(
            model_name='echeanceevent',
            name='piece',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='aides.piecedossier'),
        ),
        migrations.AddField(
            model_name='echeanceevent',
            name='proprietaire',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='titulaire'),
        ),
        migrations.AddField(
            model_name='enveloppeevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='aides.enveloppe'),
        ),
        migrations.AddField(
            model_name='enveloppeevent',
            name='region',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='zonage.region', verbose_name='région'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='contratevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='c108728648e2b40273e83c250ff3c023ce6f5748', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_77f5f', table='aides_contratevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='demandeevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='f1611eb1c67e7287343f4b2d413521f67529a0ec', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_ec7f0', table='aides_demandeevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='echeanceevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='f1ecf1f7f1a9a2b9a98bb81299c3a4b84045a3b0', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_a79d7', table='aides_echeanceevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='enveloppeevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='db95ce655fef0bf153d969ffd7b9b26f69c223e9', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_31383', table='aides_enveloppeevent', when='BEFORE')),
        ),
        protege("aides_demandeevent"),
        protege("aides_contratevent"),
        protege("aides_echeanceevent"),
    ]
