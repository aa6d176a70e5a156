"""The mail of an invitation."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused

from django.urls import reverse
from django.utils import timezone

from portal.accounts.invitations import find_jeton, is_open, read_proposition
from portal.accounts.models import Invitation
from portal.core.courriels import EN_PANNE, build_message_id, build_url, send_courriel
from portal.core.taches import Reporte

ATTENTE_PANNE = timedelta(seconds=60)


def send_invitation(identifiant: int) -> bool:
    """False when it was revoked or used meanwhile. Raises Reporte when the mail server is away."""
    invitation = Invitation.objects.filter(pk=identifiant).first()
    if invitation is None or not is_open(invitation):
        return False
    proposition = read_proposition(invitation)
    contexte = {
        "organisation": proposition.organisation.nom,
        "role": proposition.role.label,
        "lien": build_url(reverse("invitation", args=[find_jeton(invitation)])),
        "limite": timezone.localtime(invitation.expire_le),
    }
    message_id = build_message_id("invitation", invitation.pk)
    try:
        send_courriel(invitation.courriel, "accounts/invitation", contexte, message_id=message_id)
    except SMTPRecipientsRefused:
        return False
    except EN_PANNE as erreur:
        raise Reporte(ATTENTE_PANNE, f"le courrier n'est pas parti ({type(erreur).__name__})") from None
    return True
