"""Settings of the peer by ModelSerializer: the seven middlewares of a new project, the defaults of the framework."""

from bench.pairs.reglages_portail import *  # noqa: F403

ROOT_URLCONF = "bench.pairs.drf"
REST_FRAMEWORK: dict[str, object] = {}
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
