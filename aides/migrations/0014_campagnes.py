"""Campaigns that the database opens and closes by its own clock; calendars and reminders; what the radar walks."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from portal.core.rls import protege

# Each refusal names itself by a constraint: `aides.contrats.erreurs` has its French sentence.
CAMPAGNE = """
CREATE FUNCTION aides_campagne_vie() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    refus text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        refus := 'campagne_ne_s_efface_pas';
    ELSIF TG_OP = 'INSERT' THEN
        IF lower(NEW.periode) IS NULL OR upper(NEW.periode) IS NULL THEN refus := 'campagne_deux_jours'; END IF;
        IF NEW.close_le IS NOT NULL OR NEW.reouvertures <> 0 THEN refus := 'campagne_nait_ouverte'; END IF;
    ELSE
        IF NEW.close_le IS NOT NULL AND OLD.close_le IS NULL THEN
            NEW.close_le := clock_timestamp();
        END IF;
        refus := CASE
            WHEN (NEW.region_id, NEW.dispositif, NEW.annee) IS DISTINCT FROM (OLD.region_id, OLD.dispositif, OLD.annee)
                THEN 'campagne_figee'
            WHEN lower(NEW.periode) IS NULL OR upper(NEW.periode) IS NULL THEN 'campagne_deux_jours'
            WHEN OLD.close_le IS NOT NULL AND NEW.close_le IS NOT NULL AND NEW.close_le <> OLD.close_le
                THEN 'campagne_figee'
            WHEN (NEW.periode <> OLD.periode OR (OLD.close_le IS NOT NULL AND NEW.close_le IS NULL))
                AND (NEW.reouvertures <> OLD.reouvertures + 1 OR NEW.reouverture_motif = '')
                THEN 'campagne_reouverture_motivee'
        END;
    END IF;
    IF refus IS NOT NULL THEN
        RAISE EXCEPTION 'aides_campagne: %', refus
            USING ERRCODE = 'check_violation', CONSTRAINT = refus, TABLE = 'aides_campagne';
    END IF;
    RETURN NEW;
END
$$
"""
# The campaign is read under a shared lock: who closes it waits for the declarations under way, and the reverse.
LIGNE = """
CREATE FUNCTION aides_lignecampagne_vie() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    close_depuis timestamptz;
    dans_la_fenetre boolean;
    ligne record;
    declare_change boolean;
    accorde_change boolean;
    refus text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'aides_lignecampagne: effacement'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ligne_ne_s_efface_pas', TABLE = 'aides_lignecampagne';
    END IF;
    SELECT statut, nature, proprietaire_id INTO ligne
      FROM aides_echeance WHERE id = NEW.echeance_id;
    IF TG_OP = 'INSERT' THEN
        refus := CASE
            WHEN ligne.nature <> 'versement' OR ligne.statut NOT IN ('prevue', 'a_payer') THEN 'ligne_echeance_ouverte'
            WHEN ligne.proprietaire_id <> NEW.proprietaire_id THEN 'ligne_du_titulaire'
            WHEN NEW.accorde IS NOT NULL OR NEW.base_declaree IS NOT NULL OR NEW.declare_le IS NOT NULL
                THEN 'ligne_nait_vide'
        END;
    ELSE
        declare_change := (NEW.demande, NEW.base_declaree, NEW.declare_le, NEW.piece_id)
            IS DISTINCT FROM (OLD.demande, OLD.base_declaree, OLD.declare_le, OLD.piece_id);
        accorde_change := (NEW.accorde, NEW.accorde_par_id, NEW.motif)
            IS DISTINCT FROM (OLD.accorde, OLD.accorde_par_id, OLD.motif);
        IF declare_change THEN
            SELECT close_le, periode @> (clock_timestamp() AT TIME ZONE 'Europe/Paris')::date
              INTO close_depuis, dans_la_fenetre
              FROM aides_campagne WHERE id = NEW.campagne_id FOR SHARE;
            NEW.declare_le := clock_timestamp();
        END IF;
        refus := CASE
            WHEN (NEW.campagne_id, NEW.echeance_id, NEW.proprietaire_id)
                IS DISTINCT FROM (OLD.campagne_id, OLD.echeance_id, OLD.proprietaire_id) THEN 'ligne_figee'
            WHEN NEW.potentiel <> OLD.potentiel AND OLD.accorde IS NOT NULL THEN 'ligne_figee'
            WHEN declare_change AND close_depuis IS NOT NULL THEN 'campagne_close'
            WHEN declare_change AND dans_la_fenetre IS NOT TRUE THEN 'campagne_hors_fenetre'
            WHEN declare_change AND OLD.accorde IS NOT NULL THEN 'ligne_deja_accordee'
            WHEN accorde_change AND ligne.statut NOT IN ('prevue', 'a_payer') THEN 'ligne_echeance_payee'
            WHEN accorde_change AND NEW.accorde IS NOT NULL AND NEW.demande IS NULL THEN 'ligne_sans_demande'
            WHEN accorde_change AND NEW.accorde < NEW.demande AND NEW.motif = '' THEN 'ligne_motif'
        END;
    END IF;
    IF refus IS NOT NULL THEN
        RAISE EXCEPTION 'aides_lignecampagne: %', refus
            USING ERRCODE = 'check_violation', CONSTRAINT = refus, TABLE = 'aides_lignecampagne';
    END IF;
    RETURN NEW;
END
$$
"""
TRIGGER_CAMPAGNE = """
CREATE TRIGGER campagne_vie BEFORE INSERT OR UPDATE OR DELETE ON aides_campagne
FOR EACH ROW EXECUTE FUNCTION aides_campagne_vie()
"""
TRIGGER_LIGNE = """
CREATE TRIGGER lignecampagne_vie BEFORE INSERT OR UPDATE OR DELETE ON aides_lignecampagne
FOR EACH ROW EXECUTE FUNCTION aides_lignecampagne_vie()
"""
TERME = "CREATE INDEX contrat_par_terme ON aides_contrat (upper(periode), id)"
OBSERVATIONS = """
CREATE INDEX contrat_observations ON aides_contrat (observations_jusqu_au, id) WHERE observations_jusqu_au IS NOT NULL
"""
AUTEUR = {
    "on_delete": django.db.models.deletion.PROTECT,
    "null": True,
    "blank": True,
    "related_name": "+",
    "to": settings.AUTH_USER_MODEL,
}


class Migration(migrations.Migration):
    dependencies = [
        ("aides", "0012_historique"),
        ("core", "0008_ceinture"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField("campagne", "ouverte_par", models.ForeignKey(**AUTEUR)),
        migrations.AddField(
            "campagne", "reouvertures", models.PositiveSmallIntegerField(default=0, verbose_name="réouvertures")
        ),
        migrations.AddField(
            "campagne",
            "reouverture_motif",
            models.CharField(blank=True, default="", max_length=300, verbose_name="motif de la réouverture"),
            preserve_default=False,
        ),
        migrations.AddField(
            "lignecampagne",
            "calcul",
            models.CharField(blank=True, default="", max_length=300, verbose_name="calcul"),
            preserve_default=False,
        ),
        migrations.AddField(
            "lignecampagne",
            "piece",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="aides.piecedossier",
            ),
        ),
        migrations.CreateModel(
            "Agenda",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("empreinte", models.CharField(max_length=64, unique=True, verbose_name="empreinte de l'adresse")),
                ("cree_le", models.DateTimeField(default=django.utils.timezone.now, verbose_name="créée le")),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="agenda",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"verbose_name": "agenda"},
        ),
        migrations.CreateModel(
            "Rappel",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("region_code", models.CharField(max_length=3, verbose_name="région")),
                ("departement_code", models.CharField(max_length=3, verbose_name="département")),
                ("guichet", models.CharField(max_length=14, verbose_name="guichet")),
                (
                    "seuil",
                    models.CharField(
                        choices=[("j30", "Dans trente jours"), ("j7", "Dans sept jours"), ("retard", "En retard")],
                        max_length=6,
                        verbose_name="seuil",
                    ),
                ),
                ("le", models.DateField(verbose_name="échéance rappelée")),
                ("cree_le", models.DateTimeField(default=django.utils.timezone.now, verbose_name="créé le")),
                ("envoye_le", models.DateTimeField(blank=True, null=True, verbose_name="envoyé le")),
                (
                    "echeance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rappels", to="aides.echeance"
                    ),
                ),
                (
                    "proprietaire",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="titulaire",
                    ),
                ),
            ],
            options={"verbose_name": "rappel", "ordering": ["-cree_le", "-pk"]},
        ),
        migrations.AddConstraint(
            "rappel",
            models.UniqueConstraint(fields=["echeance", "seuil", "le", "proprietaire"], name="rappel_un_par_seuil"),
        ),
        migrations.AddIndex(
            "echeance",
            models.Index(
                fields=["region_code", "le", "id"],
                name="echeance_de_la_region",
                condition=Q(statut__in=["prevue", "a_payer"]),
            ),
        ),
        protege("aides_rappel"),
        protege("aides_agenda", "(SELECT maillage_systeme()) OR user_id = (SELECT maillage_personne())"),
        migrations.RunSQL(TERME, "DROP INDEX contrat_par_terme"),
        migrations.RunSQL(OBSERVATIONS, "DROP INDEX contrat_observations"),
        migrations.RunSQL(CAMPAGNE, "DROP FUNCTION aides_campagne_vie()"),
        migrations.RunSQL(TRIGGER_CAMPAGNE, "DROP TRIGGER campagne_vie ON aides_campagne"),
        migrations.RunSQL(LIGNE, "DROP FUNCTION aides_lignecampagne_vie()"),
        migrations.RunSQL(TRIGGER_LIGNE, "DROP TRIGGER lignecampagne_vie ON aides_lignecampagne"),
    ]
