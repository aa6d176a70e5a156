"""Writing the mails. The row is held while its message leaves: a second run finds it sent (docs/adr/0094)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from itertools import groupby
from smtplib import SMTPRecipientsRefused

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from aides.models import (
    ChangementDroit,
    Destinataire,
    EtatSuivi,
    GenreMessage,
    MessageSuivi,
    StatutMessage,
    Suivi,
)
from aides.suivi.chronologie import state_on
from aides.suivi.depot import DELAI_CONFIRMATION
from aides.suivi.jetons import ARRET, CONFIRMATION, find_jeton
from aides.suivi.messages import mark_sent
from aides.suivi.textes import CONTRAT_EN_COURS, Situation, build_situation, describe_reponses, name_commune
from portal.core.courriels import EN_PANNE, build_message_id, build_url, send_courriel
from portal.core.taches import Reporte

ATTENTE_PANNE = timedelta(seconds=60)
SITUATIONS_MAX = 50


def send_messages(
    cause: int, *, ouvre: Callable[[], AbstractContextManager[None]] = transaction.atomic, encore: Callable[[], bool]
) -> bool:
    """Every message that waits about a cause, one a piece. False when `encore` said to stop before the end."""
    while encore():
        with ouvre():
            message = (
                MessageSuivi.objects.select_related("destinataire", "cause")
                .filter(cause=cause, statut=StatutMessage.A_ENVOYER)
                .order_by("pk")
                .select_for_update(of=("self",), skip_locked=True)
                .first()
            )
            if message is None:
                return True
            mark_sent(message, send_message(message))
    return False


def send_message(message: MessageSuivi) -> str:
    """Write it now. Returns what became of it. Raises Reporte when the mail server is away."""
    destinataire, au = message.destinataire, timezone.localdate()
    situations = list_situations(message, au=au) if destinataire.adresse else []
    if not situations:
        return StatutMessage.SANS_OBJET
    arret = build_arret_url(destinataire)
    contexte = {
        "message": message,
        "cause": message.cause,
        "situations": situations,
        "effet_le": min(ligne.effet_le for situation in situations for ligne in situation.lignes),
        "passe": all(ligne.effet_le <= au for situation in situations for ligne in situation.lignes),
        "inchange": all(ligne.inchange for situation in situations for ligne in situation.lignes),
        "contrat_en_cours": CONTRAT_EN_COURS,
        "arret_url": arret,
    }
    identifiant = build_message_id("suivi", message.genre.replace("_", "-"), message.cause_id, destinataire.pk)
    return _send(destinataire, f"aides/{message.genre}", contexte, identifiant, arret)


def build_arret_url(destinataire: Destinataire) -> str:
    jeton = find_jeton(ARRET, destinataire.cle, destinataire.jeton_empreinte)
    return build_url(reverse("suivi_arret", args=[jeton]))


def list_situations(message: MessageSuivi, *, au: date) -> list[Situation]:
    """The follow-ups of the person that the cause changed, and are still running."""
    siens = Suivi.objects.filter(destinataire=message.destinataire_id, etat=EtatSuivi.ACTIF).order_by("pk")
    suivis = {suivi.pk: suivi for suivi in siens[:SITUATIONS_MAX]}
    changements = list(
        ChangementDroit.objects.filter(cause=message.cause_id, suivi__in=list(suivis)).order_by(
            "suivi", "effet_le", "dispositif"
        )[: SITUATIONS_MAX * 100]
    )
    for changement in changements:
        changement.suivi = suivis[changement.suivi_id]
    retenus = [changement for changement in changements if not _is_recheck(message) or still_holds(changement)]
    rectifie = message.genre == GenreMessage.RECTIFICATIF
    return [
        build_situation(suivis[pk], list(groupe), au=au, actuel=rectifie)
        for pk, groupe in groupby(retenus, key=lambda changement: changement.suivi_id)
    ]


def _is_recheck(message: MessageSuivi) -> bool:
    """What was announced earlier may have been changed again since."""
    return message.genre == GenreMessage.EN_VIGUEUR and message.prevu_le > timezone.localdate(message.cree_le)


def still_holds(changement: ChangementDroit) -> bool:
    etat = state_on(changement.suivi.chronologie, changement.dispositif, changement.effet_le)
    return etat == changement.apres


def send_confirmation(identifiant: int) -> bool:
    """The link that starts a follow-up. False when it is confirmed or stopped meanwhile. Inside a transaction."""
    suivi = Suivi.objects.select_related("destinataire").select_for_update(of=("self",)).filter(pk=identifiant).first()
    if suivi is None or suivi.etat != EtatSuivi.EN_ATTENTE or not suivi.destinataire.adresse:
        return False
    jeton = find_jeton(CONFIRMATION, suivi.cle, suivi.confirmation_empreinte)
    contexte = {
        "commune": name_commune(suivi.commune),
        "reponses": describe_reponses(suivi),
        "confirmer_url": build_url(reverse("suivi_confirmer", args=[jeton])),
        "limite": timezone.localtime(suivi.cree_le + DELAI_CONFIRMATION),
    }
    message_id = build_message_id("suivi", "confirmation", suivi.pk, suivi.demandes)
    _send(suivi.destinataire, "aides/confirmation", contexte, message_id, "")
    return True


def _send(destinataire: Destinataire, gabarit: str, contexte: dict[str, object], message_id: str, arret: str) -> str:
    try:
        send_courriel(destinataire.adresse, gabarit, contexte, message_id=message_id, arret=arret)
    except SMTPRecipientsRefused:
        return StatutMessage.REFUSE
    except EN_PANNE as erreur:
        raise Reporte(ATTENTE_PANNE, f"le courrier n'est pas parti ({type(erreur).__name__})") from None
    return StatutMessage.ENVOYE
