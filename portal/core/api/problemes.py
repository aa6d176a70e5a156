"""One format for every error of the API: RFC 9457 (`application/problem+json`), in French."""

import logging
import math
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from rest_framework import exceptions

from portal.core.api.rendu import dump_json

logger = logging.getLogger("maillage.api")

MEDIA_TYPE = "application/problem+json"
ERREURS_MAX = 20
ATTENTE_SERVICE = 5

# status -> (code, title, what to say when nobody said better)
PROBLEMES: dict[int, tuple[str, str, str]] = {
    400: (
        "requete_invalide",
        "Requête invalide",
        "La requête n'est pas recevable. Le champ « erreurs » dit pourquoi.",
    ),
    403: ("acces_refuse", "Accès refusé", "Cette ressource n'est pas publique."),
    404: ("introuvable", "Ressource introuvable", "Rien n'existe à cette adresse. La liste des adresses est à /api/."),
    405: ("methode_non_permise", "Méthode non permise", "Cette adresse n'accepte pas cette méthode."),
    406: (
        "format_non_disponible",
        "Format non disponible",
        "Demandez du JSON : en-tête « Accept: application/json ».",
    ),
    413: ("corps_trop_grand", "Corps de requête trop grand", "Le corps de la requête dépasse la taille permise."),
    415: (
        "contenu_non_pris_en_charge",
        "Type de contenu non pris en charge",
        "Envoyez du JSON en UTF-8, non compressé : en-tête « Content-Type: application/json ».",
    ),
    429: ("trop_de_requetes", "Trop de requêtes", "La limite de requêtes est atteinte."),
    500: (
        "erreur_interne",
        "Erreur interne",
        "Le portail n'a pas su répondre. L'erreur est enregistrée sous la référence du champ « instance ».",
    ),
    503: (
        "service_indisponible",
        "Service momentanément indisponible",
        "Les données ne sont pas joignables pour l'instant. Réessayez dans quelques secondes.",
    ),
}


class RequeteInvalide(exceptions.APIException):
    """400, with the reasons field by field."""

    status_code = 400

    def __init__(self, detail: str = "", erreurs: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(detail or PROBLEMES[400][2])
        self.erreurs = {champ: list(messages) for champ, messages in list((erreurs or {}).items())[:ERREURS_MAX]}


class CorpsTropGrand(exceptions.APIException):
    status_code = 413


class ServiceIndisponible(exceptions.APIException):
    status_code = 503


def build_probleme(
    statut: int, detail: str = "", erreurs: Mapping[str, Sequence[str]] | None = None, instance: str | None = None
) -> dict[str, Any]:
    """The body of an error. `type` is relative to the portal: the documentation page explains each code."""
    code, titre, defaut = PROBLEMES[statut]
    corps: dict[str, Any] = {
        "type": f"/api/#erreur-{code}",
        "title": titre,
        "status": statut,
        "detail": detail or defaut,
        "code": code,
        "erreurs": erreurs or {},
    }
    if instance:
        corps["instance"] = instance
    return corps


def exception_handler(erreur: Exception, contexte: dict[str, Any]) -> HttpResponse:
    """Every exception of an endpoint becomes one problem; what nobody foresaw is logged, then 500 without detail."""
    statut, detail, erreurs, entetes = _describe(erreur)
    instance = None
    if statut >= 500:
        instance = f"urn:uuid:{uuid.uuid4()}"
        logger.error("%s %s", type(erreur).__name__, instance, exc_info=erreur)
        if statut == 500:
            vue = contexte.get("view")
            requete = contexte.get("request")
            got_request_exception.send(sender=type(vue), request=getattr(requete, "_request", requete))
    corps = dump_json(build_probleme(statut, detail, erreurs, instance))
    return HttpResponse(corps, status=statut, headers=entetes, content_type=MEDIA_TYPE)


def _describe(erreur: Exception) -> tuple[int, str, Mapping[str, Sequence[str]], dict[str, str]]:
    match erreur:
        case RequeteInvalide():
            return 400, str(erreur.detail), erreur.erreurs, {}
        case exceptions.Throttled():
            attente = max(1, math.ceil(getattr(erreur, "wait", None) or 1))
            return (
                429,
                f"La limite de requêtes est atteinte. Réessayez dans {attente} s.",
                {},
                {"Retry-After": str(attente)},
            )
        case exceptions.MethodNotAllowed():
            return 405, "", {}, {}
        case exceptions.NotAcceptable() | exceptions.UnsupportedMediaType() as refus:
            return refus.status_code, "", {}, {}
        case exceptions.NotFound() | CorpsTropGrand() as refus:
            return refus.status_code, _own_detail(refus), {}, {}
        case ServiceIndisponible() | OperationalError() | InterfaceError():
            return 503, "", {}, {"Retry-After": str(ATTENTE_SERVICE)}
        case Http404():
            return 404, "", {}, {}
        case PermissionDenied() | exceptions.PermissionDenied() | exceptions.NotAuthenticated():
            return 403, "", {}, {}
        case SuspiciousOperation():
            return 400, "La requête est trop grande ou mal formée.", {}, {}
        case exceptions.APIException() if erreur.status_code == 400:
            return 400, str(erreur.detail), {}, {}
    return 500, "", {}, {}


def _own_detail(refus: exceptions.APIException) -> str:
    """The detail given by the endpoint; the framework's own default says less than ours."""
    return "" if refus.detail == type(refus).default_detail else str(refus.detail)
