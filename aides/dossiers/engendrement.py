"""The set SQL that fills a base with files that nobody made: for the benches alone (`generate_dossiers`).

Nothing goes through the acts: the rows are what they would leave, with a spread close to a real one. The triggers of
the life of a file are set aside for that, but not the seals of the journal, nor any constraint.
"""

import re

TABLES_SUIVIES = ("accounts_user", "aides_demande", "aides_contrat", "aides_echeance", "aides_actedossier")

PERSONNES = """
INSERT INTO accounts_user (password, is_superuser, first_name, last_name, is_staff, is_active, date_joined, email)
SELECT '!', false, (%(prenoms)s::text[])[1 + n %% 20], 'Essai ' || n, false, true, now(),
       'demandeur' || n || '@engendre.invalid'
  FROM generate_series(%(premier)s, %(dernier)s) n
"""
PRATICIENS = """
INSERT INTO cpts_praticien (rpps, profession, specialite_code, specialite, nom, prenom, civilite, secteur, cle_nom,
                            vu_le)
SELECT '9' || lpad(n::text, 10, '0'), 'medecin', '', '', noms.nom, prenoms.prenom, '', '',
       lower(noms.nom || ' ' || prenoms.prenom), current_date
  FROM generate_series(%(premier)s, %(dernier)s) n,
       LATERAL (SELECT (%(syllabes)s::text[])[1 + n %% 25] || lower((%(syllabes)s::text[])[1 + n / 25 %% 25])
                       || lower((%(syllabes)s::text[])[1 + n / 625 %% 25]) AS nom) noms,
       LATERAL (SELECT (%(prenoms)s::text[])[1 + n %% 20] AS prenom) prenoms
"""
# A draw a file: where, what, who, how far; then what follows from it.
TIRAGE = """
CREATE TEMP TABLE tirage ON COMMIT DROP AS
WITH brut AS (
    SELECT n, gen_random_uuid() AS id, lieux.code AS commune, (SELECT count(*) FROM modeles) AS m,
           random() AS h_etat, random() AS h_date, random() AS h_regle, random() AS h_agent, random() AS h_divers
      FROM generate_series(%(premier)s, %(dernier)s) n
      JOIN unnest(%(communes)s::text[]) WITH ORDINALITY lieux(code, rang)
           ON lieux.rang = 1 + (n::bigint * 7919) %% cardinality(%(communes)s::text[])
), etats AS (
    SELECT brut.*, e.statut
      FROM brut JOIN (VALUES
           ('deposee', 0.0, 0.05), ('incomplete', 0.05, 0.09), ('recevable', 0.09, 0.13),
           ('en_instruction', 0.13, 0.21), ('avis', 0.21, 0.23), ('accordee', 0.23, 0.26), ('refusee', 0.26, 0.34),
           ('retiree', 0.34, 0.37), ('caduque', 0.37, 0.39), ('signee', 0.39, 0.41), ('en_cours', 0.41, 0.78),
           ('suspendue', 0.78, 0.79), ('a_l_echeance', 0.79, 0.87), ('resiliee', 0.87, 0.89),
           ('remboursement_du', 0.89, 0.90), ('soldee', 0.90, 1.0)
           ) e(statut, de, a) ON h_etat >= e.de AND h_etat < e.a
), dates AS (
    SELECT *, statut IN ('deposee', 'incomplete', 'recevable', 'en_instruction', 'avis') AS ouverte,
           date_trunc('second', now() - CASE WHEN statut IN
               ('deposee', 'incomplete', 'recevable', 'en_instruction', 'avis')
               THEN h_date * interval '110 days' ELSE interval '130 days' + h_date * interval '1700 days' END)
               AS deposee_le
      FROM etats
)
SELECT dates.*, m.code AS dispositif, m.version AS dispositif_version, m.profession, m.guichet, m.rang,
       m.minimum, m.maximum, least(coalesce(m.maximum, 24000), 50000)::numeric(12, 2) AS montant,
       d.region_id AS region, c.departement_id AS departement,
       (SELECT user_id FROM equipes a WHERE a.departement = c.departement_id AND a.role = 'instructeur'
         ORDER BY (a.user_id * 31 + n) %% 97 LIMIT 1) AS instructeur,
       (SELECT user_id FROM equipes a WHERE a.departement = c.departement_id AND a.role = 'valideur'
         LIMIT 1) AS valideur,
       %(premiere_personne)s + n %% %(personnes)s AS proprietaire,
       '9' || lpad((1 + n %% %(praticiens)s)::text, 10, '0') AS praticien
  FROM dates
  JOIN modeles m ON m.rang = 1 + floor(h_regle * dates.m)::int
  JOIN zonage_commune c ON c.code_insee = dates.commune
  JOIN zonage_departement d ON d.code = c.departement_id
"""
DEMANDES = """
INSERT INTO aides_demande (
    region_code, departement_code, guichet, id, numero, cle, dispositif, dispositif_version, profession, faits,
    coordonnees, message, declarations, statut, version, preuve, preuve_empreinte, zone_niveau, montant_minimum,
    montant_maximum, deposee_le, incomplete_le, suspendue_jours, a_traiter_le, propose_le, montant_propose, seuil,
    decision_le, montant_accorde, motif, voies_recours, cree_le, modifiee_le, commune_id, decide_par_id,
    instructeur_id, praticien_id, propose_par_id, proprietaire_id)
SELECT region, departement, t.guichet, id,
       region || '-' || extract(year FROM deposee_le) || '-' || lpad(n::text, 6, '0'),
       'engendre-' || n, dispositif, dispositif_version, t.profession, m.faits, '{}', '', '{}', statut,
       CASE statut WHEN 'deposee' THEN 2 ELSE 5 END, m.preuve, m.empreinte, '', t.minimum, t.maximum, deposee_le,
       CASE WHEN statut = 'incomplete' THEN least(now(), deposee_le + interval '2 days') END, 0,
       (deposee_le AT TIME ZONE 'Europe/Paris')::date + 60,
       CASE WHEN proposee THEN deposee_le + interval '1 day' END, CASE WHEN proposee THEN montant END,
       CASE WHEN proposee OR decidee THEN 10000 END,
       CASE WHEN decidee THEN (deposee_le + interval '40 days')::date END, CASE WHEN accordee THEN montant END,
       CASE WHEN statut = 'refusee' THEN 'Commune hors zone au jour du dépôt.' ELSE '' END,
       CASE WHEN statut = 'refusee' THEN 'Recours : texte engendré.' ELSE '' END,
       deposee_le - interval '1 hour', deposee_le + interval '2 hours', commune,
       CASE WHEN decidee THEN valideur END,
       CASE WHEN statut IN ('deposee', 'recevable') AND h_agent < 0.6 THEN NULL ELSE instructeur END,
       praticien, CASE WHEN proposee THEN instructeur END, proprietaire
  FROM (SELECT *, statut NOT IN ('retiree', 'caduque') AND NOT ouverte AS decidee,
               statut NOT IN ('retiree', 'caduque', 'refusee') AND NOT ouverte AS accordee,
               statut NOT IN ('retiree', 'caduque', 'refusee') AND NOT ouverte
               OR statut = 'en_instruction' AND h_divers < 0.3 AND deposee_le < now() - interval '2 days' AS proposee
          FROM tirage) t
  JOIN modeles m USING (rang)
"""
CONTRATS = """
INSERT INTO aides_contrat (
    region_code, departement_code, guichet, id, numero, dispositif, dispositif_version, date_signature, periode,
    terme_initial, montant, plafond, faits, version, resiliation_par, rembourse, remboursement_du, renouvellements,
    notes, cree_le, demande_id, proprietaire_id)
SELECT d.region_code, d.departement_code, d.guichet, gen_random_uuid(), d.numero || '-C', d.dispositif,
       d.dispositif_version, d.decision_le + 20, daterange(d.decision_le + 30, d.decision_le + 30 + 1826),
       d.decision_le + 30 + 1826, d.montant_accorde, NULL, d.faits, 1, '', 0,
       CASE WHEN d.statut = 'remboursement_du' THEN 1000 END, 0, '[]', d.deposee_le, d.id, d.proprietaire_id
  FROM aides_demande d JOIN tirage USING (id)
 WHERE d.statut IN ('signee', 'en_cours', 'suspendue', 'a_l_echeance', 'resiliee', 'remboursement_du', 'soldee')
"""
# Two payments, one at the signature and one a year later; a duty a year.
ECHEANCES = """
INSERT INTO aides_echeance (
    region_code, departement_code, guichet, nature, code, rang, libelle, le, montant, statut, reference, a_instruire,
    version, payee_le, payee_par_id, constatee_le, constatee_par_id, remarque, contrat_id, proprietaire_id)
SELECT c.region_code, c.departement_code, c.guichet, e.nature, e.code, e.rang, e.libelle, e.le,
       CASE WHEN e.nature = 'versement' THEN c.montant / 2 END,
       CASE WHEN e.nature = 'versement' AND passee THEN 'payee' WHEN e.nature = 'versement' AND e.le <= current_date
            THEN 'a_payer' WHEN e.nature = 'obligation' AND passee THEN 'tenue' ELSE 'prevue' END,
       '', '', 1, CASE WHEN e.nature = 'versement' AND passee THEN e.le + 10 END,
       CASE WHEN e.nature = 'versement' AND passee THEN d.decide_par_id END,
       CASE WHEN e.nature = 'obligation' AND passee THEN e.le END,
       CASE WHEN e.nature = 'obligation' AND passee THEN d.decide_par_id END, '', c.id, c.proprietaire_id
  FROM aides_contrat c JOIN aides_demande d ON d.id = c.demande_id JOIN tirage t ON t.id = d.id
 CROSS JOIN LATERAL (
       SELECT 'versement' AS nature, 'versement' AS code, r AS rang, 'Versement ' || r AS libelle,
              c.date_signature + 365 * (r - 1) AS le FROM generate_series(1, 2) r
       UNION ALL
       SELECT 'obligation', 'exercice', r, 'Exercice dans la zone, année ' || r, c.date_signature + 365 * r
         FROM generate_series(1, 5) r) e
 CROSS JOIN LATERAL (SELECT e.le < current_date - 40 AND d.statut <> 'signee' AND t.h_divers < 0.95 AS passee) p
"""
# The line of the journal of each act, sealed as any other, then the act that names it.
EVENEMENTS = """
INSERT INTO core_evenement (objet, action, auteur_id, survenu_le, details)
SELECT 'aides.demande:' || d.id, a.action, a.auteur, a.le, jsonb_build_object('de', a.de, 'vers', a.vers)
  FROM aides_demande d JOIN tirage t ON t.id = d.id
 CROSS JOIN LATERAL (VALUES
       ('deposer', d.proprietaire_id, d.deposee_le, 'brouillon', 'deposee', true),
       ('declarer_recevable', t.instructeur, least(now(), d.deposee_le + interval '1 hour'), 'deposee', 'recevable',
        d.statut NOT IN ('deposee', 'incomplete', 'retiree')),
       ('demander_pieces', t.instructeur, d.incomplete_le, 'deposee', 'incomplete', d.statut = 'incomplete')
       ) a(action, auteur, le, de, vers, garde)
 WHERE a.garde AND d.cle IN (SELECT 'engendre-' || n FROM tirage)
 ORDER BY d.id, a.le
"""
ACTES = """
INSERT INTO aides_actedossier (action, de_statut, vers_statut, survenu_le, commentaire, details, version, visible,
                               auteur_id, demande_id, evenement_id)
SELECT e.action, e.details ->> 'de', e.details ->> 'vers', e.survenu_le,
       CASE e.action WHEN 'demander_pieces' THEN 'Il manque l''attestation de la commune.' ELSE '' END, '{}',
       1 + row_number() OVER (PARTITION BY e.objet ORDER BY e.id), true, e.auteur_id, t.id, e.id
  FROM core_evenement e JOIN tirage t ON e.objet = 'aides.demande:' || t.id
"""
COMPTEURS = """
INSERT INTO aides_compteurdossier (region_code, annee, dernier)
SELECT region_code, extract(year FROM deposee_le)::int, max(split_part(numero, '-', 3)::int)
  FROM aides_demande WHERE numero IS NOT NULL GROUP BY 1, 2
    ON CONFLICT (region_code, annee) DO UPDATE SET dernier = greatest(aides_compteurdossier.dernier, EXCLUDED.dernier)
"""
ETAPES = (
    ("dossiers", DEMANDES),
    ("contrats", CONTRATS),
    ("échéances", ECHEANCES),
    ("événements", EVENEMENTS),
    ("actes", ACTES),
    ("compteurs", COMPTEURS),
)
PRENOMS = re.split(
    r"\s+",
    "Camille Claude Dominique Maxime Sacha Alix Charlie Eden Noa Lou Morgan Andréa Swann Yaël Ange Gabriele Lissandre "
    "Marion Maé Robin",
)
SYLLABES = re.split(
    r"\s+", "Bar Bel Cor Dan Fer Gal Lan Mar Mer Nor Per Ral Sal Tal Ver Vil Zan Lor Gar Tem Bru Cas Del Fon Gri"
)
