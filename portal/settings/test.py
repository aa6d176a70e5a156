"""The tests: real PostgreSQL and real Valkey, started by `portal.pytest_services` when no address is given."""

from portal.settings.base import *  # noqa: F403
from portal.settings.base import REST_FRAMEWORK, TEMPLATES

SECRET_KEY = "cle-des-tests-sans-valeur-hors-des-tests-0123456789"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = ""
REST_FRAMEWORK |= {"DEFAULT_THROTTLE_RATES": {"anon": "100000/min"}}
