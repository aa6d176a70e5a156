"""The journal read again: is every act still sealed to the one before, as it was written? (docs/adr/0101)"""

import logging
from dataclasses import dataclass

from django.db import connection

from portal.core.executions import run_execution
from portal.core.models import Execution

NATURE = "core.journal"
ANOMALIES_MAX = 20
journal = logging.getLogger("maillage.journal")

# One pass over both tables: what each event says today against its seal, each seal against the one before.
VERIFICATION = """
WITH chaine AS (
    SELECT s.rang, s.evenement_id, s.precedente, s.empreinte, lag(s.rang, 1, 0::bigint) OVER w AS rang_avant,
           lag(s.empreinte, 1, repeat('0', 64)::varchar) OVER w AS empreinte_avant
      FROM core_scelle s WINDOW w AS (ORDER BY s.rang)
)
SELECT c.rang, coalesce(c.evenement_id, e.id), CASE
           WHEN c.rang IS NULL THEN 'sans_scelle'
           WHEN c.rang <> c.rang_avant + 1 THEN 'rang_absent'
           WHEN c.precedente <> c.empreinte_avant THEN 'chaine_rompue'
           WHEN e.id IS NULL THEN 'evenement_absent'
           ELSE 'evenement_change'
       END
  FROM chaine c FULL JOIN core_evenement e ON e.id = c.evenement_id
 WHERE c.rang IS NULL OR e.id IS NULL OR c.rang <> c.rang_avant + 1 OR c.precedente <> c.empreinte_avant
    OR c.empreinte <> core_empreinte(
           c.precedente, core_evenement_texte(e.id, e.objet, e.action, e.auteur_id, e.survenu_le, e.details))
 ORDER BY c.rang NULLS LAST, 2 LIMIT %s
"""
TETE = """
SELECT (SELECT count(*) FROM core_evenement), coalesce(max(rang), 0),
       coalesce((SELECT empreinte FROM core_scelle ORDER BY rang DESC LIMIT 1), '')
  FROM core_scelle
"""
PHRASES = {
    "sans_scelle": "l'événement {evenement} n'est pas scellé",
    "rang_absent": "un scellé manque avant le rang {rang}",
    "chaine_rompue": "le scellé {rang} ne suit plus celui d'avant",
    "evenement_absent": "l'événement {evenement} (rang {rang}) a disparu",
    "evenement_change": "l'événement {evenement} (rang {rang}) a été changé",
}


@dataclass(frozen=True, slots=True)
class Anomalie:
    """What no longer holds: the event by its key, its rank in the chain (None: not sealed)."""

    rang: int | None
    evenement: int | None
    nature: str

    def __str__(self) -> str:
        return PHRASES[self.nature].format(rang=self.rang, evenement=self.evenement)


@dataclass(frozen=True, slots=True)
class Verification:
    """`empreinte` is the head of the chain: written down elsewhere, it proves that nothing was cut from the end."""

    evenements: int
    rang: int
    empreinte: str
    anomalies: tuple[Anomalie, ...]


def verify_journal() -> Verification:
    """Compute every seal again. The anomalies are the first ones, in the order of the chain."""
    with connection.cursor() as cursor:
        cursor.execute(VERIFICATION, [ANOMALIES_MAX])
        anomalies = tuple(Anomalie(*ligne) for ligne in cursor.fetchall())
        cursor.execute(TETE)
        evenements, rang, empreinte = cursor.fetchone()
    return Verification(evenements, rang, empreinte, anomalies)


def record_verification() -> Verification:
    """Verify, and say so on « /travaux/ »: a run that fails names the first anomaly. The head goes to the log."""
    with run_execution(NATURE, "Vérification du journal", cause="", etapes=1) as marche:
        marche.begin("Scellés")
        lue = verify_journal()
        marche.add(lues=lue.evenements)
    journal.info("journal vérifié : %s événements, rang %s, empreinte %s", lue.evenements, lue.rang, lue.empreinte)
    if lue.anomalies:
        journal.critical("journal altéré : %s", lue.anomalies[0])
        Execution.objects.filter(pk=marche.numero).update(
            statut=Execution.Statut.ECHEC, erreur=f"Journal altéré : {lue.anomalies[0]}."[:200]
        )
    return lue


def read_derniere() -> Execution | None:
    """The last nightly verification, for the pages of the administration."""
    return Execution.objects.filter(nature=NATURE).order_by("-commencee_le", "-pk").first()
