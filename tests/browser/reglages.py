"""The settings of `./maillage run`, with a cheap hash of passwords: each journey signs somebody in, several times."""

from portal.settings.dev import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
