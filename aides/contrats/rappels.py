"""The reminders: thirty days before, seven days before, and the day after, once each (`Rappel` is the key).

The holder is told of the duties; the instructor, of the duties and of the payments of the files that one instructs.
"""

from datetime import date, timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils import timezone

from aides.catalogue import catalogue
from aides.dossiers.etats import Statut
from aides.models import Nature, Rappel, Seuil
from portal.core.courriels import EN_PANNE, build_message_id, build_url, send_courriel
from portal.core.outbox import post
from portal.core.taches import Reporte

TACHE = "aides.courriel_rappel"
ATTENTE_PANNE = timedelta(seconds=60)
LOT = 500
RETARD_JOURS = 60
VIVANTS = [Statut.EN_COURS.value, Statut.SUSPENDUE.value]
# A threshold is a window, not a day: a night without the portal loses nothing. Once seven days are left, the message
# of thirty days is not sent any more.
FENETRES = {Seuil.J30: (8, 30), Seuil.J7: (0, 7), Seuil.RETARD: (-RETARD_JOURS, -1)}
AJOUT = """
INSERT INTO aides_rappel (echeance_id, seuil, le, proprietaire_id, region_code, departement_code, guichet, cree_le)
SELECT e.id, %(seuil)s, e.le, qui.id, e.region_code, e.departement_code, e.guichet, now()
  FROM aides_echeance e
  JOIN aides_contrat c ON c.id = e.contrat_id
  JOIN aides_demande d ON d.id = c.demande_id AND d.statut = ANY (%(statuts)s)
  CROSS JOIN LATERAL (
      SELECT e.proprietaire_id AS id WHERE e.nature = 'obligation' AND e.piece_id IS NULL
      UNION SELECT d.instructeur_id WHERE d.instructeur_id IS NOT NULL
  ) destinataire
  JOIN accounts_user qui ON qui.id = destinataire.id AND qui.is_active AND qui.email IS NOT NULL
 WHERE e.statut IN ('prevue', 'a_payer') AND e.le BETWEEN %(du)s AND %(au)s
   AND NOT EXISTS (
       SELECT FROM aides_rappel r
        WHERE r.echeance_id = e.id AND r.seuil = %(seuil)s AND r.le = e.le AND r.proprietaire_id = qui.id
   )
 ORDER BY e.le, e.id
 LIMIT %(lot)s
ON CONFLICT DO NOTHING
RETURNING id
"""


def ask_rappels(au: date) -> int:
    """Write the reminders due that nobody asked for yet, `LOT` at most, each with its intent. Returns how many."""
    total = 0
    for seuil, (plus_tot, plus_tard) in FENETRES.items():
        valeurs: dict[str, Any] = {
            "seuil": seuil.value,
            "statuts": VIVANTS,
            "du": au + timedelta(days=plus_tot),
            "au": au + timedelta(days=plus_tard),
            "lot": LOT,
        }
        with connection.cursor() as cursor:
            cursor.execute(AJOUT, valeurs)
            cles = [cle for (cle,) in cursor.fetchall()]
        for cle in cles:
            post(TACHE, cle)
        total += len(cles)
    return total


def send_rappel(identifiant: int) -> bool:
    """Write it now, unless the line was settled since. The same reminder always gives the same Message-ID."""
    rappel = Rappel.objects.select_related("proprietaire", "echeance__contrat__demande").filter(pk=identifiant).first()
    if rappel is None or rappel.envoye_le is not None or not rappel.proprietaire.email:
        return False
    echeance = rappel.echeance
    if echeance.statut not in ("prevue", "a_payer") or echeance.le != rappel.le or not rappel.proprietaire.is_active:
        return False
    contrat = echeance.contrat
    titulaire = rappel.proprietaire_id == contrat.proprietaire_id
    dispositif = catalogue().dispositif(contrat.dispositif)
    page = reverse("contrat_list") if titulaire else reverse("admin:aides_contrat_change", args=[contrat.pk])
    contexte = {
        "retard": rappel.seuil == Seuil.RETARD,
        "jours": (echeance.le - timezone.localdate()).days,
        "le": echeance.le,
        "libelle": echeance.libelle,
        "versement": echeance.nature == Nature.VERSEMENT,
        "numero": contrat.numero,
        "dispositif": dispositif.sigle if dispositif else contrat.dispositif,
        "titulaire": titulaire,
        "adresse": build_url(page),
    }
    try:
        send_courriel(
            rappel.proprietaire.email, "aides/rappel", contexte, message_id=build_message_id("rappel", rappel.pk)
        )
    except SMTPRecipientsRefused:
        return False
    except EN_PANNE as erreur:
        raise Reporte(ATTENTE_PANNE, f"le courrier n'est pas parti ({type(erreur).__name__})") from None
    Rappel.objects.filter(pk=rappel.pk).update(envoye_le=timezone.now())
    return True
