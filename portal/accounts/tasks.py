"""What the accounts ask of the workers."""

from collections.abc import Callable
from datetime import timedelta
from smtplib import SMTPRecipientsRefused

from django.contrib.sessions.models import Session
from django.utils import timezone

from portal.accounts.courriels_invitations import send_invitation
from portal.accounts.inscription import purge_inscriptions, send_inscription
from portal.accounts.models import SessionOuverte, Tentative
from portal.accounts.mots_de_passe import send_alerte, send_reset
from portal.accounts.sessions import DUREE_MAX
from portal.core.courriels import EN_PANNE
from portal.core.taches import Reporte, tache

ATTENTE_PANNE = timedelta(seconds=60)
LOT = 5000


@tache("accounts.invitation")
def invitation(identifiant: int) -> None:
    send_invitation(identifiant)


@tache("accounts.mot_de_passe")
def mot_de_passe(user_id: int, alea: str) -> None:
    """`user_id` is 0 when the address has no account: the web process did the same work for both."""
    _send(lambda: send_reset(user_id, alea))


@tache("accounts.alerte")
def alerte(user_id: int, genre: str, alea: str) -> None:
    _send(lambda: send_alerte(user_id, genre, alea))


@tache("accounts.inscription")
def inscription(user_id: int, alea: str) -> None:
    _send(lambda: send_inscription(user_id, alea))


@tache("accounts.purge")
def purge() -> None:
    """What ended: sessions, their rows, the tries of more than a day. A late purge takes several turns."""
    maintenant = timezone.now()
    vieilles = Tentative.objects.filter(derniere_le__lt=maintenant - timedelta(days=1)).order_by("derniere_le", "cle")
    Tentative.objects.filter(pk__in=list(vieilles.values_list("pk", flat=True)[:LOT])).delete()
    finies = SessionOuverte.objects.filter(ouverte_le__lt=maintenant - DUREE_MAX).order_by("ouverte_le", "pk")
    SessionOuverte.objects.filter(pk__in=list(finies.values_list("pk", flat=True)[:LOT])).delete()
    expirees = Session.objects.filter(expire_date__lt=maintenant).order_by("expire_date", "pk")
    Session.objects.filter(pk__in=list(expirees.values_list("pk", flat=True)[:LOT])).delete()
    purge_inscriptions(le=maintenant)


def _send(envoi: Callable[[], bool]) -> None:
    try:
        envoi()
    except SMTPRecipientsRefused:
        return
    except EN_PANNE as erreur:
        raise Reporte(ATTENTE_PANNE, f"le courrier n'est pas parti ({type(erreur).__name__})") from None
