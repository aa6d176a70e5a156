"""The calendar of a person: its page, and the secret address that a diary reads without signing in."""

from functools import cache

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from aides.contrats.calendrier import build_calendrier, digest_secret, find_personne, is_secret, renew_agenda
from aides.contrats.calendrier import revoke_agenda as revoke
from aides.models import Agenda
from aides.views.contrats import read_personne
from portal.accounts.middleware import bind_ceinture
from portal.accounts.portee import read_portee
from portal.core.api.limites import DUREES, Compteur
from portal.core.ceinture import as_systeme, clear_ceinture
from portal.core.courriels import build_url
from portal.core.erreurs import render_error


@never_cache
@login_required
@require_safe
def agenda(request: HttpRequest) -> HttpResponse:
    return render(request, "aides/contrats/agenda.html", {"agenda": find_agenda(request), "adresse": ""})


def find_agenda(request: HttpRequest) -> Agenda | None:
    agenda: Agenda | None = Agenda.objects.for_user(request.user).first()
    return agenda


@never_cache
@login_required
@require_POST
def agenda_renouveler(request: HttpRequest) -> HttpResponse:
    """The address is shown here, once: afterwards only its digest is known."""
    secret = renew_agenda(read_personne(request))
    adresse = build_url(reverse("agenda_ics", args=[secret]))
    return render(request, "aides/contrats/agenda.html", {"agenda": find_agenda(request), "adresse": adresse})


@never_cache
@login_required
@require_POST
def agenda_revoquer(request: HttpRequest) -> HttpResponse:
    revoke(read_personne(request))
    return HttpResponseRedirect(f"{reverse('agenda')}?revoque=1")


@cache
def _compteur(url: str) -> Compteur:
    return Compteur(url)


def take_turn(secret: str) -> float | None:
    """None: allowed. Else the seconds to wait. Counted by calendar: diaries of many people share their address."""
    if not settings.MAILLAGE_AGENDA_LIMITE:
        return None
    nombre, periode = settings.MAILLAGE_AGENDA_LIMITE.split("/")
    cle = f"agenda:{digest_secret(secret)[:32]}"
    return _compteur(settings.REDIS_URL).take(cle, limite=int(nombre), duree=DUREES[periode[0]])


@never_cache
@require_safe
def agenda_ics(request: HttpRequest, secret: str) -> HttpResponse:
    """What the person would see when signed in, and no more. Unknown and revoked answer alike."""
    if not is_secret(secret):
        raise Http404("Cet agenda n'existe pas, ou son adresse a changé.")
    if (attente := take_turn(secret)) is not None:
        refus = render_error(request, 429, message="Cet agenda est lu trop souvent : réessayez plus tard.")
        refus["Retry-After"] = str(int(attente) + 1)
        return refus
    with as_systeme():
        personne = find_personne(secret)
        if personne is not None:
            read_portee(personne)
    if personne is None:
        raise Http404("Cet agenda n'existe pas, ou son adresse a changé.")
    try:
        bind_ceinture(personne)
        octets = build_calendrier(personne, au=timezone.localdate())
    finally:
        clear_ceinture()
    reponse = HttpResponse(octets, content_type="text/calendar; charset=utf-8")
    reponse["Content-Disposition"] = 'inline; filename="maillage.ics"'
    reponse["Cache-Control"] = "private, no-store"
    reponse["X-Robots-Tag"] = "noindex"
    return reponse
