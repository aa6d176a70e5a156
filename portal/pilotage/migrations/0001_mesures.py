"""Measures, the functions that the queries of the indicators read, and the triggers that say a source has changed."""

import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.db import migrations, models

# The communes on a day. A mother commune (Paris, Lyon, Marseille) has no inhabitant of its own: its arrondissements
# have them. The legal population in force on 1 January of year N is that of the vintage N-3 (INSEE).
COMMUNES = """
CREATE FUNCTION pilotage_communes(au date)
RETURNS TABLE (commune varchar, departement varchar, est_commune boolean, habitants integer,
               habitants_65 integer, habitants_ages integer)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT c.code_insee, c.departement_id, c.type = 'COM',
       CASE WHEN m.parent_id IS NOT NULL THEN 0 ELSE coalesce(p.municipale, c.population, 0)::integer END,
       CASE WHEN m.parent_id IS NOT NULL THEN 0 ELSE coalesce(c.population_65_plus, 0) END,
       CASE WHEN m.parent_id IS NOT NULL THEN 0
            ELSE coalesce(c.population_0_19 + c.population_20_64 + c.population_65_plus, 0) END
  FROM zonage_commune c
  LEFT JOIN (SELECT DISTINCT parent_id FROM zonage_commune WHERE parent_id IS NOT NULL) m ON m.parent_id = c.code_insee
  LEFT JOIN (SELECT commune_id, sum(municipale) AS municipale FROM zonage_populationlegale
              WHERE millesime = (SELECT max(millesime) FROM zonage_populationlegale
                                  WHERE millesime + 3 <= extract(year FROM au))
              GROUP BY commune_id) p ON p.commune_id = c.code_insee
$$;
"""
# Written so that the whole table is read at once: the index of the periods is ten times slower for a whole profession.
ZONES = """
CREATE FUNCTION pilotage_zones(au date)
RETURNS TABLE (commune varchar, profession varchar, niveau varchar, demonstration boolean)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT commune_id, profession, niveau_id, origine = 'demonstration' FROM zonage_zonecommune
 WHERE (lower_inf(periode) OR lower(periode) <= au) AND (upper_inf(periode) OR au < upper(periode))
$$;
"""
# The state on a day is that of the last act dated until then; a CPTS or a structure without any act has what its own
# dates say.
ETATS_CPTS = """
CREATE FUNCTION pilotage_etats_cpts(au date)
RETURNS TABLE (cpts varchar, departement varchar, statut varchar, demonstration boolean)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT c.code, c.departement_code,
       CASE WHEN a.cible IS NOT NULL THEN a.cible
            WHEN EXISTS (SELECT FROM cpts_actecpts t WHERE t.cpts_id = c.code) THEN NULL
            WHEN c.statut IN ('aci_signe', 'resilie') AND c.aci_signe_le > au THEN NULL
            WHEN c.aci_signe_le IS NULL AND (c.cree_le AT TIME ZONE 'Europe/Paris')::date > au THEN NULL
            ELSE c.statut END,
       c.demonstration
  FROM cpts_cpts c
  LEFT JOIN LATERAL (SELECT t.cible FROM cpts_actecpts t WHERE t.cpts_id = c.code AND t.date_acte <= au
                      ORDER BY t.date_acte DESC, t.survenu_le DESC, t.id DESC LIMIT 1) a ON true
$$;
"""
ETATS_STRUCTURES = """
CREATE FUNCTION pilotage_etats_structures(au date)
RETURNS TABLE (structure bigint, type varchar, commune varchar, statut varchar, demonstration boolean)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT s.id, s.type, s.commune_id,
       CASE WHEN a.cible IS NOT NULL THEN a.cible
            WHEN EXISTS (SELECT FROM cpts_actestructure t WHERE t.structure_id = s.id) THEN NULL
            WHEN s.fermee_le <= au THEN 'fermee'
            WHEN s.aci_signe_le <= au THEN 'aci_signe'
            WHEN s.ouverte_le <= au THEN CASE WHEN s.statut = 'labellisee' THEN s.statut ELSE 'ouverte' END
            WHEN s.projet_valide_le <= au THEN 'projet_valide'
            WHEN coalesce(s.fermee_le, s.aci_signe_le, s.ouverte_le, s.projet_valide_le) IS NULL
                 AND (s.cree_le AT TIME ZONE 'Europe/Paris')::date <= au THEN s.statut END,
       s.demonstration
  FROM cpts_structure s
  LEFT JOIN LATERAL (SELECT t.cible FROM cpts_actestructure t WHERE t.structure_id = s.id AND t.date_acte <= au
                      ORDER BY t.date_acte DESC, t.survenu_le DESC, t.id DESC LIMIT 1) a ON true
 WHERE s.parent_id IS NULL
$$;
"""
# A mother commune stands for its arrondissements.
PERIMETRES = """
CREATE FUNCTION pilotage_perimetres(au date)
RETURNS TABLE (cpts varchar, commune varchar, demonstration boolean)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT DISTINCT p.cpts_id, coalesce(e.code_insee, l.commune_id), c.demonstration
  FROM cpts_perimetre p
  JOIN cpts_cpts c ON c.code = p.cpts_id
  JOIN cpts_communeperimetre l ON l.perimetre_id = p.id
  LEFT JOIN zonage_commune e ON e.parent_id = l.commune_id
 WHERE p.statut = 'approuve' AND p.periode @> au
$$;
"""
# The state of a file on a day, from its acts. What nobody deposited is nobody's figure.
ETATS_DEMANDES = """
CREATE FUNCTION pilotage_etats_demandes(au date)
RETURNS TABLE (demande uuid, commune varchar, dispositif varchar, proprietaire bigint, statut varchar,
               deposee_le date, decision_le date, a_traiter_le date, montant_demande numeric, montant_accorde numeric,
               suspendue_jours integer)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT d.id, d.commune_id, d.dispositif, d.proprietaire_id,
       coalesce((SELECT t.vers_statut FROM aides_actedossier t
                  WHERE t.demande_id = d.id AND (t.survenu_le AT TIME ZONE 'Europe/Paris')::date <= au
                  ORDER BY t.version DESC LIMIT 1), d.statut),
       (d.deposee_le AT TIME ZONE 'Europe/Paris')::date,
       CASE WHEN d.decision_le <= au THEN d.decision_le END, d.a_traiter_le, d.montant_maximum,
       CASE WHEN d.decision_le <= au THEN d.montant_accorde END, d.suspendue_jours
  FROM aides_demande d
 WHERE d.deposee_le IS NOT NULL AND (d.deposee_le AT TIME ZONE 'Europe/Paris')::date <= au
$$;
"""
FONCTIONS = {
    "communes": COMMUNES,
    "zones": ZONES,
    "etats_cpts": ETATS_CPTS,
    "etats_structures": ETATS_STRUCTURES,
    "perimetres": PERIMETRES,
    "etats_demandes": ETATS_DEMANDES,
}
# The tables that indicators read: a test compares with their files. One trigger an event: only a statement that
# changed rows counts. The row belongs to its transaction alone: nobody waits for it.
SUIVIES = (
    *("zonage_commune", "zonage_epci", "zonage_departement", "zonage_populationlegale", "zonage_zonecommune"),
    *("zonage_apl", "zonage_composition", "cpts_cpts", "cpts_actecpts", "cpts_perimetre", "cpts_communeperimetre"),
    *("cpts_mission", "cpts_reunion", "cpts_membre", "cpts_exerciceaci", "cpts_ligneaci", "cpts_structure"),
    *("cpts_actestructure", "cpts_donneeterritoire", "aides_demande", "aides_actedossier", "aides_contrat"),
    *("aides_echeance", "prevention_releve", "prevention_actionprevention"),
    *("prevention_campagne", "prevention_cible"),
)
NOTE = """
CREATE FUNCTION pilotage_note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$
BEGIN
    IF EXISTS (SELECT FROM lignes) THEN
        INSERT INTO pilotage_modification (source, transaction, survenue_le)
        VALUES (TG_TABLE_NAME, pg_current_xact_id()::text::bigint, clock_timestamp())
        ON CONFLICT (source, transaction) DO UPDATE SET survenue_le = excluded.survenue_le;
    END IF;
    RETURN NULL;
END
$$;
"""
DECLENCHEURS = "".join(
    f"CREATE TRIGGER pilotage_{evenement.lower()} AFTER {evenement} ON {table} REFERENCING {image} TABLE AS lignes "
    "FOR EACH STATEMENT EXECUTE FUNCTION pilotage_note();"
    for table in SUIVIES
    for evenement, image in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
)
RETRAIT = "".join(
    f"DROP TRIGGER pilotage_{evenement} ON {table};" for table in SUIVIES for evenement in ("insert", "update", "delete")
)


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("aides", "0016_listes"),
        ("cpts", "0010_diagnostic"),
        ("prevention", "0001_initial"),
        ("zonage", "0003_brouillons"),
    ]
    operations = [
        migrations.CreateModel(
            name='Modification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=63, verbose_name='table')),
                ('transaction', models.BigIntegerField(verbose_name='transaction')),
                ('survenue_le', models.DateTimeField(verbose_name='survenue le')),
            ],
            options={
                'verbose_name': "modification d'une source",
                'verbose_name_plural': 'modifications des sources',
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('source', 'transaction'), name='modification_une_par_acte')],
            },
        ),
        migrations.CreateModel(
            name='Passage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('jour', models.DateField(verbose_name='jour mesuré')),
                ('cause', models.CharField(choices=[('nuit', 'Calcul de la nuit'), ('changement', 'Une source a changé'), ('reprise', 'Jour refait')], max_length=12, verbose_name='cause')),
                ('detail', models.CharField(blank=True, max_length=200, verbose_name='détail')),
                ('debut', models.DateTimeField(verbose_name='début')),
                ('fin', models.DateTimeField(null=True, verbose_name='fin')),
                ('empreinte', models.CharField(max_length=12, verbose_name='empreinte des définitions')),
                ('indicateurs', models.PositiveSmallIntegerField(verbose_name='indicateurs')),
                ('lignes', models.PositiveIntegerField(default=0, verbose_name='mesures écrites')),
                ('instantane', models.TextField(verbose_name='instantané')),
                ('transaction', models.BigIntegerField(verbose_name='transaction')),
            ],
            options={
                'verbose_name': 'passage',
                'ordering': ['-pk'],
                'indexes': [models.Index(fields=['jour', 'id'], name='passage_par_jour')],
                'constraints': [models.CheckConstraint(condition=models.Q(('cause__in', ['nuit', 'changement', 'reprise'])), name='passage_cause_connue')],
            },
        ),
        migrations.CreateModel(
            name='Territoire',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('type', models.CharField(choices=[('france', 'France'), ('region', 'Région'), ('departement', 'Département'), ('epci', 'EPCI'), ('cpts', 'CPTS'), ('tvs', 'Territoire de vie-santé')], max_length=12, verbose_name='maille')),
                ('code', models.CharField(max_length=20, verbose_name='code')),
                ('nom', models.CharField(max_length=160, verbose_name='nom')),
                ('region_code', models.CharField(blank=True, max_length=3, verbose_name='région')),
                ('departement_code', models.CharField(blank=True, max_length=3, verbose_name='département')),
                ('actif', models.BooleanField(default=True, verbose_name='actif')),
            ],
            options={
                'verbose_name': 'territoire mesuré',
                'verbose_name_plural': 'territoires mesurés',
                'ordering': ['type', 'code'],
                'indexes': [models.Index(fields=['region_code', 'type', 'code'], name='pilotage_territoire_region'), models.Index(fields=['departement_code', 'type', 'code'], name='pilotage_territoire_dep')],
                'constraints': [models.UniqueConstraint(fields=('type', 'code'), name='pilotage_territoire_unique'), models.CheckConstraint(condition=models.Q(('type__in', ['france', 'region', 'departement', 'epci', 'cpts', 'tvs'])), name='pilotage_territoire_maille')],
            },
        ),
        migrations.CreateModel(
            name='PassageIndicateur',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('indicateur', models.CharField(max_length=80, verbose_name='indicateur')),
                ('jour', models.DateField(verbose_name='jour mesuré')),
                ('empreinte', models.CharField(max_length=12, verbose_name='empreinte de la définition')),
                ('lignes', models.PositiveIntegerField(default=0, verbose_name='mesures écrites')),
                ('passage', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='pilotage.passage')),
            ],
            options={
                'verbose_name': "indicateur d'un passage",
                'verbose_name_plural': "indicateurs d'un passage",
                'ordering': ['passage', 'indicateur'],
                'constraints': [models.UniqueConstraint(fields=('indicateur', 'jour', 'passage'), name='passageindicateur_unique')],
            },
        ),
        migrations.CreateModel(
            name='Mesure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('indicateur', models.CharField(max_length=80, verbose_name='indicateur')),
                ('jour', models.DateField(verbose_name='jour')),
                ('numerateur', models.DecimalField(decimal_places=4, max_digits=20, null=True, verbose_name='numérateur')),
                ('denominateur', models.DecimalField(decimal_places=4, max_digits=20, null=True, verbose_name='dénominateur')),
                ('valeur', models.DecimalField(decimal_places=4, max_digits=20, null=True, verbose_name='valeur')),
                ('demonstration', models.BooleanField(default=False, verbose_name='démonstration')),
                ('passage', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='mesures', to='pilotage.passage')),
                ('territoire', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='mesures', to='pilotage.territoire')),
            ],
            options={
                'verbose_name': 'mesure',
                'ordering': ['indicateur', 'territoire', 'jour'],
                'constraints': [models.UniqueConstraint(fields=('indicateur', 'territoire', 'jour'), name='mesure_une_par_jour')],
            },
        ),
        migrations.CreateModel(
            name='Appartenance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('genre', models.CharField(choices=[('commune', 'Commune'), ('departement', 'Département'), ('cpts', 'CPTS'), ('territoire', 'Territoire')], max_length=12, verbose_name='genre')),
                ('objet', models.CharField(max_length=40, verbose_name='objet')),
                ('periode', django.contrib.postgres.fields.ranges.DateRangeField(blank=True, null=True, verbose_name='période')),
                ('territoire', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='appartenances', to='pilotage.territoire')),
            ],
            options={
                'verbose_name': 'appartenance à un territoire',
                'verbose_name_plural': 'appartenances aux territoires',
                'ordering': ['genre', 'objet', 'territoire', 'pk'],
                'indexes': [models.Index(fields=['territoire', 'genre'], name='appartenance_du_territoire')],
                'constraints': [models.UniqueConstraint(fields=('genre', 'objet', 'territoire', 'periode'), name='appartenance_unique', nulls_distinct=False)],
            },
        ),
        *(
            migrations.RunSQL(requete, f"DROP FUNCTION pilotage_{nom}(date)")
            for nom, requete in FONCTIONS.items()
        ),
        migrations.RunSQL(NOTE, "DROP FUNCTION pilotage_note()"),
        migrations.RunSQL(DECLENCHEURS, RETRAIT),
    ]
