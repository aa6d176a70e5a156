"""True everywhere, with safe values. `dev`, `test` and `prod` hold only what differs."""

from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from portal.settings.environnement import BASE_DIR, EXERCICE, env
from portal.settings.maillage import *  # noqa: F403

SECRET_KEY = env.str("DJANGO_SECRET_KEY", default="")
DEBUG = False
ALLOWED_HOSTS: list[str] = []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "portal.accounts.apps.AdministrationConfig",
    "django.forms",
    "widget_tweaks",
    "dsfr",
    "csp",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "pgtrigger",
    "pghistory",
    "portal.core",
    "portal.accounts",
    "zonage",
    "cpts",
    "aides",
    "prevention",
    "portal.pilotage",
]

MIDDLEWARE = [
    "portal.core.metriques_demandes.DemandesMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "portal.core.cache.PagesMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.core.middleware.SecurityHeadersMiddleware",
    "portal.core.televersement.TailleMiddleware",
    "portal.core.comptes.SessionsMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "portal.core.comptes.UtilisateurMiddleware",
    "portal.accounts.middleware_connexion.FacteurMiddleware",
    "portal.accounts.middleware_connexion.GardeMiddleware",
    "portal.accounts.middleware.PersonneMiddleware",
    "portal.core.comptes.MessagesMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.core.context_processors.portail",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
DSFR_MARK_OPTIONAL_FIELDS = True

# The default address is the one of docker-compose.yml.
DATABASES: dict[str, Any] = {
    "default": {
        **env.db("DATABASE_URL", default="postgresql://maillage@db:5432/maillage"),
        "ENGINE": "portal.core.postgresql",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }
}
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"] |= {
    "connect_timeout": 5,
    "options": "-c statement_timeout=15000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000"
    " -c jit=off"
    # The web process and the workers ask as a role that owns no table (portal.core.ceinture, docs/adr/0100).
    + (f" -c role={env.str('MAILLAGE_ROLE')}" if env.str("MAILLAGE_ROLE", default="") else "")
    + (f" -c maillage.portee={env.str('MAILLAGE_PORTEE')}" if env.str("MAILLAGE_PORTEE", default="") else ""),
}
REDIS_URL = env.str("REDIS_URL", default="redis://valkey:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "maillage",
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    },
    # Whole public pages, per process: measured 2.7 times faster than the same page read from Valkey (docs/mesures.md).
    "pages": {
        "BACKEND": "portal.core.memoire.MemoireCache",
        "LOCATION": "pages",
        "TIMEOUT": 60,
        "OPTIONS": {"MAX_ENTRIES": 500},
    },
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "portal.accounts.backends.MandatBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "connexion"
LOGIN_REDIRECT_URL = "compte"
PASSWORD_RESET_TIMEOUT = 3600
# Tries are counted by the portal's own handler, before any password is looked at (docs/adr/0106).
AXES_HANDLER = "portal.accounts.limites.TentativesHandler"
AXES_LOCKOUT_CALLABLE = "portal.accounts.limites.refuse_lockout"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
OTP_TOTP_ISSUER = "Maillage"
OTP_TOTP_THROTTLE_FACTOR = 0  # the same counters limit the codes

LANGUAGE_CODE = "fr"
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT: Path | None = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = env.path("MAILLAGE_MEDIA", default=BASE_DIR / "media")

# Security: strict everywhere; only the transport (HTTPS) is relaxed by dev and test.
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF, "data:"],
        "connect-src": [SELF],
        "worker-src": [SELF, "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "portal.core.erreurs.csrf_failure"
SESSION_COOKIE_AGE = 12 * 3600
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 300
DATA_UPLOAD_MAX_NUMBER_FILES = 5

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["portal.core.api.rendu.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["portal.core.api.corps.StrictJSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "portal.core.api.schema.MaillageSchema",
    "DEFAULT_THROTTLE_CLASSES": ["portal.core.api.limites.LimiteParAdresse"],
    "DEFAULT_THROTTLE_RATES": {"anon": env.str("MAILLAGE_API_LIMITE", default="300/min")},
    "EXCEPTION_HANDLER": "portal.core.api.problemes.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
    # Proxies in front of the portal that write X-Forwarded-For. 0: the header is ignored, anyone can write it.
    "NUM_PROXIES": env.int("MAILLAGE_MANDATAIRES", default=0),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Maillage, interface de programmation",
    "DESCRIPTION": "Communes, zonages et dispositifs d'aide, lus à la date voulue. Données publiques, sans compte.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVERS": [{"url": "/api/v1"}],
    "POSTPROCESSING_HOOKS": [],
    "SORT_OPERATION_PARAMETERS": False,
}

# Celery: intent lives in PostgreSQL; Valkey only carries work (docs/adr/0080).
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Tasks that share a connection to PostgreSQL: looked at before each one, closed after a failure (portal.core.taches).
CELERY_DB_REUSE_MAX = 100
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_SOFT_TIME_LIMIT = 45
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 300_000
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = TIME_ZONE
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its queue; the supervisor counts real deaths
CELERY_VISIBILITY_TIMEOUT = 3 if EXERCICE else 300
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": CELERY_VISIBILITY_TIMEOUT,
    "unacked_restore_interval": 1 if EXERCICE else 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "health_check_interval": 10,
}
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {"visibility_timeout": CELERY_VISIBILITY_TIMEOUT}
CELERY_IMPORTS = env.list("MAILLAGE_TACHES", default=[])

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"ligne": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "ligne"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"maillage": {"level": "INFO"}},
}

# Mail: files by default, one a message; `EMAIL_URL` names a server (portal.core.courriels, docs/adr/0094).
EMAIL_BACKEND = "portal.core.courriels.FichiersBackend"
EMAIL_FILE_PATH = env.str("MAILLAGE_COURRIELS", default=str(BASE_DIR / ".var" / "courriels"))
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env.str("MAILLAGE_EXPEDITEUR", default="Maillage <ne-pas-repondre@localhost>")
