"""The outbox: the intent to work is a row, written in the transaction of the act (docs/adr/0080).

The queue holds nothing: the relay (`manage.py relais`) is the only caller of `send_task`, and sends again what was not
done. Arguments are keys, days and codes: never a name, never an address.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from portal.core.models import Envoi, Evenement

Argument = int | str
LONGUEUR_MAX = 200

# The row is held until the act ends: the relay skips it meanwhile, so that the task never runs before the act is seen.
RETENUE = """
UPDATE core_envoi
   SET prochain_essai_le = CASE WHEN tentatives = 0 THEN least(prochain_essai_le, now() + %(dans)s)
                                ELSE prochain_essai_le END
 WHERE id = (SELECT id FROM core_envoi
              WHERE statut = 'a_envoyer' AND cle <> '' AND tache = %(tache)s AND cle = %(cle)s
                AND arguments = %(arguments)s::jsonb
              ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING *
"""
AJOUT = """
INSERT INTO core_envoi (tache, arguments, cle, statut, tentatives, envois, jeton, cree_le, prochain_essai_le, erreur)
VALUES (%(tache)s, %(arguments)s::jsonb, %(cle)s, 'a_envoyer', 0, 0, 0, now(), now() + %(dans)s, '')
RETURNING *
"""
ETAT = """
SELECT count(*) FILTER (WHERE statut = 'a_envoyer'), count(*) FILTER (WHERE statut = 'envoye'),
       extract(epoch FROM now() - min(cree_le) FILTER (WHERE prochain_essai_le <= now() OR statut = 'envoye')),
       (SELECT count(*) FROM core_envoi WHERE statut = 'quarantaine')
  FROM core_envoi WHERE statut IN ('a_envoyer', 'envoye')
"""


class RelancerImpossible(Exception):
    """The intent is no longer in quarantine; the sentence is for the person who asked."""


@dataclass(frozen=True, slots=True)
class EtatEnvois:
    """What waits: rows not sent, rows sent and not done, age of the oldest in seconds, rows in quarantine."""

    a_envoyer: int
    envoyes: int
    plus_ancien: float | None
    quarantaine: int


def post(tache: str, *arguments: Argument, cle: str = "", dans: timedelta = timedelta(0)) -> Envoi:
    """Ask for a task, inside the transaction of the act. Raises RuntimeError outside one, TypeError for other values.

    `cle`: an intent of the same task, key and arguments that has not begun serves again, unless another act in
    progress holds it: nobody waits, and the task, which can be run twice, is asked for twice. Empty: never shared.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("post() is part of an act: call it inside its transaction")
    valeurs = {"tache": tache, "arguments": _dump(arguments), "cle": cle, "dans": dans}
    if cle:
        for envoi in Envoi.objects.raw(RETENUE, valeurs):
            return envoi
    (envoi,) = Envoi.objects.raw(AJOUT, valeurs)
    return envoi


def emit(sujet: str, *arguments: Argument, cle: str = "", dans: timedelta = timedelta(0)) -> Sequence[Envoi]:
    """Something happened below: one intent for each task that `MAILLAGE_ABONNEMENTS` subscribes to it."""
    return [post(tache, *arguments, cle=cle, dans=dans) for tache in settings.MAILLAGE_ABONNEMENTS.get(sujet, ())]


def _dump(arguments: Sequence[Argument]) -> str:
    for argument in arguments:
        if isinstance(argument, bool) or not isinstance(argument, int | str) or len(str(argument)) > LONGUEUR_MAX:
            raise TypeError("an intent carries keys, days and codes: short strings and integers")
    return json.dumps(list(arguments))


@transaction.atomic
def relaunch(envoi_id: int, *, par: Any) -> Evenement:
    """Take an intent out of quarantine, with five new attempts. Raises RelancerImpossible."""
    if not Envoi.objects.filter(pk=envoi_id, statut=Envoi.Statut.QUARANTAINE).update(
        statut=Envoi.Statut.A_ENVOYER, tentatives=0, envois=0, prochain_essai_le=timezone.now()
    ):
        raise RelancerImpossible(f"L'envoi {envoi_id} n'est plus en quarantaine.")
    return Evenement.objects.create(objet=f"core.envoi:{envoi_id}", action="relance", auteur=par)


@transaction.atomic
def cancel(envoi_id: int, *, par: Any) -> bool:
    """Drop an intent that is not done. A run in progress notices at its next piece. Returns whether it was dropped."""
    ouverts = [Envoi.Statut.A_ENVOYER, Envoi.Statut.ENVOYE, Envoi.Statut.QUARANTAINE]
    if not Envoi.objects.filter(pk=envoi_id, statut__in=ouverts).update(statut=Envoi.Statut.ANNULE):
        return False
    Evenement.objects.create(objet=f"core.envoi:{envoi_id}", action="annulation", auteur=par)
    return True


def read_etat() -> EtatEnvois:
    with connection.cursor() as cursor:
        cursor.execute(ETAT)
        a_envoyer, envoyes, age, quarantaine = cursor.fetchone()
    return EtatEnvois(a_envoyer, envoyes, None if age is None else float(age), quarantaine)
