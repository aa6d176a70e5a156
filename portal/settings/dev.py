"""Trying and developing: loopback, plain HTTP, static files read in place. `./maillage run` uses it."""

from portal.settings.base import *  # noqa: F403
from portal.settings.base import CONTENT_SECURITY_POLICY, MIDDLEWARE
from portal.settings.environnement import env

# Made once per installation by the launcher and kept under .var/; the fallback serves `manage.py` alone.
SECRET_KEY = env.str("DJANGO_SECRET_KEY", default="cle-de-developpement-sans-valeur-hors-de-cette-machine")
DEBUG = env.bool("DJANGO_DEBUG", default=False)
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *env.list("DJANGO_ALLOWED_HOSTS", default=[])]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
CONTENT_SECURITY_POLICY["DIRECTIVES"]["upgrade-insecure-requests"] = False
# Static files are read where they are: nothing is collected, and WhiteNoise would warn of the missing folder.
STATIC_ROOT = None
# Nothing is compressed ahead of time here and no nginx does it: styles and pages are, on their way out.
MIDDLEWARE = ["django.middleware.gzip.GZipMiddleware", *MIDDLEWARE]
# The second factor of the demonstration accounts, for whoever already holds this machine.
MAILLAGE_CODES_DEMO = True
