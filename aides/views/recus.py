"""Keeping an answer, and reading it again by its code. Outside the cached addresses: each page is for one person."""

import logging
import secrets
from datetime import date
from functools import cache
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from rest_framework.request import Request

from aides.archives import RegleNonArchivee
from aides.codes_recus import CodeInvalide, clean_code, format_code
from aides.contenus_recus import ReponseIncomplete
from aides.forms import Demande
from aides.pdf_recus import format_instant, render_recu_pdf
from aides.recus import load_contenu
from aides.rejeux import Rejeu, read_faits
from aides.services_recus import RecuInconnu, Verification, find_recu, keep_recu, list_anomalies, verify_recu
from aides.views.lecture import Lecture, list_erreurs, read
from aides.views.verifier import count_issues, describe_reponses
from portal.core.api.limites import DUREES, Compteur, LimiteParAdresse, build_cle
from portal.core.erreurs import render_error

journal = logging.getLogger("maillage.recus")

ENVOI_MIN, ENVOI_MAX = 16, 64
ENVOI_ABSENT = "Ce formulaire est incomplet. Revenez à la réponse et demandez de nouveau à la garder."


@never_cache
@require_safe
def recu_form(request: HttpRequest) -> HttpResponse:
    """Type a code; a readable one leads to its page."""
    texte, erreur = request.GET.get("code", ""), ""
    if "code" in request.GET:
        try:
            return HttpResponseRedirect(reverse("recu_detail", args=[format_code(find_recu(texte).code)]))
        except (CodeInvalide, RecuInconnu) as refus:
            erreur = str(refus)
    contexte = {"texte": texte[:60], "erreur": erreur}
    return mark_private(render(request, "aides/recu_form.html", contexte, status=400 if erreur else 200))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def recu_new(request: HttpRequest) -> HttpResponse:
    """What will be kept and for how long; then, sent, the receipt. The answers stay in the address."""
    connu_le = timezone.now()
    lecture = read(request)
    if lecture.demande.erreurs:
        nom, message = list_erreurs(lecture.demande)[0]
        return render_error(request, 400, message=f"{nom} : {message}")
    if not lecture.complete:
        return HttpResponseRedirect(f"{reverse('verifier')}?{lecture.demande.query()}")
    if request.method != "POST":
        return mark_private(render(request, "aides/recu_new.html", build_nouveau(lecture)))
    envoi = request.POST.get("envoi", "")
    if not ENVOI_MIN <= len(envoi) <= ENVOI_MAX or not envoi.isascii() or not envoi.isprintable():
        return render_error(request, 400, message=ENVOI_ABSENT)
    attente = take_turn(request)
    if attente is not None:
        return refuse_turn(request, attente)
    try:
        recu = keep_recu(lecture.check(), nsp=lecture.demande.nsp, envoi=envoi, connu_le=connu_le)
    except ReponseIncomplete as refus:
        return render_error(request, 400, message=str(refus))
    except RegleNonArchivee as refus:
        journal.error("A receipt was refused: %s", refus)
        return render_error(request, 503)
    reponse = HttpResponseRedirect(reverse("recu_detail", args=[format_code(recu.code)]))
    reponse.status_code = 303
    return reponse


def build_nouveau(lecture: Lecture) -> dict[str, Any]:
    bilan, fixe = lecture.check(), lecture.demande.at(lecture.au)
    return {
        "bilan": bilan,
        "comptes": count_issues(bilan),
        "reponses": describe_reponses(lecture.demande.faits, lecture.demande.nsp),
        "envoi": secrets.token_urlsafe(16),
        "action": f"{reverse('recu_new')}?{fixe.query()}",
        "retour": f"{reverse('resultat')}?{fixe.query()}",
    }


@cache
def _compteur(url: str) -> Compteur:
    return Compteur(url)


def take_turn(request: HttpRequest) -> float | None:
    """None: allowed. Else the seconds to wait. The address of the caller is never kept, only a keyed digest."""
    taux = settings.MAILLAGE_RECUS_LIMITE
    if not taux:
        return None
    nombre, periode = taux.split("/")
    adresse = LimiteParAdresse().get_ident(Request(request))
    return _compteur(settings.REDIS_URL).take(
        f"recus:{build_cle(adresse)}", limite=int(nombre), duree=DUREES[periode[0]]
    )


def refuse_turn(request: HttpRequest, attente: float) -> HttpResponse:
    minutes = max(1, round(attente / 60))
    message = f"Réessayez dans {minutes} minute{'s' if minutes > 1 else ''} : vos réponses restent dans l'adresse."
    reponse = render_error(request, 429, message=message, template="aides/recu_limite.html")
    reponse["Retry-After"] = str(int(attente) + 1)
    return reponse


@never_cache
@require_safe
def recu_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Verified, shown as kept, played again twice. An altered receipt is refused: nothing of it is shown."""
    canonique = read_code(code)
    if canonique != code:
        return HttpResponseRedirect(reverse("recu_detail", args=[canonique]))
    try:
        lue = verify_recu(code)
    except RecuInconnu as refus:
        raise Http404(str(refus)) from refus
    if lue.anomalies:
        return refuse_altered(request, lue.recu.rang, lue.anomalies)
    return mark_private(render(request, "aides/recu_detail.html", build_detail(request, lue)))


def build_detail(request: HttpRequest, lue: Verification) -> dict[str, Any]:
    contenu = lue.contenu or {}
    return {
        "recu": lue.recu,
        "code": lue.code,
        "contenu": contenu,
        "au": date.fromisoformat(contenu["au"]),
        "zones": [(date.fromisoformat(jour), zone) for jour, zone in contenu["zones"].items()],
        "connu_le": format_instant(lue.recu.garde_le),
        "connu": lue.connu,
        "actuel": lue.actuel,
        "changements": [ecart for ecart in list_ecarts(lue.actuel) if ecart.nature != "texte"],
        "textes": [ecart for ecart in list_ecarts(lue.actuel) if ecart.nature == "texte"],
        "pdf_url": reverse("recu_pdf", args=[lue.code]),
        "adresse": request.build_absolute_uri(reverse("recu_detail", args=[lue.code])),
        "aujourd_hui_url": f"{reverse('resultat')}?{rebuild_query(contenu)}",
    }


@never_cache
@require_safe
def recu_pdf(request: HttpRequest, code: str) -> HttpResponse:
    """One page. Its name holds the commune and the day, not the code."""
    try:
        recu = find_recu(read_code(code))
    except RecuInconnu as refus:
        raise Http404(str(refus)) from refus
    anomalies = list_anomalies(recu)
    if anomalies:
        return refuse_altered(request, recu.rang, anomalies)
    contenu, canonique = load_contenu(recu.contenu), format_code(recu.code)
    corps = render_recu_pdf(
        contenu,
        code=canonique,
        empreinte=recu.empreinte,
        garde_le=recu.garde_le,
        adresse=request.build_absolute_uri(reverse("recu_detail", args=[canonique])),
        verifie_le=timezone.now(),
    )
    reponse = HttpResponse(corps, content_type="application/pdf")
    nom = f"maillage-recu-{contenu['commune']['code']}-{contenu['au']}.pdf"
    reponse["Content-Disposition"] = f'inline; filename="{nom}"'
    return mark_private(reponse)


def read_code(texte: str) -> str:
    """The code of an address, in groups of four. Raises Http404 with what is wrong in it."""
    try:
        return format_code(clean_code(texte))
    except CodeInvalide as refus:
        raise Http404(f"Ce n'est pas un code de reçu. {refus}") from refus


def refuse_altered(request: HttpRequest, rang: int, anomalies: tuple[str, ...]) -> HttpResponse:
    contexte = {"rang": rang, "anomalies": anomalies}
    return mark_private(render(request, "aides/recu_altere.html", contexte, status=409))


def list_ecarts(rejeu: Rejeu | None) -> tuple[Any, ...]:
    return rejeu.ecarts if rejeu else ()


def rebuild_query(contenu: dict[str, Any]) -> str:
    """The same check without a day: that of today."""
    faits, _ = read_faits(contenu)
    return Demande(commune=contenu["commune"]["code"], faits=faits, nsp=tuple(contenu["nsp"])).query()


def mark_private(reponse: HttpResponse) -> HttpResponse:
    """Not indexed: the address is a secret. `never_cache` keeps it out of the caches."""
    reponse["X-Robots-Tag"] = "noindex, nofollow"
    return reponse
