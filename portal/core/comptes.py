"""Django's middlewares of accounts, asleep on the public addresses that answer everybody alike (docs/adr/0067).

They stay in `MIDDLEWARE`, for the admin and for what will need an account; a public address reads no session, shows no
message, knows no user, and sets no cookie.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest


class SansComptePublic:
    """For a middleware of Django: let the public addresses of `MAILLAGE_CHEMINS_SANS_COMPTE` through."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(settings.MAILLAGE_CHEMINS_SANS_COMPTE):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


class SessionsMiddleware(SansComptePublic, SessionMiddleware):
    pass


class UtilisateurMiddleware(SansComptePublic, AuthenticationMiddleware):
    pass


class MessagesMiddleware(SansComptePublic, MessageMiddleware):
    pass
