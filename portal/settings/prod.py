"""Production. A missing or weak secret, debug or wildcard hosts stop the start with one clear sentence."""

import re

from django.core.exceptions import ImproperlyConfigured

from portal.settings.base import *  # noqa: F403
from portal.settings.base import CONTENT_SECURITY_POLICY, DATABASES
from portal.settings.environnement import env
from portal.settings.maillage import MAILLAGE_DEUX_FACTEURS

HOTE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")

SECRET_KEY = env.str("DJANGO_SECRET_KEY", default="")
if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 10 or SECRET_KEY.startswith(("django-insecure-", "cle-de")):
    raise ImproperlyConfigured(
        "DJANGO_SECRET_KEY est absente ou trop faible : au moins 50 caractères tirés au hasard "
        "(par exemple : python3 -c 'import secrets; print(secrets.token_urlsafe(64))')."
    )
if env.bool("DJANGO_DEBUG", default=False):
    raise ImproperlyConfigured("DJANGO_DEBUG est interdit en production : retirez la variable.")
DEBUG = False
ALLOWED_HOSTS = env.list("DJANGO_ALLOWED_HOSTS", default=[])
if not ALLOWED_HOSTS or not all(HOTE.fullmatch(hote) for hote in ALLOWED_HOSTS):
    raise ImproperlyConfigured(
        "DJANGO_ALLOWED_HOSTS doit nommer les hôtes exacts du portail, séparés par des virgules : ni vide, ni « * », "
        "ni adresse complète (par exemple : portail.exemple.fr)."
    )
if not env.str("DATABASE_URL", default="").startswith(("postgresql://", "postgres://")):
    raise ImproperlyConfigured("DATABASE_URL doit être l'adresse d'une base PostgreSQL (postgresql://…).")
if not env.str("REDIS_URL", default="").startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured("REDIS_URL doit être l'adresse d'un serveur Valkey ou Redis (redis://…).")

if not MAILLAGE_DEUX_FACTEURS:
    raise ImproperlyConfigured("MAILLAGE_DEUX_FACTEURS=0 est interdit en production : retirez la variable.")

# Links already sent, and sessions, made with a former secret.
SECRET_KEY_FALLBACKS = env.list("DJANGO_SECRET_KEY_ANCIENNES", default=[])
if env.str("EMAIL_URL", default=""):
    globals().update(env.email_url("EMAIL_URL"))
MAILLAGE_ADRESSE = env.str("MAILLAGE_ADRESSE", default=f"https://{ALLOWED_HOSTS[0]}")

CSRF_TRUSTED_ORIGINS = [f"https://{hote}" for hote in ALLOWED_HOSTS]
SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
CONTENT_SECURITY_POLICY["DIRECTIVES"]["upgrade-insecure-requests"] = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATABASES["default"]["CONN_MAX_AGE"] = env.int("MAILLAGE_CONN_MAX_AGE", default=60)
