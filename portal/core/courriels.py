"""Mail: one way to write a message, and a file outbox where each message is one file (docs/adr/0094).

A message that may be sent twice after a breakdown bears the same Message-ID: the file back end writes the same file
again, and a mail server or reader that meets it twice can tell. No address ever reaches a log.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from email.message import Message
from email.utils import formatdate
from pathlib import Path
from smtplib import SMTPException
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string

EN_PANNE = (SMTPException, OSError)
"""What sending may raise when the other side is away."""


class FichiersBackend(BaseEmailBackend):
    """Each message in `EMAIL_FILE_PATH`, in a file that its Message-ID names; written whole or not at all."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        dossier = Path(settings.EMAIL_FILE_PATH)
        dossier.mkdir(parents=True, exist_ok=True, mode=0o700)
        for courriel in email_messages:
            message = courriel.message()
            chemin = dossier / name_file(message)
            provisoire = chemin.with_suffix(f".{os.getpid()}.tmp")
            provisoire.write_bytes(message.as_bytes())
            provisoire.replace(chemin)
        return len(email_messages)


def name_file(message: Message) -> str:
    """« annonce-12-….eml »: the left part of the Message-ID, which `build_message_id` makes of safe characters."""
    identifiant = str(message["Message-ID"])
    gauche = identifiant.strip("<>").split("@")[0]
    if not gauche.replace("-", "").replace("_", "").isalnum() or not gauche.isascii():
        gauche = hashlib.sha256(identifiant.encode()).hexdigest()[:32]
    return f"{gauche[:120]}.eml"


def build_message_id(*parties: str | int) -> str:
    """The same message always has the same one. Nothing in it tells to whom it goes."""
    hote = urlsplit(settings.MAILLAGE_ADRESSE).hostname or "localhost"
    return f"<{'-'.join(str(partie) for partie in parties)}@{hote}>"


def build_url(chemin: str) -> str:
    """The whole address of a page, for somebody who reads it outside the portal."""
    return settings.MAILLAGE_ADRESSE.rstrip("/") + chemin


def send_courriel(
    adresse: str,
    gabarit: str,
    contexte: Mapping[str, object],
    *,
    message_id: str,
    arret: str = "",
) -> None:
    """Text and plain HTML from `emails/<gabarit>.{objet.txt,txt,html}`. Raises what the back end raises.

    `arret`: the address that stops these messages with one POST (RFC 8058).
    """
    objet = " ".join(render_to_string(f"emails/{gabarit}.objet.txt", dict(contexte)).split())
    entetes = {"Message-ID": message_id, "Date": formatdate(localtime=True), "Auto-Submitted": "auto-generated"}
    if arret:
        entetes |= {"List-Unsubscribe": f"<{arret}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    courriel = EmailMultiAlternatives(
        subject=objet,
        body=render_to_string(f"emails/{gabarit}.txt", dict(contexte)),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[adresse],
        headers=entetes,
        connection=get_connection(),
    )
    courriel.attach_alternative(render_to_string(f"emails/{gabarit}.html", dict(contexte)), "text/html")
    courriel.send()
