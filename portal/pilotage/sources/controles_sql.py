"""The queries of the checks. Each gives seven columns: key, territory, object, indicator, région, département, phrase.

`courante` and `libelle` are made before them (`portal.pilotage.services.controles`); numbers are written as French
writes them.
"""


# ruff: noqa: S608 - every fragment is a constant of this file; the values are parameters


def _n(expression: str) -> str:
    """A number in a sentence: no zero that says nothing, a decimal comma, thousands apart."""
    nombre = f"replace(trim_scale(round(({expression})::numeric, 2))::text, '.', ',')"
    return f"regexp_replace({nombre}, '([0-9])(?=([0-9][0-9][0-9])+(?![0-9]))', E'\\\\1\\u00a0', 'g')"


def _libelle(expression: str) -> str:
    """The name of a figure inside a sentence: « part des 65 ans », but « MSP ouvertes »."""
    return (
        f"CASE WHEN {expression} ~ '^[[:upper:]][[:upper:]]' THEN {expression}"
        f" ELSE lower(left({expression}, 1)) || substr({expression}, 2) END"
    )


LIBELLES = """
CREATE TEMP TABLE libelle ON COMMIT DROP AS
SELECT * FROM unnest(%(libelle_0)s::text[], %(libelle_1)s::text[]) AS l (code, libelle)
"""
# One probe of an index a figure, whatever the years behind.
COURANTE = """
CREATE TEMP TABLE courante ON COMMIT DROP AS
SELECT i.code AS indicateur, t.id AS territoire_id, t.type, t.code, t.nom, t.region_code, t.departement_code,
       m.numerateur, m.denominateur, m.valeur
  FROM unnest(%(codes)s::text[], %(mailles)s::text[]) AS i (code, maille)
  JOIN pilotage_territoire t ON t.type = i.maille AND t.actif
 CROSS JOIN LATERAL (SELECT numerateur, denominateur, valeur FROM pilotage_mesure m
                      WHERE m.indicateur = i.code AND m.territoire_id = t.id AND m.jour <= %(jour)s::date
                      ORDER BY m.jour DESC LIMIT 1) m
 WHERE m.valeur IS NOT NULL OR m.numerateur IS NOT NULL
"""
INDEX = "CREATE INDEX ON courante (indicateur, territoire_id)"

_TOUT = """
SELECT {nom}.rang || ':' || t.indicateur || ':' || t.type || ':' || t.code, t.territoire_id, '', t.indicateur,
       t.region_code, t.departement_code,
       format('%%s, %%s : %%s, quand %%s font %%s.', t.nom, l.libelle, {valeur},
              string_agg({partie}, ' et ' ORDER BY lp.libelle), {somme})
  FROM unnest(%({nom}_0)s::text[], %({nom}_1)s::text[], %({nom}_2)s::text[]) AS {nom} (rang, tout, partie)
  JOIN courante p ON p.indicateur = {nom}.partie
  JOIN courante t ON t.indicateur = {nom}.tout AND t.territoire_id = p.territoire_id
  JOIN libelle l ON l.code = t.indicateur
  JOIN libelle lp ON lp.code = p.indicateur
 GROUP BY {nom}.rang, t.indicateur, t.type, t.code, t.territoire_id, t.region_code, t.departement_code, t.nom,
          l.libelle, t.valeur
HAVING {faute}
"""
_ECRIT = {"valeur": _n("t.valeur"), "somme": _n("sum(p.valeur)"), "partie": _libelle("lp.libelle")}
SOMME_PARTIES = _TOUT.format(
    nom="somme",
    faute=(
        "sum(p.valeur) <> t.valeur"
        " AND count(*) = (SELECT count(*) FROM unnest(%(somme_0)s::text[]) AS n (rang) WHERE n.rang = somme.rang)"
    ),
    **_ECRIT,
)
PARTIE_DU_TOUT = _TOUT.format(nom="partie", faute="sum(p.valeur) > t.valeur", **_ECRIT)
_TERRITOIRES = """
SELECT t.indicateur || ':' || t.code, t.territoire_id, '', t.indicateur, t.region_code, '',
       format('%%s, %%s : %%s, quand ses départements font %%s.', t.nom, l.libelle, {tout}, {somme})
  FROM (SELECT indicateur, {groupe} AS code, coalesce(sum(numerateur), 0) AS n, coalesce(sum(denominateur), 0) AS d
          FROM courante WHERE type = 'departement' AND indicateur = ANY(%(additifs)s::text[]) GROUP BY 1, 2) s
  JOIN courante t ON t.indicateur = s.indicateur AND t.type = '{type}' AND t.code = s.code
  JOIN libelle l ON l.code = t.indicateur
 WHERE coalesce(t.numerateur, 0) <> s.n OR coalesce(t.denominateur, 0) <> s.d
"""
_SOMMES = {
    "tout": f"{_n('t.numerateur')} || coalesce(' sur ' || {_n('t.denominateur')}, '')",
    "somme": f"{_n('s.n')} || CASE WHEN t.denominateur IS NULL THEN '' ELSE ' sur ' || {_n('s.d')} END",
}
SOMME_REGIONS = _TERRITOIRES.format(groupe="region_code", type="region", **_SOMMES)
SOMME_FRANCE = _TERRITOIRES.format(groupe="'france'", type="france", **_SOMMES)
RELEVES = f"""
SELECT t.id::text, NULL::bigint, 'prevention.releve:' || t.id, '', t.region_code, '',
       format('%%s, %%s : %%s personnes pour la région, %%s dans ses départements.', g.nom, b.libelle,
              {_n("t.numerateur")}, {_n("sum(p.numerateur)")})
  FROM prevention_releve t
  JOIN prevention_releve p ON p.cible_id = t.cible_id AND p.periode = t.periode AND p.courant
       AND p.territoire_type = 'departement' AND p.region_code = t.territoire_code
  JOIN prevention_campagne g ON g.id = t.campagne_id
  JOIN prevention_cible b ON b.id = t.cible_id
 WHERE t.territoire_type = 'region' AND t.courant AND NOT t.au_moins
 GROUP BY t.id, g.nom, b.libelle
HAVING sum(p.numerateur) > t.numerateur
"""
MESURE_NUMERATEUR = f"""
SELECT c.indicateur || ':' || c.type || ':' || c.code, c.territoire_id, '', c.indicateur, c.region_code,
       c.departement_code,
       format('%%s, %%s : %%s au numérateur, %%s au dénominateur.', c.nom, l.libelle, {_n("c.numerateur")},
              {_n("c.denominateur")})
  FROM courante c JOIN libelle l ON l.code = c.indicateur
 WHERE c.indicateur = ANY(%(parts)s::text[]) AND c.numerateur > c.denominateur
"""
MESURE_BORNES = f"""
SELECT c.indicateur || ':' || c.type || ':' || c.code, c.territoire_id, '', c.indicateur, c.region_code,
       c.departement_code, format('%%s, %%s : %%s.', c.nom, l.libelle, {_n("c.valeur")})
  FROM courante c JOIN libelle l ON l.code = c.indicateur
 WHERE c.valeur < 0 AND c.indicateur <> ALL(%(libres)s::text[])
    OR c.valeur > 100 AND c.indicateur = ANY(%(taux)s::text[])
"""
MESURE_TAUX = f"""
SELECT c.indicateur || ':' || c.type || ':' || c.code, c.territoire_id, '', c.indicateur, c.region_code,
       c.departement_code,
       format('%%s, %%s : %%s %%%% écrits, quand %%s sur %%s font %%s %%%%.', c.nom, l.libelle, {_n("c.valeur")},
              {_n("c.numerateur")}, {_n("c.denominateur")}, {_n("100 * c.numerateur / c.denominateur")})
  FROM courante c JOIN libelle l ON l.code = c.indicateur
 WHERE c.indicateur = ANY(%(parts)s::text[]) AND c.denominateur > 0
   AND abs(c.valeur - 100 * c.numerateur / c.denominateur) > 0.001
"""
_DONNEE = """
SELECT d.id::text, t.id, 'cpts.donneeterritoire:' || d.id,
       CASE WHEN d.code IN (SELECT code FROM libelle) THEN d.code ELSE '' END,
       coalesce(t.region_code, ''), coalesce(t.departement_code, ''), {phrase}
  FROM cpts_donneeterritoire d
  LEFT JOIN libelle l ON l.code = d.code
  LEFT JOIN pilotage_territoire t ON t.type = d.territoire_type AND t.code = d.territoire_code
 WHERE d.jour <= %(jour)s::date AND {faute}
"""
_NOM = "coalesce(t.nom, d.territoire_type || ' ' || d.territoire_code), coalesce(l.libelle, d.code)"
DONNEE_TOUT = _DONNEE.format(
    phrase=f"format('%%s, %%s : %%s sur %%s.', {_NOM}, {_n('d.numerateur')}, {_n('d.denominateur')})",
    faute="d.unite = '%%' AND d.numerateur > d.denominateur",
)
# What is entered is rounded: a tenth of a point.
DONNEE_TAUX = _DONNEE.format(
    phrase=(
        f"format('%%s, %%s : %%s %%%% saisis, quand %%s sur %%s font %%s %%%%.', {_NOM}, {_n('d.valeur')},"
        f" {_n('d.numerateur')}, {_n('d.denominateur')}, {_n('100 * d.numerateur / d.denominateur')})"
    ),
    faute=(
        "d.unite = '%%' AND d.denominateur > 0 AND d.numerateur <= d.denominateur"
        " AND abs(d.valeur - 100 * d.numerateur / d.denominateur) > 0.1"
    ),
)
CALCUL_PERIME = """
SELECT b.code, NULL::bigint, '', b.code, '', '',
       coalesce(format('%%s : dernier calcul pour le %%s.', l.libelle, to_char(p.jour, 'DD/MM/YYYY')),
                format('%%s : jamais calculé.', l.libelle))
  FROM unnest(%(bases)s::text[]) AS b (code)
  JOIN libelle l ON l.code = b.code
  LEFT JOIN LATERAL (SELECT max(i.jour) AS jour FROM pilotage_passageindicateur i
                      WHERE i.indicateur = b.code AND i.jour <= %(jour)s::date) p ON true
 WHERE coalesce(p.jour, '-infinity') < %(jour)s::date - %(calcul_jours)s
   AND EXISTS (SELECT FROM pilotage_passage)
"""
SOURCE_PERIMEE = """
SELECT s.code, NULL::bigint, '', '', '', '',
       format('%%s : dernier millésime %%s, plus de %%s ans avant le %%s.', s.libelle, m.millesime, s.annees,
              to_char(%(jour)s::date, 'YYYY'))
  FROM unnest(%(source_0)s::text[], %(source_1)s::text[], %(source_2)s::text[]) AS s (code, libelle, annees)
  JOIN millesime m ON m.code = s.code
 WHERE m.millesime + s.annees::integer < extract(year FROM %(jour)s::date)
"""
DEUX_CHIFFRES = f"""
SELECT a.indicateur || ':' || a.type || ':' || a.code, a.territoire_id, '', a.indicateur, a.region_code,
       a.departement_code,
       format('%%s, %%s : %%s, quand le portail calcule %%s.', a.nom, l.libelle, {_n("a.valeur")}, {_n("b.valeur")})
  FROM unnest(%(paire_0)s::text[], %(paire_1)s::text[], %(paire_2)s::text[]) AS p (chiffre, autre, tolerance)
  JOIN courante a ON a.indicateur = p.chiffre
  JOIN courante b ON b.indicateur = p.autre AND b.territoire_id = a.territoire_id
  JOIN libelle l ON l.code = a.indicateur
 WHERE abs(a.valeur - b.valeur) > p.tolerance::numeric * abs(b.valeur)
"""
POPULATION_COMMUNE = f"""
SELECT c.code_insee, NULL::bigint, 'zonage.commune:' || c.code_insee, 'population', d.region_id, d.code,
       format('%%s : %%s habitants dans la liste des communes, %%s dans les populations légales de %%s.', c.nom,
              {_n("c.population")}, {_n("p.municipale")}, p.millesime)
  FROM zonage_commune c
  JOIN zonage_departement d ON d.code = c.departement_id
  JOIN (SELECT commune_id, millesime, sum(municipale) AS municipale FROM zonage_populationlegale GROUP BY 1, 2) p
       ON p.commune_id = c.code_insee AND p.millesime = c.millesime_population
 WHERE c.population <> p.municipale
"""
POPULATION_PERIMETRE = f"""
SELECT p.id::text, t.id, 'cpts.perimetre:' || p.id, '', c.region_code, c.departement_code,
       format('%%s : %%s habitants écrits au périmètre, %%s dans ses communes (millésime %%s).', c.nom,
              {_n("p.population")}, {_n("s.habitants")}, p.millesime_population)
  FROM cpts_perimetre p
  JOIN cpts_cpts c ON c.code = p.cpts_id
  LEFT JOIN pilotage_territoire t ON t.type = 'cpts' AND t.code = c.code
  JOIN LATERAL (SELECT sum(coalesce(l.municipale, m.population)) AS habitants,
                       bool_and(l.municipale IS NOT NULL OR m.millesime_population = p.millesime_population) AS sues
                  FROM cpts_communeperimetre x
                  JOIN zonage_commune m ON m.code_insee = x.commune_id
                  LEFT JOIN (SELECT commune_id, millesime, sum(municipale) AS municipale FROM zonage_populationlegale
                              GROUP BY 1, 2) l ON l.commune_id = m.code_insee AND l.millesime = p.millesime_population
                 WHERE x.perimetre_id = p.id) s ON s.sues
 WHERE p.statut = 'approuve' AND p.periode @> %(jour)s::date AND p.population <> s.habitants
"""
_ETAT = """
SELECT o.{cle}::text, {territoire}, '{modele}:' || o.{cle}, '', o.region_code, o.departement_code,
       format('%%s : état « %%s », quand son dernier acte dit « %%s ».', o.nom, o.statut, a.cible)
  FROM {table} o
  JOIN LATERAL (SELECT cible FROM {actes} a WHERE a.{lien} = o.{cle} ORDER BY a.survenu_le DESC, a.id DESC LIMIT 1) a
       ON a.cible <> o.statut
"""
ETAT_STRUCTURE = _ETAT.format(
    cle="id", territoire="NULL::bigint", modele="cpts.structure", table="cpts_structure", actes="cpts_actestructure",
    lien="structure_id",
)  # fmt: skip
ETAT_CPTS = _ETAT.format(
    cle="code", modele="cpts.cpts", table="cpts_cpts", actes="cpts_actecpts", lien="cpts_id",
    territoire="(SELECT id FROM pilotage_territoire t WHERE t.type = 'cpts' AND t.code = o.code)",
)  # fmt: skip
_CPTS = "(SELECT id FROM pilotage_territoire t WHERE t.type = 'cpts' AND t.code = c.code)"
DATES_ACTES = f"""
SELECT a.id::text, {_CPTS}, 'cpts.cpts:' || c.code, '', c.region_code, c.departement_code,
       format('%%s : acte du %%s enregistré après celui du %%s.', c.nom, to_char(a.date_acte, 'DD/MM/YYYY'),
              to_char(a.avant, 'DD/MM/YYYY'))
  FROM (SELECT id, cpts_id, date_acte,
               lag(date_acte) OVER (PARTITION BY cpts_id ORDER BY survenu_le, id) AS avant FROM cpts_actecpts) a
  JOIN cpts_cpts c ON c.code = a.cpts_id
 WHERE a.date_acte < a.avant
"""
DATES_ACI = f"""
SELECT c.code, {_CPTS}, 'cpts.cpts:' || c.code, '', c.region_code, c.departement_code,
       format('%%s : ACI signé le %%s, fini le %%s, état « %%s ».', c.nom, to_char(c.aci_signe_le, 'DD/MM/YYYY'),
              to_char(c.aci_fin_le, 'DD/MM/YYYY'), c.statut)
  FROM cpts_cpts c
 WHERE c.aci_fin_le <= c.aci_signe_le OR c.statut = 'aci_signe' AND c.aci_fin_le <= %(jour)s::date
"""
DATES_A_VENIR = f"""
SELECT 'acte:' || a.id, {_CPTS}, 'cpts.cpts:' || c.code, '', c.region_code, c.departement_code,
       format('%%s : acte daté du %%s.', c.nom, to_char(a.date_acte, 'DD/MM/YYYY'))
  FROM cpts_actecpts a JOIN cpts_cpts c ON c.code = a.cpts_id WHERE a.date_acte > %(jour)s::date
 UNION ALL
SELECT 'structure:' || s.id, NULL::bigint, 'cpts.structure:' || s.id, '', s.region_code, s.departement_code,
       format('%%s : ouverte le %%s.', s.nom, to_char(s.ouverte_le, 'DD/MM/YYYY'))
  FROM cpts_structure s
 WHERE s.statut IN ('ouverte', 'aci_signe', 'labellisee') AND s.ouverte_le > %(jour)s::date
 UNION ALL
SELECT 'action:' || p.id, NULL::bigint, 'prevention.actionprevention:' || p.id, '', p.region_code, p.departement_code,
       format('Une action de prévention est dite tenue le %%s.', to_char(p.jour, 'DD/MM/YYYY'))
  FROM prevention_actionprevention p WHERE p.statut = 'tenue' AND p.jour > %(jour)s::date
 UNION ALL
SELECT 'mission:' || m.id, {_CPTS}, 'cpts.cpts:' || c.code, '', c.region_code, c.departement_code,
       format('%%s : une mission est dite démarrée le %%s.', c.nom, to_char(m.demarree_le, 'DD/MM/YYYY'))
  FROM cpts_mission m JOIN cpts_cpts c ON c.code = m.cpts_id WHERE m.demarree_le > %(jour)s::date
"""
# On a bound, both sizes are accepted: no text read says on which side it falls.
_TAILLE = """
SELECT o.id::text, {territoire}, '{modele}:' || o.id, '', c.region_code, c.departement_code,
       format('%%s : taille %%s écrite pour %%s habitants{suite}.', c.nom, o.taille, {population})
  FROM {table} o JOIN cpts_cpts c ON c.code = o.cpts_id
 WHERE {filtre} AND o.taille NOT BETWEEN
       1 + (o.population > 40000)::integer + (o.population > 80000)::integer + (o.population > 175000)::integer
   AND 1 + (o.population >= 40000)::integer + (o.population >= 80000)::integer + (o.population >= 175000)::integer
"""
TAILLE_PERIMETRE = _TAILLE.format(
    territoire=_CPTS, population=_n("o.population"), modele="cpts.perimetre", table="cpts_perimetre", suite="",
    filtre="o.statut = 'approuve' AND o.periode @> %(jour)s::date",
)  # fmt: skip
TAILLE_EXERCICE = _TAILLE.format(
    territoire=_CPTS,
    population=_n("o.population"),
    modele="cpts.exerciceaci",
    table="cpts_exerciceaci",
    suite=", année d'ACI",
    filtre="true",
).replace("année d'ACI", "année d''ACI")
# A few communes on the edge are shared between neighbours: that is no contradiction.
CHEVAUCHEMENT = """
SELECT a.cpts_id || ':' || b.cpts_id, t.id, 'cpts.cpts:' || a.cpts_id, 'communes_plusieurs_cpts', ca.region_code,
       ca.departement_code, format('%%s et %%s : %%s commune%%s dans les deux périmètres.', ca.nom, cb.nom, count(*),
                                   CASE WHEN count(*) > 1 THEN 's' ELSE '' END)
  FROM cpts_perimetre a
  JOIN cpts_communeperimetre x ON x.perimetre_id = a.id
  JOIN cpts_communeperimetre y ON y.commune_id = x.commune_id
  JOIN cpts_perimetre b ON b.id = y.perimetre_id AND b.cpts_id > a.cpts_id
  JOIN cpts_cpts ca ON ca.code = a.cpts_id
  JOIN cpts_cpts cb ON cb.code = b.cpts_id
  LEFT JOIN pilotage_territoire t ON t.type = 'cpts' AND t.code = a.cpts_id
 WHERE a.statut = 'approuve' AND a.periode @> %(jour)s::date AND b.statut = 'approuve' AND b.periode @> %(jour)s::date
 GROUP BY a.id, b.id, a.cpts_id, b.cpts_id, t.id, ca.region_code, ca.departement_code, ca.nom, cb.nom
HAVING count(*) > %(chevauchement)s * (SELECT least(
         (SELECT count(*) FROM cpts_communeperimetre WHERE perimetre_id = a.id),
         (SELECT count(*) FROM cpts_communeperimetre WHERE perimetre_id = b.id)))
"""
