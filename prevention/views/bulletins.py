"""The bulletins of a CPTS: written, read as they will leave and by how many, published. And one's own choice."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cpts.models import Cpts
from cpts.views.espace import build_contexte, dans_espace
from cpts.views.espace_pages import reserve
from portal.accounts.models import User
from prevention.forms import BulletinForm
from prevention.models import Bulletin, ChoixBulletin
from prevention.services.bulletins import (
    delete_brouillon,
    list_chiffres,
    list_destinataires,
    publish_bulletin,
    save_brouillon,
    set_choix,
)
from prevention.services.erreurs import ActeRefuse
from prevention.views.espace import hold_refus

PAR_PAGE = 30


def find_bulletin(request: HttpRequest, cpts: Cpts, pk: int) -> Bulletin:
    siens = Bulletin.objects.for_user(request.user).select_related("cpts", "campagne")
    bulletin: Bulletin = get_object_or_404(siens, cpts=cpts, pk=pk)
    return bulletin


def find_brouillon(request: HttpRequest, cpts: Cpts, pk: int) -> Bulletin:
    trouve = find_bulletin(request, cpts, pk)
    if trouve.publie_le is not None and request.method != "POST":
        raise Http404
    return trouve


def show(request: HttpRequest, cpts: Cpts, gabarit: str, titre: str, statut: int = 200, **lies: Any) -> HttpResponse:
    contexte = build_contexte(request, cpts, "espace_bulletins") | {"titre": titre, **lies}
    return render(request, f"prevention/espace/{gabarit}.html", contexte, status=statut)


def go(cpts: Cpts, bulletin: Bulletin) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("espace_bulletin", args=[cpts.code, bulletin.pk]))


@require_safe
@dans_espace
def bulletins(request: HttpRequest, cpts: Cpts) -> HttpResponse:
    siens = Bulletin.objects.for_user(request.user).filter(cpts=cpts).select_related("campagne")
    page = Paginator(siens.order_by("-cree_le", "-pk"), PAR_PAGE).get_page(request.GET.get("page"))
    return show(request, cpts, "bulletins", "Bulletins aux membres", page=page)


@require_http_methods(["GET", "HEAD", "POST"])
@dans_espace
@reserve()
def bulletin_new(request: HttpRequest, cpts: Cpts) -> HttpResponse:
    """`?campagne=<code>`: the campaign that one comes from."""
    form = BulletinForm(cpts, request.POST if request.method == "POST" else None)
    code = request.GET.get("campagne", "")
    form.initial["campagne"] = next((cle for cle, lue in form.campagnes.items() if lue.code == code), "")
    return write(request, cpts, Bulletin(cpts=cpts), form, "Nouveau bulletin")


@require_http_methods(["GET", "HEAD", "POST"])
@dans_espace
@reserve()
def bulletin_edit(request: HttpRequest, cpts: Cpts, pk: int) -> HttpResponse:
    lu = find_brouillon(request, cpts, pk)
    initial = {"version": lu.version, "campagne": str(lu.campagne_id), "objet": lu.objet, "texte": lu.texte}
    form = BulletinForm(cpts, request.POST if request.method == "POST" else None, initial=initial)
    return write(request, cpts, lu, form, "Modifier le bulletin")


def write(request: HttpRequest, cpts: Cpts, lu: Bulletin, form: BulletinForm, titre: str) -> HttpResponse:
    refus: ActeRefuse | None = None
    cle = lu.pk
    if request.method == "POST" and form.is_valid():
        lues = form.cleaned_data
        lu.campagne, lu.objet, lu.texte = form.campagnes[lues["campagne"]], lues["objet"], lues["texte"]
        try:
            save_brouillon(lu, par=request.user, version=lues["version"] or 0)
        except ActeRefuse as erreur:
            refus = erreur
        else:
            messages.success(request, "Brouillon enregistré : relisez-le, puis publiez-le.")
            return go(cpts, lu)
    return show(request, cpts, "bulletin_form", titre, hold_refus(form, refus), form=form, refus=refus, cle=cle)


@require_safe
@dans_espace
def bulletin(request: HttpRequest, cpts: Cpts, pk: int) -> HttpResponse:
    return show_bulletin(request, cpts, find_bulletin(request, cpts, pk))


def show_bulletin(request: HttpRequest, cpts: Cpts, lu: Bulletin, refus: ActeRefuse | None = None) -> HttpResponse:
    """A draft as it would leave now; a bulletin published as it left."""
    au = timezone.localdate()
    chiffres, nombre = lu.chiffres, lu.destinataires
    if lu.publie_le is None:
        chiffres, nombre = list_chiffres(lu.campagne, cpts, au=au), len(list_destinataires(cpts.code, au=au))
    statut = refus.statut_http if refus else 200
    lies = {"bulletin": lu, "chiffres": chiffres, "nombre": nombre, "refus": refus, "au": au}
    return show(request, cpts, "bulletin", lu.objet, statut, **lies)


def read_version(request: HttpRequest) -> int:
    """Of the page that was read. -1: none, which no row has."""
    version = request.POST.get("version", "")
    return int(version) if version.isdecimal() and len(version) < 10 else -1


@require_POST
@dans_espace
@reserve()
def bulletin_publier(request: HttpRequest, cpts: Cpts, pk: int) -> HttpResponse:
    lu = find_bulletin(request, cpts, pk)
    try:
        publish_bulletin(lu, par=request.user, version=read_version(request), au=timezone.localdate())
    except ActeRefuse as refus:
        lu.refresh_from_db()
        return show_bulletin(request, cpts, lu, refus)
    messages.success(request, "Le bulletin est publié : les courriels partent, un par personne.")
    return go(cpts, lu)


@require_POST
@dans_espace
@reserve()
def bulletin_supprimer(request: HttpRequest, cpts: Cpts, pk: int) -> HttpResponse:
    lu = find_bulletin(request, cpts, pk)
    try:
        delete_brouillon(lu, par=request.user, version=read_version(request))
    except ActeRefuse as refus:
        return show_bulletin(request, cpts, lu, refus)
    messages.success(request, "Le brouillon est supprimé.")
    return HttpResponseRedirect(reverse("espace_bulletins", args=[cpts.code]))


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mes_bulletins(request: HttpRequest) -> HttpResponse:
    """One's own choice: to get the bulletins of one's CPTS, or not."""
    if request.method == "POST" and isinstance(request.user, User):
        set_choix(request.user.pk, accepte=request.POST.get("accepte") == "oui")
        messages.success(request, "Votre choix est enregistré.")
        return HttpResponseRedirect(reverse("mes_bulletins"))
    choix = ChoixBulletin.objects.for_user(request.user).first()
    return render(request, "prevention/mes_bulletins.html", {"titre": "Bulletins de ma CPTS", "choix": choix})
