"""The other side of `tests.browser.atelier`, run by `manage.py shell`: one fork for each act that is asked for."""

import contextlib
import io
import itertools
import json
import os
import secrets
import sys
import traceback

from django.conf import settings
from django.db import connections

from portal.celery import app
from tests import people
from tests.aides import dossiers_essai, suivis_essai
from tests.browser import arretes_actes, contrats_actes, dossiers_actes, parcours_actes, perimetre_actes, suivi_actes

CHARGES = (arretes_actes, contrats_actes, dossiers_actes, parcours_actes, perimetre_actes, suivi_actes, suivis_essai)
ECART = 200
"""Rows of `tests.people` that one act makes at most: each act counts from a number of its own."""


def serve() -> None:
    """Until the client closes: one line is an act and the folder of its mails; the answer, what it did and printed."""
    app.loader.import_default_modules()
    depart = 100_000 + ECART * secrets.randbelow(2000)  # above the numbers that the portal gives in a new base
    for rang, ligne in enumerate(sys.stdin):
        code, courriels = json.loads(ligne)
        connections.close_all()
        enfant = os.fork()
        if not enfant:
            _answer(*_act(code, courriels, depart + ECART * rang))
            os._exit(0)
        _, statut = os.waitpid(enfant, 0)
        if statut:
            _answer(False, f"arrêté par le système ({statut}) : {code}")


def _act(code: str, courriels: str, rang: int) -> tuple[bool, str]:
    settings.EMAIL_FILE_PATH = courriels
    people._rangs, dossiers_essai._rangs = itertools.count(rang), itertools.count(rang)
    sortie = io.StringIO()
    try:
        with contextlib.redirect_stdout(sortie):
            exec(code, {})
    except BaseException:
        return False, traceback.format_exc()
    return True, sortie.getvalue()


def _answer(reussi: bool, sortie: str) -> None:
    sys.stdout.write(json.dumps([reussi, sortie]) + "\n")
    sys.stdout.flush()
