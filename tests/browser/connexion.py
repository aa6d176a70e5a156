"""Signing in through the pages, with both factors, for the tests in a browser.

The application of somebody is written in the database of the server of the tests: no ORM here.
"""

import time
from base64 import b32decode
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg2
from django_otp.oath import TOTP

from tests.browser.base import build_url, name_base

if TYPE_CHECKING:
    from playwright.sync_api import Page

CLE = "3132333435363738393031323334353637383930"
ENROLEMENT = """
INSERT INTO otp_totp_totpdevice (name, confirmed, key, step, t0, digits, tolerance, drift, last_t, user_id,
                                 throttling_failure_count, created_at)
SELECT 'Essai', true, %(cle)s, 30, 0, 6, 1, 0, -1, id, 0, now() FROM accounts_user u
 WHERE email = %(adresse)s AND NOT EXISTS (SELECT 1 FROM otp_totp_totpdevice d WHERE d.user_id = u.id)
"""
# A code serves once in thirty seconds; the tests sign the same person in more often.
OUBLI = """
UPDATE otp_totp_totpdevice SET last_t = -1, drift = 0, key = %(cle)s
 WHERE user_id = (SELECT id FROM accounts_user WHERE email = %(adresse)s)
"""


def compute_code(cle: bytes) -> str:
    totp = TOTP(cle)
    totp.time = time.time()
    return f"{totp.token():06d}"


def read_key(ecran: "Page") -> bytes:
    """The key that the page of enrolment shows."""
    lue = "".join((ecran.locator("#cle-facteur").text_content() or "").split())
    return b32decode(lue + "=" * (-len(lue) % 8))


def sign_in(page: "Page", adresse: str, secret: str, suite: str = "/compte/") -> None:
    """From the page of sign-in to `suite`, whoever was signed in before."""
    connexion = psycopg2.connect(build_url(name_base()))
    with connexion, connexion.cursor() as curseur:
        for requete in (ENROLEMENT, OUBLI):
            curseur.execute(requete, {"cle": CLE, "adresse": adresse})
    connexion.close()
    page.context.clear_cookies()
    page.goto(f"/compte/connexion/?next={quote(suite)}")
    type_password(page, adresse, secret)
    page.get_by_label("Code à six chiffres").fill(compute_code(bytes.fromhex(CLE)))
    with page.expect_navigation():
        page.get_by_role("button", name="Valider").click()
    page.wait_for_url(f"**{suite}")


def type_password(page: "Page", adresse: str, secret: str) -> None:
    page.get_by_label("Adresse électronique").fill(adresse)
    page.get_by_label("Mot de passe", exact=True).fill(secret)
    with page.expect_navigation():
        page.get_by_role("button", name="Se connecter").click()
