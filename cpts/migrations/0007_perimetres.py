"""What the database holds of perimeters: their life, what is frozen, two persons; and the lists of the agencies."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from portal.core.rls import build_de_cpts

COUPLES = (
    ("brouillon", "retire"),
    ("brouillon", "soumis"),
    ("soumis", "approuve"),
    ("soumis", "brouillon"),
    ("soumis", "refuse"),
)
"""`cpts.calculs.cycle_perimetre.list_couples()` as it was released: a test compares both."""

# A row may enter approved (recovery of what exists): it is frozen by `decide_le`, which only the answer writes.
VIE = f"""
CREATE FUNCTION cpts_perimetre_vie() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    refus text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.decide_le IS NOT NULL THEN refus := 'perimetre_ne_s_efface_pas'; END IF;
    ELSE
        refus := CASE
            WHEN NEW.cpts_id <> OLD.cpts_id THEN 'perimetre_fige'
            WHEN NEW.statut <> OLD.statut
                AND (OLD.statut, NEW.statut) NOT IN ({", ".join(map(str, COUPLES))})
                THEN 'perimetre_transition'
            WHEN NEW.statut <> OLD.statut AND NEW.version <> OLD.version + 1 THEN 'perimetre_version'
            WHEN OLD.decide_le IS NOT NULL
                AND ((NEW.effet_le, NEW.population, NEW.millesime_population, NEW.taille, NEW.soumis_par_id,
                      NEW.soumis_le, NEW.decide_par_id, NEW.decide_le)
                     IS DISTINCT FROM (OLD.effet_le, OLD.population, OLD.millesime_population, OLD.taille,
                      OLD.soumis_par_id, OLD.soumis_le, OLD.decide_par_id, OLD.decide_le)
                     OR OLD.periode IS NOT NULL AND (NEW.periode IS NULL OR NOT NEW.periode <@ OLD.periode
                        OR lower(NEW.periode) IS DISTINCT FROM lower(OLD.periode)))
                THEN 'perimetre_fige'
        END;
    END IF;
    IF refus IS NOT NULL THEN
        RAISE EXCEPTION 'cpts_perimetre: %', refus
            USING ERRCODE = 'check_violation', CONSTRAINT = refus, TABLE = 'cpts_perimetre';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER perimetre_vie BEFORE UPDATE OR DELETE ON cpts_perimetre
FOR EACH ROW EXECUTE FUNCTION cpts_perimetre_vie();
"""
LIGNES = """
CREATE FUNCTION cpts_communeperimetre_vie() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM cpts_perimetre p
         WHERE p.id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.perimetre_id END,
                        CASE WHEN TG_OP <> 'DELETE' THEN NEW.perimetre_id END)
           AND (p.soumis_le IS NOT NULL OR p.decide_le IS NOT NULL)
    ) THEN
        RAISE EXCEPTION 'cpts_communeperimetre: communeperimetre_figee' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'communeperimetre_figee', TABLE = 'cpts_communeperimetre';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER communeperimetre_vie BEFORE INSERT OR UPDATE OR DELETE ON cpts_communeperimetre
FOR EACH ROW EXECUTE FUNCTION cpts_communeperimetre_vie();
"""
# The communes of a perimeter are read by all; nobody writes those of another CPTS, whatever its state.
SIENNES = f"""EXISTS (
    SELECT FROM cpts_perimetre p JOIN cpts_cpts c ON c.code = p.cpts_id
     WHERE p.id = perimetre_id AND ({build_de_cpts("c.code", "c.region_code", "c.departement_code")})
)"""
CEINTURE = f"""
ALTER TABLE cpts_communeperimetre ENABLE ROW LEVEL SECURITY;
CREATE POLICY communeperimetre_lue ON cpts_communeperimetre FOR SELECT USING (true);
CREATE POLICY communeperimetre_ajoutee ON cpts_communeperimetre FOR INSERT WITH CHECK ({SIENNES});
CREATE POLICY communeperimetre_changee ON cpts_communeperimetre FOR UPDATE USING ({SIENNES}) WITH CHECK ({SIENNES});
CREATE POLICY communeperimetre_retiree ON cpts_communeperimetre FOR DELETE USING ({SIENNES});
"""
CEINTURE_RETOUR = """
DROP POLICY communeperimetre_lue ON cpts_communeperimetre;
DROP POLICY communeperimetre_ajoutee ON cpts_communeperimetre;
DROP POLICY communeperimetre_changee ON cpts_communeperimetre;
DROP POLICY communeperimetre_retiree ON cpts_communeperimetre;
ALTER TABLE cpts_communeperimetre DISABLE ROW LEVEL SECURITY;
"""
PERSONNE = {
    "blank": True,
    "null": True,
    "on_delete": django.db.models.deletion.PROTECT,
    "related_name": "+",
    "to": settings.AUTH_USER_MODEL,
}
NATURES = [
    ("exacte", "Trouvée"),
    ("ancien_nom", "Ancien nom"),
    ("ancien_code", "Ancien code"),
    ("homonyme", "Plusieurs communes"),
    ("inconnue", "Introuvable"),
]
SORTS = [("a_completer", "À compléter"), ("retenue", "Retenue"), ("ecartee", "Écartée")]
STATUTS = [("a_completer", "À compléter"), ("terminee", "Brouillons créés"), ("abandonnee", "Abandonnée")]
CLE = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


def link(modele, nom, **champs):
    return models.ForeignKey(
        **{"on_delete": django.db.models.deletion.PROTECT, "to": modele, **champs}, verbose_name=nom
    )


FACULTATIF = {"blank": True, "null": True, "related_name": "+"}
LISTE = migrations.CreateModel(
    name="ListeCpts",
    fields=[
        CLE,
        ("nom", models.CharField(max_length=100, verbose_name="fichier")),
        ("empreinte", models.CharField(max_length=64, verbose_name="empreinte SHA-256")),
        ("region_code", models.CharField(max_length=3, verbose_name="région")),
        ("departement_code", models.CharField(blank=True, max_length=3, verbose_name="département")),
        (
            "statut",
            models.CharField(choices=STATUTS, default="a_completer", max_length=11, verbose_name="état"),
        ),
        ("lignes_lues", models.PositiveIntegerField(default=0, verbose_name="lignes lues")),
        ("lignes_repetees", models.PositiveIntegerField(default=0, verbose_name="lignes répétées")),
        ("avertissements", models.JSONField(blank=True, default=list, verbose_name="avertissements")),
        ("depose_le", models.DateTimeField(default=django.utils.timezone.now, verbose_name="déposée le")),
        ("termine_le", models.DateTimeField(blank=True, null=True, verbose_name="terminée le")),
        ("depose_par", models.ForeignKey(**PERSONNE)),
    ],
    options={
        "verbose_name": "liste de CPTS",
        "verbose_name_plural": "listes de CPTS",
        "ordering": ["-pk"],
        "constraints": [
            models.UniqueConstraint(
                fields=["region_code", "empreinte"],
                condition=~models.Q(statut="abandonnee"),
                name="listecpts_lue_une_fois",
                violation_error_message="Ce fichier a déjà été lu pour cette région.",
            ),
            models.CheckConstraint(
                name="listecpts_statut_connu", condition=models.Q(statut__in=[code for code, _ in STATUTS])
            ),
        ],
    },
)
NOMMEE = migrations.CreateModel(
    name="CptsListe",
    fields=[
        CLE,
        ("nom", models.CharField(max_length=160, verbose_name="nom lu")),
        ("cpts", link("cpts.cpts", "CPTS", **FACULTATIF)),
        ("code", models.CharField(blank=True, max_length=20, verbose_name="code proposé")),
        ("ecartee", models.BooleanField(default=False, verbose_name="laissée de côté")),
        ("perimetre", link("cpts.perimetre", "brouillon", **FACULTATIF)),
        (
            "liste",
            link("cpts.listecpts", "liste", on_delete=django.db.models.deletion.CASCADE, related_name="nommees"),
        ),
    ],
    options={
        "verbose_name": "CPTS d'une liste",
        "verbose_name_plural": "CPTS d'une liste",
        "ordering": ["liste", "nom", "pk"],
        "constraints": [models.UniqueConstraint(fields=["liste", "nom"], name="cptsliste_unique")],
    },
)
LIGNE = migrations.CreateModel(
    name="LigneListe",
    fields=[
        CLE,
        ("ligne", models.PositiveIntegerField(verbose_name="ligne")),
        ("colonne", models.CharField(max_length=60, verbose_name="colonne")),
        ("lue", models.CharField(max_length=120, verbose_name="commune lue")),
        ("departement", models.CharField(blank=True, max_length=60, verbose_name="département lu")),
        ("nature", models.CharField(choices=NATURES, max_length=12, verbose_name="lecture")),
        ("message", models.CharField(blank=True, max_length=300, verbose_name="explication")),
        (
            "choix",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=5),
                blank=True,
                default=list,
                size=None,
                verbose_name="communes possibles",
            ),
        ),
        ("sort", models.CharField(choices=SORTS, max_length=12, verbose_name="sort")),
        ("motif", models.CharField(blank=True, max_length=300, verbose_name="motif")),
        ("commune", link("zonage.commune", "commune", **FACULTATIF)),
        ("decide_par", models.ForeignKey(**PERSONNE)),
        (
            "nommee",
            link("cpts.cptsliste", "CPTS", on_delete=django.db.models.deletion.CASCADE, related_name="lignes"),
        ),
    ],
    options={
        "verbose_name": "ligne d'une liste de CPTS",
        "verbose_name_plural": "lignes d'une liste de CPTS",
        "ordering": ["nommee", "ligne", "pk"],
        "constraints": [
            models.CheckConstraint(
                name="ligneliste_retenue_a_sa_commune",
                condition=~models.Q(sort="retenue") | models.Q(commune__isnull=False),
            )
        ],
    },
)


class Migration(migrations.Migration):
    dependencies = [
        ("cpts", "0006_etapes"),
        ("zonage", "0003_brouillons"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddConstraint(
            model_name="perimetre",
            constraint=models.CheckConstraint(
                name="perimetre_deux_personnes",
                condition=~models.Q(decide_par=models.F("soumis_par")),
                violation_error_message="Qui a soumis un périmètre n'y répond pas.",
            ),
        ),
        migrations.RunSQL(VIE, "DROP TRIGGER perimetre_vie ON cpts_perimetre; DROP FUNCTION cpts_perimetre_vie()"),
        migrations.RunSQL(
            LIGNES,
            "DROP TRIGGER communeperimetre_vie ON cpts_communeperimetre; DROP FUNCTION cpts_communeperimetre_vie()",
        ),
        migrations.RunSQL(CEINTURE, CEINTURE_RETOUR),
        LISTE,
        NOMMEE,
        LIGNE,
    ]
