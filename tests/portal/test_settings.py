"""Production starts with good settings and refuses the rest with one French sentence. Each case is a real start."""

import os
import subprocess
import sys

import pytest

from portal.lancement.chemins import RACINE

SECRET = "Zq8-vN2_kLx7RtYw4Hs9Bd3Jf6Gm1Pc5Tn0Va8Xe2Ui7Ok4Ys6Wb3"
BON = {
    "DJANGO_SETTINGS_MODULE": "portal.settings.prod",
    "DJANGO_SECRET_KEY": SECRET,
    "DJANGO_ALLOWED_HOSTS": "portail.exemple.fr",
    "DATABASE_URL": "postgresql://maillage:secret@127.0.0.1:1/maillage",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}
LIRE = "from django.conf import settings; settings.DEBUG"


def start(programme: str = LIRE, **changements: str | None) -> "subprocess.CompletedProcess[str]":
    """Start Python with the good settings changed; None removes a variable."""
    voulus = BON | changements
    env = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1"} | {nom: v for nom, v in voulus.items() if v is not None}
    commande = [sys.executable, "-W", "error", "-c", programme]
    return subprocess.run(commande, cwd=RACINE, env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("changements", "phrase"),
    [
        ({"DJANGO_SECRET_KEY": None}, "DJANGO_SECRET_KEY est absente ou trop faible"),
        ({"DJANGO_SECRET_KEY": ""}, "DJANGO_SECRET_KEY est absente ou trop faible"),
        ({"DJANGO_SECRET_KEY": SECRET[:49]}, "DJANGO_SECRET_KEY est absente ou trop faible"),
        ({"DJANGO_SECRET_KEY": "abc" * 30}, "DJANGO_SECRET_KEY est absente ou trop faible"),
        ({"DJANGO_SECRET_KEY": "django-insecure-" + SECRET}, "DJANGO_SECRET_KEY est absente ou trop faible"),
        (
            {"DJANGO_SECRET_KEY": "cle-de-developpement-sans-valeur-hors-de-cette-machine"},
            "DJANGO_SECRET_KEY est absente ou trop faible",
        ),
        ({"DJANGO_DEBUG": "1"}, "DJANGO_DEBUG est interdit"),
        ({"DJANGO_DEBUG": "true"}, "DJANGO_DEBUG est interdit"),
        ({"DJANGO_ALLOWED_HOSTS": None}, "DJANGO_ALLOWED_HOSTS doit nommer"),
        ({"DJANGO_ALLOWED_HOSTS": ""}, "DJANGO_ALLOWED_HOSTS doit nommer"),
        ({"DJANGO_ALLOWED_HOSTS": "*"}, "DJANGO_ALLOWED_HOSTS doit nommer"),
        ({"DJANGO_ALLOWED_HOSTS": "portail.exemple.fr,*"}, "DJANGO_ALLOWED_HOSTS doit nommer"),
        ({"DJANGO_ALLOWED_HOSTS": ".exemple.fr"}, "DJANGO_ALLOWED_HOSTS doit nommer"),
        ({"DJANGO_ALLOWED_HOSTS": "https://portail.exemple.fr"}, "DJANGO_ALLOWED_HOSTS doit nommer"),
        ({"DATABASE_URL": None}, "DATABASE_URL doit être l'adresse"),
        ({"DATABASE_URL": "sqlite:///base.db"}, "DATABASE_URL doit être l'adresse"),
        ({"REDIS_URL": None}, "REDIS_URL doit être l'adresse"),
        ({"REDIS_URL": "127.0.0.1:6379"}, "REDIS_URL doit être l'adresse"),
    ],
)
def test_production_refuses_to_start(changements, phrase):
    fini = start(**changements)
    assert fini.returncode != 0
    assert phrase in fini.stderr.splitlines()[-1] + fini.stderr
    assert SECRET not in fini.stderr, "a refusal must not print the secret"


@pytest.mark.parametrize(
    "changements",
    [
        {},
        {"DJANGO_SECRET_KEY": SECRET[:50]},
        {"DJANGO_ALLOWED_HOSTS": "portail.exemple.fr,www.exemple.fr"},
        {"DJANGO_DEBUG": "0"},
        {"DATABASE_URL": "postgres://maillage@db/maillage", "REDIS_URL": "rediss://valkey:6379/0"},
    ],
)
def test_production_starts_with_good_settings(changements):
    fini = start(**changements)
    assert fini.returncode == 0, fini.stderr


def test_production_speaks_only_https_and_keeps_its_cookies_closed():
    programme = (
        "from django.conf import settings as s;"
        "print(s.DEBUG, s.SECURE_SSL_REDIRECT, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SESSION_COOKIE_NAME,"
        " s.CSRF_TRUSTED_ORIGINS, s.SECURE_HSTS_SECONDS >= 31536000)"
    )
    fini = start(programme)
    assert fini.stdout.strip() == "False True True True __Host-session ['https://portail.exemple.fr'] True"


@pytest.mark.parametrize("module", ["portal.settings.prod", "portal.settings.dev", "portal.settings.test"])
def test_no_settings_module_relaxes_the_content_policy(module):
    programme = (
        "from django.conf import settings as s;"
        "d = s.CONTENT_SECURITY_POLICY['DIRECTIVES'];"
        "print(d['script-src'], d['style-src'], d['default-src'], 'unsafe' in str(d))"
    )
    fini = start(programme, DJANGO_SETTINGS_MODULE=module)
    assert fini.stdout.split("\n")[0] == """["'self'"] ["'self'"] ["'self'"] False""", fini.stderr


def test_the_mark_of_the_state_is_off_unless_asked():
    programme = "from django.conf import settings as s; print(s.MAILLAGE_BLOC_MARQUE)"
    assert start(programme).stdout.strip() == "False"
    assert start(programme, MAILLAGE_BLOC_MARQUE="1").stdout.strip() == "True"
