"""Checking a letter: anybody who holds one. The page tells its type, day and number, never whom it is for."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from rest_framework.request import Request

from aides.codes_recus import CodeInvalide
from aides.courriers.verification import CourrierInconnu, digest_fichier, find_courrier
from portal.core.api.limites import DUREES, Compteur, LimiteParAdresse, build_cle
from portal.core.erreurs import render_error

TROP_GROS = "Ce fichier est trop volumineux : un courrier du portail pèse moins de 10 Mo."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def courrier_verifier(request: HttpRequest) -> HttpResponse:
    """By its code alone (the address printed on the letter), or with the file, whose digest is compared."""
    texte = (request.POST if request.method == "POST" else request.GET).get("code", "").strip()[:200]
    contexte: dict[str, Any] = {"texte": texte}
    if request.method != "POST" and not texte:
        return show(request, contexte)
    attente = take_turn(request)
    if attente is not None:
        return refuse_turn(request, attente)
    try:
        contexte["courrier"] = vu = find_courrier(texte)
    except CodeInvalide as refus:
        return show(request, contexte | {"erreur": str(refus)}, statut=400)
    except CourrierInconnu as refus:
        return show(request, contexte | {"erreur": str(refus)}, statut=404)
    fichier = request.FILES.get("fichier")
    if fichier is not None:
        if (fichier.size or 0) > settings.MAILLAGE_DOCUMENT_MAX:
            return show(request, contexte | {"erreur_fichier": TROP_GROS}, statut=400)
        contexte["fichier"] = True
        contexte["intact"] = vu.matches(digest_fichier(fichier))
    return show(request, contexte)


def show(request: HttpRequest, contexte: dict[str, Any], *, statut: int = 200) -> HttpResponse:
    """Not indexed: the address may hold a code."""
    reponse = render(request, "aides/courriers/verifier.html", contexte, status=statut)
    reponse["X-Robots-Tag"] = "noindex, nofollow"
    return reponse


@cache
def _compteur(url: str) -> Compteur:
    return Compteur(url)


def take_turn(request: HttpRequest) -> float | None:
    """None: allowed. Else the seconds to wait. The address of the caller is never kept, only a keyed digest."""
    taux = settings.MAILLAGE_COURRIERS_LIMITE
    if not taux:
        return None
    nombre, periode = taux.split("/")
    adresse = LimiteParAdresse().get_ident(Request(request))
    return _compteur(settings.REDIS_URL).take(
        f"courriers:{build_cle(adresse)}", limite=int(nombre), duree=DUREES[periode[0]]
    )


def refuse_turn(request: HttpRequest, attente: float) -> HttpResponse:
    minutes = max(1, round(attente / 60))
    message = f"Réessayez dans {minutes} minute{'s' if minutes > 1 else ''}."
    reponse = render_error(request, 429, message=message, template="aides/courriers/limite.html")
    reponse["Retry-After"] = str(int(attente) + 1)
    return reponse
