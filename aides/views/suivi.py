"""« Me prévenir si cela change »: asking, confirming, reading a follow-up, stopping. Each page is for one person."""

from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from rest_framework.request import Request

from aides.models import CauseChangement, ChangementDroit, Destinataire, EtatSuivi, Suivi
from aides.suivi.chronologie import list_echeances
from aides.suivi.depot import (
    ADRESSE_MAX,
    AdresseInvalide,
    SuiviInconnu,
    confirm_suivi,
    file_suivi,
    find_a_confirmer,
    find_destinataire,
    find_suivi,
    stop_destinataire,
    stop_suivi,
)
from aides.suivi.jetons import ARRET, PAGE, find_jeton
from aides.suivi.textes import (
    CONTRAT_EN_COURS,
    build_query,
    build_situation,
    describe_echeances,
    describe_reponses,
    name_commune,
)
from aides.views import verifier
from aides.views.lecture import Lecture, list_erreurs, read
from portal.core.api.limites import DUREES, Compteur, LimiteParAdresse, build_cle
from portal.core.erreurs import render_error

HISTORIQUE_MAX = 100


def mark_private(reponse: HttpResponse) -> HttpResponse:
    """Not indexed: the address is a secret. `never_cache` keeps it out of the caches."""
    reponse["X-Robots-Tag"] = "noindex, nofollow"
    return reponse


def redirect(adresse: str) -> HttpResponseRedirect:
    reponse = HttpResponseRedirect(adresse)
    reponse.status_code = 303
    return reponse


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def suivi_new(request: HttpRequest) -> HttpResponse:
    """What is kept, how long, what will be sent; then the electronic address. The answers stay in the address."""
    lecture = read(request)
    if lecture.demande.erreurs:
        nom, message = list_erreurs(lecture.demande)[0]
        return render_error(request, 400, message=f"{nom} : {message}")
    if not lecture.complete or lecture.resolution is None:
        return HttpResponseRedirect(f"{reverse('verifier')}?{lecture.demande.query()}")
    if request.method != "POST":
        return mark_private(render(request, "aides/suivi_new.html", build_nouveau(lecture)))
    attente = take_turn(request)
    if attente is not None:
        return refuse_turn(request, attente)
    adresse = request.POST.get("adresse", "")
    try:
        file_suivi(
            lecture.resolution.commune.code_insee, lecture.demande.faits, adresse=adresse, nsp=lecture.demande.nsp
        )
    except AdresseInvalide as refus:
        contexte = build_nouveau(lecture) | {"erreur": str(refus), "adresse": adresse[: ADRESSE_MAX + 1]}
        return mark_private(render(request, "aides/suivi_new.html", contexte, status=400))
    return redirect(reverse("suivi_demande"))


def build_nouveau(lecture: Lecture) -> dict[str, Any]:
    """A follow-up is about today and after: the day of the answer is not kept."""
    demande, sans_jour = lecture.demande, lecture.demande.at(None)
    return {
        "commune": lecture.resolution.commune if lecture.resolution else None,
        "reponses": verifier.describe_reponses(demande.faits, demande.nsp),
        "action": f"{reverse('suivi_new')}?{sans_jour.query()}",
        "retour": f"{reverse('resultat')}?{demande.query()}",
        "adresse_max": ADRESSE_MAX,
    }


@never_cache
@require_safe
def suivi_demande(request: HttpRequest) -> HttpResponse:
    """The same page whether the address was known or not."""
    return mark_private(render(request, "aides/suivi_demande.html"))


@cache
def _compteur(url: str) -> Compteur:
    return Compteur(url)


def take_turn(request: HttpRequest) -> float | None:
    """None: allowed. Else the seconds to wait. The network address is never kept, only a keyed digest for an hour."""
    taux = settings.MAILLAGE_SUIVIS_LIMITE
    if not taux:
        return None
    nombre, periode = taux.split("/")
    cle = build_cle(LimiteParAdresse().get_ident(Request(request)))
    return _compteur(settings.REDIS_URL).take(f"suivis:{cle}", limite=int(nombre), duree=DUREES[periode[0]])


def refuse_turn(request: HttpRequest, attente: float) -> HttpResponse:
    minutes = max(1, round(attente / 60))
    message = f"Réessayez dans {minutes} minute{'s' if minutes > 1 else ''} : vos réponses restent dans l'adresse."
    reponse = render_error(request, 429, message=message, template="aides/suivi_limite.html")
    reponse["Retry-After"] = str(int(attente) + 1)
    return reponse


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def suivi_confirmer(request: HttpRequest, jeton: str) -> HttpResponse:
    """The link of the mail: a page with a button, because machines that read mail follow links."""
    try:
        suivi = confirm_suivi(jeton) if request.method == "POST" else find_a_confirmer(jeton)
    except SuiviInconnu as refus:
        raise Http404(str(refus)) from refus
    if suivi.etat == EtatSuivi.ACTIF:
        return redirect(build_page_url(suivi))
    contexte = {"commune": name_commune(suivi.commune), "reponses": describe_reponses(suivi)}
    return mark_private(render(request, "aides/suivi_confirmer.html", contexte))


def build_page_url(suivi: Suivi) -> str:
    return reverse("suivi_detail", args=[find_jeton(PAGE, suivi.cle, suivi.jeton_empreinte)])


def read_suivi(jeton: str) -> Suivi:
    try:
        return find_suivi(jeton)
    except SuiviInconnu as refus:
        raise Http404(str(refus)) from refus


@never_cache
@require_safe
def suivi_detail(request: HttpRequest, jeton: str) -> HttpResponse:
    """My follow-up: what is followed, what is already known to come, what changed."""
    suivi, au = read_suivi(jeton), timezone.localdate()
    actif = suivi.etat == EtatSuivi.ACTIF
    changements = ChangementDroit.objects.select_related("cause").filter(suivi=suivi)
    causes: dict[int, CauseChangement] = {}
    for changement in changements.order_by("-cause", "effet_le", "dispositif")[:HISTORIQUE_MAX]:
        causes.setdefault(changement.cause_id, changement.cause)
    contexte = {
        "suivi": suivi,
        "actif": actif,
        "commune": name_commune(suivi.commune),
        "reponses": describe_reponses(suivi) if actif else [],
        "echeances": describe_echeances(list_echeances(suivi.chronologie, du=au)) if actif else [],
        "historique": [(cause, reverse("suivi_changement", args=[jeton, cause.pk])) for cause in causes.values()],
        "resultat_url": f"{reverse('resultat')}?{build_query(suivi, None)}" if actif else "",
        "arreter_url": reverse("suivi_stop", args=[jeton]),
        "tout_arreter_url": build_arret_path(suivi.destinataire),
    }
    return mark_private(render(request, "aides/suivi_detail.html", contexte))


def build_arret_path(destinataire: Destinataire) -> str:
    return reverse("suivi_arret", args=[find_jeton(ARRET, destinataire.cle, destinataire.jeton_empreinte)])


@never_cache
@require_safe
def suivi_changement(request: HttpRequest, jeton: str, cause: int) -> HttpResponse:
    """Before and after, for one cause."""
    suivi = read_suivi(jeton)
    changements = list(
        ChangementDroit.objects.select_related("cause")
        .filter(suivi=suivi, cause=cause)
        .order_by("effet_le", "dispositif")[:HISTORIQUE_MAX]
    )
    if not changements or suivi.etat != EtatSuivi.ACTIF:
        raise Http404("Ce changement n'est pas, ou n'est plus, dans ce suivi.")
    effet = min(changement.effet_le for changement in changements)
    contexte = {
        "suivi": suivi,
        "cause": changements[0].cause,
        "situation": build_situation(suivi, changements, au=timezone.localdate()),
        "effet_le": effet,
        "avant_url": f"{reverse('resultat')}?{build_query(suivi, effet - timedelta(days=1))}",
        "apres_url": f"{reverse('resultat')}?{build_query(suivi, effet)}",
        "retour": reverse("suivi_detail", args=[jeton]),
        "contrat_en_cours": CONTRAT_EN_COURS,
    }
    return mark_private(render(request, "aides/suivi_changement.html", contexte))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def suivi_stop(request: HttpRequest, jeton: str) -> HttpResponse:
    """Stop one follow-up: a page with a button."""
    suivi = read_suivi(jeton)
    if request.method == "POST":
        stop_suivi(suivi)
        return redirect(reverse("suivi_detail", args=[jeton]))
    contexte = {"un_seul": True, "commune": name_commune(suivi.commune), "arrete": suivi.etat == EtatSuivi.ARRETE}
    return mark_private(render(request, "aides/suivi_arret.html", contexte))


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def suivi_arret(request: HttpRequest, jeton: str) -> HttpResponse:
    """Stop everything. A mail program sends this POST by itself (RFC 8058), without cookie: the link is the proof."""
    try:
        destinataire = find_destinataire(jeton)
    except SuiviInconnu as refus:
        raise Http404(str(refus)) from refus
    if request.method == "POST":
        stop_destinataire(destinataire)
        return mark_private(render(request, "aides/suivi_arret.html", {"arrete": True}))
    vivants = destinataire.suivis.exclude(etat=EtatSuivi.ARRETE).order_by("pk")
    communes = [name_commune(code) for code in vivants.values_list("commune", flat=True)[:HISTORIQUE_MAX]]
    return mark_private(render(request, "aides/suivi_arret.html", {"communes": communes, "arrete": not communes}))
