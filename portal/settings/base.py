"""True everywhere, with safe values. `dev`, `test` and `prod` hold only what differs."""

from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

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

# Celery: intent lives in PostgreSQL; Valkey only carries work (docs/adr/0080). The drills shorten the delays.
EXERCICE = env.bool("MAILLAGE_EXERCICE", default=False)
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

# The portal's own settings.
MAILLAGE_BLOC_MARQUE = env.bool("MAILLAGE_BLOC_MARQUE", default=False)
# What happens below, and the tasks above that ask to know (portal.core.outbox.emit).
MAILLAGE_ABONNEMENTS: dict[str, list[str]] = {
    "zonage.zones": ["aides.eligibilite_zones", "aides.suivi_zones"],
    "zonage.territoire": ["aides.eligibilite_territoire", "aides.suivi_territoire"],
    "aides.regle": ["aides.eligibilite_regle", "aides.suivi_regle"],
    "aides.parametre": ["aides.eligibilite_parametre", "aides.suivi_parametre"],
    # The code of a CPTS whose approved perimeters changed.
    "cpts.perimetre": ["cpts.missions_cpts"],
    "cpts.aci": ["cpts.missions_cpts"],
}
# The outbox, in seconds: back-off of messages and attempts, lease of a run (between two pieces), bound of the queue.
MAILLAGE_RELAIS = {
    "recul": 1 if EXERCICE else 6,
    "recul_max": 8 if EXERCICE else 300,
    "bail": 3 if EXERCICE else 10,
    "bail_long": 10 if EXERCICE else 30,
    "file_max": 200,
    "essais_max": 5,
    "garde_jours": 7,
}
# Periodic work, turn by turn (portal.core.creneaux): "toutes_les" seconds, or "a" a time in Paris outside 1 h to 4 h.
MAILLAGE_PERIODIQUES: dict[str, dict[str, Any]] = {
    "battement": {"tache": "core.battement", "toutes_les": 2 if EXERCICE else 20},
    "purge": {"tache": "core.purge", "toutes_les": 3600},
    # What still waits for the antivirus, and the bytes that no row names.
    "analyses": {"tache": "core.analyses", "toutes_les": 300},
    "balayage": {"tache": "core.balayage", "a": "05:40"},
    "purge_comptes": {"tache": "accounts.purge", "toutes_les": 3600},
    "journal": {"tache": "core.journal", "a": "04:30"},
    # Who is told that something of theirs goes, and what goes (docs/adr/0160).
    "conservation": {"tache": "core.conservation", "a": "05:10"},
    # Nothing is done unless the day or the rules changed since the table was computed.
    "eligibilite": {"tache": "aides.eligibilite_jour", "toutes_les": 300},
    # The files of /donnees/: nothing is written unless what they come from changed.
    "donnees_ouvertes": {"tache": "aides.donnees_ouvertes", "toutes_les": 3600},
    # What takes effect today is said today; what a release brought is read; what nobody confirmed is erased.
    "suivis": {"tache": "aides.suivi_jour", "toutes_les": 300},
    # Contracts begin on their day and reach their term; payments fall due.
    "contrats": {"tache": "aides.contrats_jour", "toutes_les": 600},
    # The checks of files and contracts, over all of them.
    "controles": {"tache": "aides.controles_jour", "a": "04:50"},
    # What falls due in thirty days, in seven, or is late: one message each, once.
    "rappels": {"tache": "aides.rappels_jour", "a": "06:10"},
    # The contracts of CPTS whose missions or years were never opened.
    "missions": {"tache": "cpts.missions_jour", "a": "05:30"},
}
# The figures of steering (docs/indicateurs.md): the civil day that begins, then what changed since the last run. The
# drills, which count what their own acts ask for, have their own.
if not EXERCICE:
    MAILLAGE_PERIODIQUES |= {
        "mesures": {"tache": "pilotage.jour", "a": "00:10", "jour": True},
        "mesures_changements": {"tache": "pilotage.changements", "toutes_les": 30},
        # The contradictions, of the figures and of their sources: after each run, and before the day begins.
        "contradictions": {"tache": "pilotage.controles", "a": "05:50"},
    }
    MAILLAGE_ABONNEMENTS["pilotage.passage"] = ["pilotage.controles"]
    for sujet in ("cpts.perimetre", "cpts.aci", "prevention.releve"):  # without waiting for the next turn
        MAILLAGE_ABONNEMENTS.setdefault(sujet, []).append("pilotage.changements")
# Receipts that one address may keep: a number per minute (m), hour (h) or day (d); empty: no limit.
MAILLAGE_RECUS_LIMITE = env.str("MAILLAGE_RECUS_LIMITE", default="30/h")
# Letters that one address of the network may check.
MAILLAGE_COURRIERS_LIMITE = env.str("MAILLAGE_COURRIERS_LIMITE", default="60/h")
# Mail: files by default, one a message; `EMAIL_URL` names a server (portal.core.courriels, docs/adr/0094).
EMAIL_BACKEND = "portal.core.courriels.FichiersBackend"
EMAIL_FILE_PATH = env.str("MAILLAGE_COURRIELS", default=str(BASE_DIR / ".var" / "courriels"))
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env.str("MAILLAGE_EXPEDITEUR", default="Maillage <ne-pas-repondre@localhost>")
# The token that a supervision gives to read « /metriques/ »; empty: the address does not exist.
MAILLAGE_METRIQUES_JETON = env.str("MAILLAGE_METRIQUES_JETON", default="")
# Where pg_dump and pg_restore are; empty: on the PATH.
MAILLAGE_PG_BIN = env.str("MAILLAGE_PG_BIN", default="")
# The public address of the portal, for the links of the messages.
MAILLAGE_ADRESSE = env.str("MAILLAGE_ADRESSE", default="http://127.0.0.1:8000")
# Requests to follow that one address of the network may make; confirmations that one mailbox receives in a day.
MAILLAGE_SUIVIS_LIMITE = env.str("MAILLAGE_SUIVIS_LIMITE", default="20/h")
MAILLAGE_CONFIRMATIONS_PAR_JOUR = env.int("MAILLAGE_CONFIRMATIONS_PAR_JOUR", default=5)
# OpenID Connect (docs/adr/0110): a provider without a client identifier is absent, with its button and its addresses.
MAILLAGE_OIDC: dict[str, dict[str, Any]] = {
    fournisseur: {
        cle: env.str(f"MAILLAGE_{fournisseur.upper()}_{cle.upper()}", default=defauts.get(cle, ""))
        for cle in (
            *("client", "secret", "emetteur", "autorisation", "jeton", "userinfo", "cles", "deconnexion"),
            *("portees", "acr", "acr_fort", "algorithme"),
        )
    }
    | {"userinfo_signe": env.bool(f"MAILLAGE_{fournisseur.upper()}_USERINFO_SIGNE", default=signe)}
    for fournisseur, signe, defauts in (
        ("psc", False, {"portees": "openid scope_all", "acr": "eidas1", "algorithme": "RS256"}),
        (
            "proconnect",
            True,
            {
                "portees": "openid given_name usual_name email siret",
                "acr": "eidas2",
                "acr_fort": "eidas2 eidas3",
                "algorithme": "RS256",
            },
        ),
    )
}
# Called as f(user, rpps=, professions=) in the transaction of a sign-in by Pro Santé Connect: they know who it is.
MAILLAGE_APRES_PSC: list[str] = ["cpts.services.rattachements.attach_by_psc"]
# Called as f(user, rpps) for each practitioner of the demonstration; and whether `code_demo` gives out their codes.
MAILLAGE_DEMONSTRATION: list[str] = ["cpts.services.demonstration.attach_praticien"]
MAILLAGE_CODES_DEMO = False
# The région of a département: the accounts know no territory.
MAILLAGE_REGION_DE = "zonage.perimetres.find_region"
# What the apps above add to the preview of an arrêté: functions (ContexteApercu) -> list of Section (docs/adr/0141).
MAILLAGE_APERCUS_ZONAGE: list[str] = ["aides.apercu_zonage.list_sections"]
# Files: the amount above which one person proposes and another decides, and the days in which the agency means to
# answer. Neither comes from a text (docs/adr/0131, 0132): each agency sets its own.
MAILLAGE_SEUIL_DEUX_PERSONNES = env.str("MAILLAGE_SEUIL_DEUX_PERSONNES", default="10000")
MAILLAGE_OBJECTIF_INSTRUCTION_JOURS = env.int("MAILLAGE_OBJECTIF_INSTRUCTION_JOURS", default=60)
# The unit of the pro ratas of a contract, « jour » or « mois », by scheme (« caim=jour,coscom=mois »). The texts read
# do not give it: without one, both figures are shown and an agent decides (docs/adr/0136).
MAILLAGE_PRORATAS = env.dict("MAILLAGE_PRORATAS", default={})
# Agents give a code after their password; production refuses to start without it (docs/adr/0105).
MAILLAGE_DEUX_FACTEURS = env.bool("MAILLAGE_DEUX_FACTEURS", default=True)
# What the apps show on the page of the account: functions (request) -> (template, context), or None for nothing.
MAILLAGE_SECTIONS_COMPTE: list[str] = [
    "cpts.taches_espace.find_section",
    "aides.views.contrats.find_section",
    "portal.accounts.views.donnees.section",
]
# How long data is kept: the categories of each app; who holds back and erases what of a person, from the highest app
# to the lowest (docs/adr/0160, 0162); and where erasures are remembered, outside the base, for the day of a restore.
MAILLAGE_CONSERVATION = [
    "aides.conservation.CATEGORIES",
    "cpts.conservation.CATEGORIES",
    "portal.accounts.conservation.CATEGORIES",
    "portal.core.conservation_nuit.CATEGORIES",
]
MAILLAGE_EFFACEURS = [
    "aides.conservation.EffaceurDossiers",
    "cpts.conservation.EffaceurRattachements",
    "portal.accounts.conservation.EffaceurCompte",
]
MAILLAGE_EFFACEMENTS = env.path("MAILLAGE_EFFACEMENTS", default=BASE_DIR / ".var" / "effacements")
# The home of the administration: functions (request) -> list[portal.core.accueil.Section].
MAILLAGE_TACHES_AGENTS: list[str] = [
    "aides.dossiers.taches_agents.list_taches",
    "cpts.taches_agents.list_taches",
    "cpts.taches_structures.list_taches",
    "cpts.sections_missions.list_taches",
    "cpts.taches_espace.list_taches",
    "zonage.taches_agents.list_taches",
    "portal.pilotage.taches_agents.list_taches",
    "portal.core.taches_agents.list_taches",
]
# The coordinators' space: its menu (name of the address, which takes the code of the CPTS; label), in order; and the
# sections of its home, functions (request, cpts) -> list[portal.core.accueil.Section].
MAILLAGE_RUBRIQUES_ESPACE: list[tuple[str, str]] = [
    ("espace", "Accueil"),
    ("espace_parcours", "Parcours"),
    ("espace_perimetre", "Périmètre"),
    ("espace_missions", "Missions"),
    ("espace_reunions", "Réunions"),
    ("espace_membres", "Membres"),
    ("espace_argent", "Argent"),
    ("espace_actions", "Actions"),
    ("espace_structures", "Structures"),
    ("espace_donnees", "Chiffres"),
    ("tableau_cpts", "Tableau de bord"),
    ("espace_territoires", "Diagnostics"),
    ("espace_acces", "Accès"),
]
MAILLAGE_SECTIONS_ESPACE: list[str] = [
    "cpts.sections_espace.list_sections",
    "cpts.sections_missions.list_sections",
    "prevention.accueil.list_sections",
]
# Its cards, in a line each: functions (request, cpts) -> list[cpts.cartes_espace.Carte].
MAILLAGE_CARTES_ESPACE: list[str] = ["cpts.cartes_espace.build_cartes", "prevention.cartes_espace.build_cartes"]
# What `load_demonstration` loads after the zoning: functions (avance) -> sentence of what was written.
MAILLAGE_JEUX_DEMONSTRATION: list[str] = [
    "cpts.services.demonstration_cpts.load_cpts",  # first: the others look for the CPTS
    "portal.pilotage.services.demonstration.load_chiffres",
    "cpts.services.demonstration_structures.load_structures",  # after the perimeters: it looks for the CPTS
    "cpts.services.demonstration_missions.load_missions",  # after the perimeters: the size of the ACI
    "prevention.services.demonstration.load_prevention",  # after the CPTS that its actions belong to
]
MAILLAGE_DONNEES = env.str("MAILLAGE_DONNEES", default="")
# Documents (docs/adr/0120): bytes of one file; « clamd://hôte:port » or « clamd:/chemin.sock », empty: no antivirus,
# and whether agents then download what was not analysed; location that nginx alone serves (X-Accel-Redirect).
MAILLAGE_DOCUMENT_MAX = env.int("MAILLAGE_DOCUMENT_MAX", default=10 * 1024 * 1024)
MAILLAGE_ANTIVIRUS = env.str("MAILLAGE_ANTIVIRUS", default="")
MAILLAGE_NON_ANALYSE_AUX_AGENTS = env.bool("MAILLAGE_NON_ANALYSE_AUX_AGENTS", default=True)
MAILLAGE_MEDIA_INTERNE = env.str("MAILLAGE_MEDIA_INTERNE", default="")
# Bytes of a whole request, by beginning of path; the first that fits (portal.core.televersement).
MAILLAGE_CORPS_MAX: dict[str, int] = {"/admin/": 61 * 1024 * 1024, "": MAILLAGE_DOCUMENT_MAX + 1024 * 1024}
# Rows of one export; the file says when it is cut.
MAILLAGE_EXPORT_MAX = env.int("MAILLAGE_EXPORT_MAX", default=50_000)
MAILLAGE_CONTACT = env.str("MAILLAGE_CONTACT", default="")
# What somebody may see, read from the mandats (portal.core.querysets): the core knows no app.
MAILLAGE_DROITS = "portal.accounts.portee.read_portee"
# What the role of the web may do to a table, other than read, add, change and remove (portal.core.octrois).
MAILLAGE_OCTROIS = {
    # Written by the runs of the worker, which owns them, and by triggers.
    **dict.fromkeys(
        (
            *("pilotage_territoire", "pilotage_appartenance", "pilotage_passage", "pilotage_passageindicateur"),
            *("pilotage_mesure", "pilotage_modification"),
        ),
        "SELECT",
    ),
    "django_migrations": "SELECT",
    "core_evenement": "INSERT SELECT",
    "core_scelle": "SELECT",
    "aides_actedossier": "INSERT SELECT",
    "aides_transition": "SELECT",
    "cpts_transition": "SELECT",
    "cpts_transitionmission": "SELECT",
    "cpts_actecpts": "INSERT SELECT",
    # The copies of the history are written by the triggers of their tables, in the name of who acts.
    "accounts_mandatevent": "INSERT SELECT",
    "accounts_organisationevent": "INSERT SELECT",
    "accounts_userevent": "INSERT SELECT",
    "aides_contratevent": "INSERT SELECT",
    "aides_demandeevent": "INSERT SELECT",
    "aides_echeanceevent": "INSERT SELECT",
    "aides_enveloppeevent": "INSERT SELECT",
    "cpts_rattachementevent": "INSERT SELECT",
    "cpts_cptsevent": "INSERT SELECT",
    "cpts_perimetreevent": "INSERT SELECT",
    "cpts_missionevent": "INSERT SELECT",
    "cpts_indicateurmissionevent": "INSERT SELECT",
    "cpts_membreevent": "INSERT SELECT",
    "cpts_reunionevent": "INSERT SELECT",
    "cpts_presenceevent": "INSERT SELECT",
    "cpts_exerciceacievent": "INSERT SELECT",
    "cpts_ligneacievent": "INSERT SELECT",
    "cpts_structureevent": "INSERT SELECT",
    "cpts_actestructure": "INSERT SELECT",
    "cpts_transitionstructure": "SELECT",
    "cpts_periodestructure": "SELECT",
    "cpts_equipierevent": "INSERT SELECT",
    "cpts_donneeterritoireevent": "INSERT SELECT",
    "prevention_actionpreventionevent": "INSERT SELECT",
    "prevention_campagneevent": "INSERT SELECT",
    "prevention_cibleevent": "INSERT SELECT",
    "prevention_objectifevent": "INSERT SELECT",
}
# What the key of a cached page holds: the core knows no app.
MAILLAGE_VERSION_DONNEES = "aides.versions.data_version"
# The sentence of « /travaux/ » that says what has been computed, and for which day.
MAILLAGE_ETAT_DONNEES = "aides.eligibilite.lecture.describe_jeu"
MAILLAGE_CHEMINS_GARDES = ("/aides/", "/communes/", "/zones/carte/")
# Addresses that answer everybody alike: no session, user or message is looked for there.
MAILLAGE_CHEMINS_SANS_COMPTE = (
    "/api/v1/",
    *MAILLAGE_CHEMINS_GARDES,
    "/zones/",
    "/cpts/",
    "/structures/",
    "/prevention/",
    "/chiffres/",
    "/diagnostic/",
)
# People under which a figure of prevention is not shown to all, nor what would give it away (docs/prevention.md).
MAILLAGE_SEUIL_SECRET = env.int("MAILLAGE_SEUIL_SECRET", default=11)
# Readings of one calendar, same writing; empty: no limit.
MAILLAGE_AGENDA_LIMITE = env.str("MAILLAGE_AGENDA_LIMITE", default="60/h")
# Numbers of the Annuaire santé that one person may look for: a number per minute (m), hour (h) or day (d).
MAILLAGE_RATTACHEMENTS_LIMITE = env.str("MAILLAGE_RATTACHEMENTS_LIMITE", default="10/h")
