"""The tests: real PostgreSQL and real Valkey, started by `portal.pytest_services` when no address is given."""

from portal.settings.base import *  # noqa: F403
from portal.settings.base import DATABASES, REST_FRAMEWORK, TEMPLATES

SECRET_KEY = "cle-des-tests-sans-valeur-hors-des-tests-0123456789"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = ""
# `force_login` opens the administration to the tests of everything else; those of the second factor turn it on.
MAILLAGE_DEUX_FACTEURS = False
REST_FRAMEWORK |= {"DEFAULT_THROTTLE_RATES": {"anon": "100000/min"}}
# A transactional test empties every table at its end, the journal too (core 0007).
DATABASES["default"]["OPTIONS"]["options"] += " -c maillage.essais=oui"
