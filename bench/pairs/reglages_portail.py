"""The portal as in production: its settings, on loopback without HTTPS, static files not collected."""

import os
import secrets

os.environ.setdefault("DJANGO_SECRET_KEY", secrets.token_urlsafe(64))
os.environ["DJANGO_ALLOWED_HOSTS"] = "127.0.0.1"

from portal.settings.prod import *  # noqa: F403
from portal.settings.prod import STORAGES

SECURE_SSL_REDIRECT = False
STATIC_ROOT = None
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
