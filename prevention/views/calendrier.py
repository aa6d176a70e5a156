"""The public calendar of actions: a page, a feed for calendars (RFC 5545), and the page of an action."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event

from portal.core.courriels import build_url
from prevention.enums import StatutAction
from prevention.forms import CalendrierForm
from prevention.lecture import list_campagnes
from prevention.models import ActionPrevention
from zonage.models import Departement

PAR_PAGE = 25
FLUX_MAX = 500
HORIZON = timedelta(days=400)
CAMPAGNES_MAX = 12


def list_publiques(lus: dict[str, Any]) -> QuerySet[ActionPrevention]:
    """Announced, held or cancelled, and public: by day, then by town."""
    actions = ActionPrevention.objects.publiques().filter(jour__gte=lus["depuis"])
    if lus["theme"]:
        actions = actions.filter(theme=lus["theme"])
    if lus["departement"]:
        actions = actions.filter(departement_code=lus["departement"])
    return actions.select_related("commune", "cpts", "structure", "campagne").order_by(
        "jour", "debut", "commune__cle_tri", "pk"
    )


@require_safe
def calendrier(request: HttpRequest) -> HttpResponse:
    form = CalendrierForm(request.GET)
    valide = form.is_valid()
    lus = form.read(aujourdhui=timezone.localdate())
    page = Paginator(list_publiques(lus), PAR_PAGE).get_page(request.GET.get("page"))
    filtres = {nom: valeur for nom, valeur in (("theme", lus["theme"]), ("departement", lus["departement"])) if valeur}
    requete = urlencode({**filtres, "depuis": lus["depuis"].isoformat()})
    contexte = {
        "titre": "Prévention : campagnes et actions",
        "form": form,
        "lus": lus,
        "page": page,
        "erreurs": [(form.fields[nom].label, " ".join(map(str, fautes))) for nom, fautes in form.errors.items()],
        "departements": Departement.objects.order_by("code")[:200],
        "campagnes": list_campagnes()[:CAMPAGNES_MAX],
        "requete": requete,
        "flux": f"{reverse('prevention_ics')}{'?' if filtres else ''}{urlencode(filtres)}",
        "json": f"{reverse('api_action_prevention_list')}?{requete}",
    }
    return render(request, "prevention/calendrier.html", contexte, status=200 if valide else 400)


@require_safe
def action(request: HttpRequest, pk: int) -> HttpResponse:
    trouvees = ActionPrevention.objects.publiques().select_related("commune", "cpts", "structure", "campagne")
    lue = get_object_or_404(trouvees, pk=pk)
    contexte = {"titre": lue.titre, "action": lue, "participants": say_participants(lue.participants)}
    return render(request, "prevention/action.html", contexte)


def say_participants(nombre: int | None) -> str:
    """A handful of people is not counted in public."""
    seuil = settings.MAILLAGE_SEUIL_SECRET
    return "" if nombre is None else str(nombre) if nombre >= seuil else f"moins de {seuil}"


@require_safe
def flux(request: HttpRequest) -> HttpResponse:
    """The actions to come, and those of the last month so that a cancellation is seen."""
    form = CalendrierForm(request.GET)
    if not form.is_valid():
        phrases = " ".join(str(faute) for fautes in form.errors.values() for faute in fautes)
        return HttpResponse(phrases, status=400, content_type="text/plain; charset=utf-8")
    aujourdhui = timezone.localdate()
    lus = form.read(aujourdhui=aujourdhui - timedelta(days=30))
    actions = list_publiques(lus).filter(jour__lte=aujourdhui + HORIZON)[:FLUX_MAX]
    reponse = HttpResponse(build_calendrier(list(actions)), content_type="text/calendar; charset=utf-8")
    reponse["Content-Disposition"] = 'inline; filename="prevention.ics"'
    reponse["Cache-Control"] = "public, max-age=900"
    return reponse


def build_calendrier(actions: list[ActionPrevention]) -> bytes:
    agenda = Calendar()
    for nom, valeur in (
        ("prodid", "-//Maillage//Prévention//FR"),
        ("version", "2.0"),
        ("calscale", "GREGORIAN"),
        ("method", "PUBLISH"),
        ("x-wr-calname", "Actions de prévention"),
        ("x-published-ttl", "PT6H"),
    ):
        agenda.add(nom, valeur)
    hote = urlsplit(settings.MAILLAGE_ADRESSE).hostname or "localhost"
    for lue in actions:
        agenda.add_component(_build(lue, hote))
    agenda.add_missing_timezones()
    return bytes(agenda.to_ical())


def _build(action: ActionPrevention, hote: str) -> Event:
    """A line keeps its UID; its SEQUENCE grows with its version; a cancelled one stays, and says so."""
    annulee = action.statut == StatutAction.ANNULEE
    evenement = Event()
    debut, fin = _find_bornes(action)
    champs: dict[str, Any] = {
        "uid": f"action-{action.pk}@{hote}",
        "dtstamp": datetime.now(UTC),
        "dtstart": debut,
        "dtend": fin,
        "sequence": action.version,
        "status": "CANCELLED" if annulee else "CONFIRMED",
        "summary": f"Annulé : {action.titre}" if annulee else action.titre,
        "location": ", ".join(texte for texte in (action.lieu, action.commune.nom) if texte),
        "description": _describe(action, annulee),
        "categories": [str(action.get_theme_display())],
        "url": build_url(reverse("prevention_action", args=[action.pk])),
        "transp": "TRANSPARENT",
    }
    for nom, valeur in champs.items():
        evenement.add(nom, valeur)
    return evenement


def _describe(action: ActionPrevention, annulee: bool) -> str:
    morceaux = [f"Motif : {action.motif}" if annulee else "", action.publics, action.description, action.inscription]
    return "\n".join(morceau for morceau in morceaux if morceau)


def _find_bornes(action: ActionPrevention) -> tuple[date | datetime, date | datetime]:
    """With an hour: that of Paris; without: the whole day."""
    if action.debut is None:
        return action.jour, action.jour + timedelta(days=1)
    zone = timezone.get_default_timezone()
    debut = datetime.combine(action.jour, action.debut, tzinfo=zone)
    fin = datetime.combine(action.jour, action.fin, tzinfo=zone) if action.fin else debut + timedelta(hours=1)
    return debut, fin
