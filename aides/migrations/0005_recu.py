from django.conf import settings
from django.db import migrations, models

# A receipt is added, never changed: whoever writes through the portal's account is told so by the database itself.
REFUS = """
CREATE FUNCTION aides_recu_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Un reçu ne se modifie pas et ne s''efface pas (%).', TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER aides_recu_en_ajout_seul BEFORE UPDATE OR DELETE ON aides_recu
    FOR EACH ROW EXECUTE FUNCTION aides_recu_refuse();
"""
RETRAIT = """
DROP TRIGGER aides_recu_en_ajout_seul ON aides_recu;
DROP FUNCTION aides_recu_refuse();
"""


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("aides", "0004_suivi"),
    ]

    operations = [
        migrations.CreateModel(
            name='Recu',
            fields=[
                ('rang', models.PositiveBigIntegerField(primary_key=True, serialize=False, verbose_name='rang dans la chaîne')),
                ('code', models.CharField(help_text="Secret de qui l'a reçu.", max_length=20, unique=True, verbose_name='code')),
                ('cle', models.CharField(max_length=64, unique=True, verbose_name="clé d'envoi")),
                ('garde_le', models.DateTimeField(help_text="L'instant où la réponse a été lue : ce qui était connu.", verbose_name='gardé le')),
                ('contenu', models.TextField(help_text="JSON canonique : les octets mêmes que l'empreinte couvre.", verbose_name='contenu')),
                ('precedente', models.CharField(max_length=64, unique=True, verbose_name='empreinte du reçu précédent')),
                ('empreinte', models.CharField(max_length=64, unique=True, verbose_name='empreinte SHA-256')),
            ],
            options={
                'verbose_name': 'reçu',
                'verbose_name_plural': 'reçus',
                'ordering': ['rang'],
                'constraints': [models.CheckConstraint(condition=models.Q(('rang__gte', 1)), name='recu_rang_positif'), models.CheckConstraint(condition=models.Q(('code__regex', '^[0-9A-HJKMNP-TV-Z]{20}$')), name='recu_code_bien_forme'), models.CheckConstraint(condition=models.Q(('precedente__regex', '^[0-9a-f]{64}$'), ('empreinte__regex', '^[0-9a-f]{64}$')), name='recu_empreintes_bien_formees')],
            },
        ),
        migrations.RunSQL(REFUS, RETRAIT),
    ]
