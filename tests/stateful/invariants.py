"""What must hold after each act, asked of the database itself: it knows nothing of the model nor of the services."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

VIOLATIONS = """
WITH dossiers AS MATERIALIZED (SELECT * FROM aides_demande WHERE id = ANY(%(dossiers)s::uuid[])),
contrats AS MATERIALIZED (SELECT c.* FROM aides_contrat c JOIN dossiers d ON d.id = c.demande_id),
payees AS MATERIALIZED (
    SELECT e.*, c.demande_id, c.date_signature, c.montant AS du, c.plafond AS borne
      FROM aides_echeance e JOIN contrats c ON c.id = e.contrat_id WHERE e.statut = 'payee'),
actes AS MATERIALIZED (
    SELECT a.* FROM aides_actedossier a WHERE a.demande_id = ANY(%(dossiers)s::uuid[]))
SELECT 'payé sans contrat signé' FROM payees p JOIN dossiers d ON d.id = p.demande_id
 WHERE d.statut NOT IN ('en_cours', 'suspendue', 'a_l_echeance', 'resiliee', 'remboursement_du', 'soldee')
    OR p.payee_le < p.date_signature OR p.payee_par_id IS NULL OR p.payee_par_id = d.proprietaire_id
UNION ALL
SELECT 'contrat sans accord' FROM contrats c JOIN dossiers d ON d.id = c.demande_id
 WHERE d.decide_par_id IS NULL OR d.statut IN ('accordee', 'refusee', 'retiree', 'caduque') OR d.decision_le IS NULL
UNION ALL
SELECT 'versé au-delà de l''accordé' FROM payees p JOIN dossiers d ON d.id = p.demande_id
 GROUP BY d.id, d.montant_accorde, p.du, p.borne
HAVING sum(p.montant) > least(d.montant_accorde, p.du, p.borne)
UNION ALL
SELECT 'dates en désordre' FROM dossiers d LEFT JOIN contrats c ON c.demande_id = d.id
 WHERE d.deposee_le < d.cree_le OR d.decision_le < (d.deposee_le AT TIME ZONE 'Europe/Paris')::date
    OR d.incomplete_le < d.deposee_le OR c.date_signature < d.decision_le OR lower(c.periode) < c.date_signature
    OR c.resiliation_notifiee_le < c.date_signature OR c.resiliation_effet_le < c.resiliation_notifiee_le
UNION ALL
SELECT 'actes hors de l''ordre' FROM actes a JOIN actes b ON b.demande_id = a.demande_id AND b.version = a.version + 1
 WHERE b.survenu_le < a.survenu_le OR b.de_statut <> a.vers_statut
UNION ALL
SELECT 'version sans acte' FROM dossiers d JOIN actes a ON a.demande_id = d.id
 GROUP BY d.id, d.version, d.statut
HAVING max(a.version) <> d.version OR count(*) <> max(a.version) - min(a.version) + 1
    OR (array_agg(a.vers_statut ORDER BY a.version DESC))[1] <> d.statut
UNION ALL
SELECT 'acte sans son événement' FROM actes a LEFT JOIN core_evenement e ON e.id = a.evenement_id
 WHERE e.id IS NULL OR e.action <> a.action OR e.objet <> 'aides.demande:' || a.demande_id
    OR e.auteur_id IS DISTINCT FROM a.auteur_id OR (e.details ->> 'version')::int <> a.version
UNION ALL
SELECT 'décidé par qui a proposé' FROM dossiers d
 WHERE d.statut <> 'refusee' AND d.decide_par_id IS NOT NULL
   AND coalesce(d.montant_accorde, 'infinity') > %(seuil)s
   AND (d.propose_par_id IS NULL OR d.propose_par_id = d.decide_par_id)
UNION ALL
SELECT 'son propre dossier' FROM dossiers d
 WHERE d.proprietaire_id IN (d.decide_par_id, d.propose_par_id, d.instructeur_id)
UNION ALL
SELECT 'enveloppe' FROM aides_enveloppe v
  LEFT JOIN dossiers d ON d.enveloppe_id = v.id AND d.statut NOT IN ('caduque', 'refusee')
 GROUP BY v.id, v.engage, v.montant
HAVING v.engage <> coalesce(sum(coalesce(d.montant_accorde, d.montant_maximum, 0)), 0) OR v.engage > v.montant
UNION ALL
SELECT 'remboursé au-delà du dû' FROM contrats c WHERE c.rembourse > coalesce(c.remboursement_du, 0)
"""
EMPREINTE = """
SELECT (SELECT array_agg((d.statut, d.version)::text ORDER BY d.cle) FROM aides_demande d
         WHERE d.id = ANY(%(dossiers)s::uuid[])),
       (SELECT array_agg(n ORDER BY cle) FROM (
            SELECT d.cle, count(a.id) AS n FROM aides_demande d LEFT JOIN aides_actedossier a ON a.demande_id = d.id
             WHERE d.id = ANY(%(dossiers)s::uuid[]) GROUP BY d.id) AS comptes),
       (SELECT count(*) FROM core_evenement WHERE id > %(evenement)s),
       (SELECT count(*) FROM core_envoi WHERE id > %(envoi)s),
       (SELECT (count(*), sum(e.version), sum(e.montant), count(*) FILTER (WHERE e.statut = 'annulee'))::text
          FROM aides_echeance e JOIN aides_contrat c ON c.id = e.contrat_id
         WHERE c.demande_id = ANY(%(dossiers)s::uuid[])),
       (SELECT (count(*), sum(version), sum(rembourse), sum(remboursement_du))::text FROM aides_contrat
         WHERE demande_id = ANY(%(dossiers)s::uuid[])),
       (SELECT sum(engage) FROM aides_enveloppe)
"""
SCELLES = """
SELECT count(*) FROM core_evenement e LEFT JOIN core_scelle s ON s.evenement_id = e.id
 WHERE e.id > %s AND (s.rang IS NULL OR s.empreinte <> core_empreinte(
       s.precedente, core_evenement_texte(e.id, e.objet, e.action, e.auteur_id, e.survenu_le, e.details)))
"""


def list_violations(dossiers: Iterable[UUID], seuil: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(VIOLATIONS, {"dossiers": list(map(str, dossiers)), "seuil": seuil})
        return [nom for (nom,) in cursor.fetchall()]


def read_empreinte(dossiers: Iterable[UUID], evenement: int, envoi: int) -> tuple[object, ...]:
    """Everything that an act writes, in one row: the same before and after a refusal."""
    with connection.cursor() as cursor:
        cursor.execute(EMPREINTE, {"dossiers": list(map(str, dossiers)), "evenement": evenement, "envoi": envoi})
        return tuple(cursor.fetchone())


def read_derniers() -> tuple[int, int]:
    """The last event and the last intent: what comes after is of this example."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce((SELECT max(id) FROM core_evenement), 0), coalesce((SELECT max(id) FROM core_envoi), 0)"
        )
        return tuple(cursor.fetchone())


def count_non_scelles(evenement: int) -> int:
    """Seal now what the commit would seal, and count the events whose seal is missing or false."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS evenement_scelle IMMEDIATE")
        cursor.execute("SET CONSTRAINTS evenement_scelle DEFERRED")
        cursor.execute(SCELLES, [evenement])
        return int(cursor.fetchone()[0])
