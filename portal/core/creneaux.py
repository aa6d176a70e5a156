"""Periodic jobs: a turn is a row that one relay inserts, so two relays are harmless and a missed turn is caught up.

`MAILLAGE_PERIODIQUES` says what runs when: {name: {"tache": …, "toutes_les": seconds}} or {…, "a": "05:10"}, the time
of the civil day in Paris, with "jour": True when the task receives that day. docs/adr/0082.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as heure_du_jour
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

from portal.core.outbox import post

PARIS = ZoneInfo("Europe/Paris")
# Between these hours a civil day may have an hour twice, or not at all; nothing is planned then.
NUIT = (heure_du_jour(1), heure_du_jour(4))
PRISE = """
INSERT INTO core_creneau (nom, creneau, pris_le) VALUES (%(nom)s, %(creneau)s, now())
ON CONFLICT (nom, creneau) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Periodique:
    """One job: every `periode` seconds, or once a civil day from `heure` on."""

    nom: str
    tache: str
    periode: int = 0
    heure: heure_du_jour | None = None
    avec_jour: bool = False

    def last_slot(self, maintenant: datetime) -> str:
        """The key of the latest turn that has begun: a job that missed several is caught up by this one alone."""
        if self.heure is None:
            debut = int(maintenant.timestamp()) // self.periode * self.periode
            return f"{datetime.fromtimestamp(debut, UTC):%Y-%m-%dT%H:%M:%SZ}"
        local = maintenant.astimezone(PARIS)
        jour = local.date() if local.time() >= self.heure else local.date() - timedelta(days=1)
        return jour.isoformat()


def read_periodiques() -> list[Periodique]:
    """The jobs of the settings. Raises ImproperlyConfigured with a sentence when one cannot be honoured."""
    return [_read(nom, decrit) for nom, decrit in sorted(settings.MAILLAGE_PERIODIQUES.items())]


def _read(nom: str, decrit: dict[str, Any]) -> Periodique:
    inconnus = set(decrit) - {"tache", "toutes_les", "a", "jour"}
    if inconnus or "tache" not in decrit or ("toutes_les" in decrit) == ("a" in decrit):
        raise ImproperlyConfigured(
            f"MAILLAGE_PERIODIQUES, « {nom} » : donnez « tache », puis « toutes_les » (secondes) ou « a » (HH:MM)."
        )
    if "a" not in decrit:
        periode = decrit["toutes_les"]
        if not isinstance(periode, int) or periode < 1:
            raise ImproperlyConfigured(f"MAILLAGE_PERIODIQUES, « {nom} » : « toutes_les » est un nombre de secondes.")
        return Periodique(nom, decrit["tache"], periode=periode)
    try:
        heure = heure_du_jour.fromisoformat(decrit["a"])
    except (TypeError, ValueError) as erreur:
        raise ImproperlyConfigured(f"MAILLAGE_PERIODIQUES, « {nom} » : « a » s'écrit HH:MM.") from erreur
    if NUIT[0] <= heure <= NUIT[1]:
        raise ImproperlyConfigured(
            f"MAILLAGE_PERIODIQUES, « {nom} » : rien entre 1 h et 4 h, que le changement d'heure double ou retire."
        )
    return Periodique(nom, decrit["tache"], heure=heure, avec_jour=bool(decrit.get("jour")))


def claim(periodique: Periodique, maintenant: datetime) -> bool:
    """Take the latest turn and post its task, in one transaction. False when it was taken before."""
    creneau = periodique.last_slot(maintenant)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(PRISE, {"nom": periodique.nom, "creneau": creneau})
        if not cursor.rowcount:
            return False
        arguments = (creneau,) if periodique.avec_jour else ()
        post(periodique.tache, *arguments, cle=f"periodique:{periodique.nom}")
    return True


def claim_due(periodiques: list[Periodique], vus: dict[str, str], maintenant: datetime) -> int:
    """Take every turn that is due. `vus` remembers the last one met by this relay: no question to the base between."""
    pris = 0
    for periodique in periodiques:
        creneau = periodique.last_slot(maintenant)
        if vus.get(periodique.nom) != creneau:
            pris += claim(periodique, maintenant)
            vus[periodique.nom] = creneau
    return pris
