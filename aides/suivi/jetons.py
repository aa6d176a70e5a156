"""The secrets of the links: 192 bits drawn from a stored key and the secret of the portal; only a digest is stored.

A link is made again for each message, so it must be derived: a copy of the base alone opens nothing.
"""

import hashlib
import re
from base64 import urlsafe_b64encode
from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac

CONFIRMATION, PAGE, ARRET = "confirmation", "page", "arret"
FORME = re.compile(r"[A-Za-z0-9_-]{32}")


def make_jeton(usage: str, cle: UUID, *, secret: str | None = None) -> str:
    empreinte = salted_hmac(f"aides.suivi.{usage}", cle.hex, secret=secret, algorithm="sha256").digest()
    return urlsafe_b64encode(empreinte[:24]).decode()


def digest_jeton(jeton: str) -> str:
    return hashlib.sha256(jeton.encode()).hexdigest()


def find_jeton(usage: str, cle: UUID, empreinte: str) -> str:
    """The link that was given out, even when the secret of the portal changed since and the former one is kept."""
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        jeton = make_jeton(usage, cle, secret=secret)
        if digest_jeton(jeton) == empreinte:
            return jeton
    raise LookupError("no secret of the portal gives this link any more: keep the former one in SECRET_KEY_FALLBACKS")


def is_jeton(texte: str) -> bool:
    return FORME.fullmatch(texte) is not None


def digest_adresse(adresse: str) -> str:
    """Finds an address again without comparing it in clear; case does not tell two mailboxes apart."""
    return salted_hmac("aides.suivi.adresse", adresse.lower(), algorithm="sha256").hexdigest()
