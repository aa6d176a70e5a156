"""« Parcours »: the steps of the CPTS, the acts that one may do, the documents."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from cpts.droits import may_edit
from cpts.enums import NaturePieceCpts
from cpts.erreurs import ActeRefuse
from cpts.forms_vie import ActeForm, PieceForm, build_form, describe_changements, read_action, submit_acte
from cpts.models import Cpts, PieceCpts
from cpts.regles.etapes import list_actions
from cpts.services.vie import add_piece
from cpts.services.vie_lecture import may_act, read_parcours
from cpts.views.espace import build_contexte, dans_espace
from portal.accounts.portee import read_portee
from portal.core.documents import serve_document


@require_http_methods(["GET", "HEAD", "POST"])
@dans_espace
def parcours(request: HttpRequest, cpts: Cpts) -> HttpResponse:
    """The steps; a POST deposits a document."""
    if request.method != "POST":
        return render_parcours(request, cpts, PieceForm())
    if not may_edit(request.user, cpts):
        raise Http404
    form = PieceForm(request.POST, request.FILES)
    if not form.is_valid():
        return render_parcours(request, cpts, form, statut=422)
    lus = form.cleaned_data
    try:
        add_piece(cpts, lus["fichier"], NaturePieceCpts(lus["nature"]), par=request.user, libelle=lus["libelle"])
    except ActeRefuse as refus:
        form.add_error(None, str(refus))
        return render_parcours(request, cpts, form, statut=refus.statut_http)
    messages.success(request, "Le document est déposé.")
    return redirect_parcours(cpts)


def render_parcours(request: HttpRequest, cpts: Cpts, form: PieceForm, *, statut: int = 200) -> HttpResponse:
    contexte = build_contexte(request, cpts, "espace_parcours") | {
        "titre": "Parcours",
        "parcours": read_parcours(cpts, request.user, au=timezone.localdate()),
        "form": form,
    }
    return render(request, "cpts/espace/parcours.html", contexte, status=statut)


@require_http_methods(["GET", "HEAD", "POST"])
@dans_espace
def acte(request: HttpRequest, cpts: Cpts, action: str) -> HttpResponse:
    """One act: what it asks for, then done. Somebody who may not do it meets the same page as for what is not."""
    choisie = read_action(action)
    if not may_act(request.user, cpts, choisie):
        raise Http404
    form = build_form(request, cpts, choisie)
    if request.method != "POST":
        if choisie not in list_actions(cpts.statut):
            raise Http404
        return render_acte(request, cpts, form)
    refus = submit_acte(request, cpts, form)
    if refus is not None:
        return render_acte(request, cpts, form, refus=refus)
    messages.success(request, f"C'est enregistré : {choisie.label}.")
    return redirect_parcours(cpts)


def render_acte(request: HttpRequest, cpts: Cpts, form: ActeForm, *, refus: ActeRefuse | None = None) -> HttpResponse:
    contexte = build_contexte(request, cpts, "espace_parcours") | {
        "titre": form.action.label,
        "form": form,
        "refus": refus,
        "changements": describe_changements(refus),
        "retour": reverse("espace_parcours", args=[cpts.code]),
    }
    return render(request, "cpts/espace/acte.html", contexte, status=refus.statut_http if refus else 200)


@require_safe
@dans_espace
def piece(request: HttpRequest, cpts: Cpts, pk: int) -> HttpResponse:
    """A document of this CPTS, never of another."""
    lues = PieceCpts.objects.for_user(request.user).select_related("document")
    trouvee: PieceCpts = get_object_or_404(lues, cpts=cpts, pk=pk)
    return serve_document(trouvee.document, agent=read_portee(request.user).est_agent)


def redirect_parcours(cpts: Cpts) -> HttpResponseRedirect:
    reponse = HttpResponseRedirect(reverse("espace_parcours", args=[cpts.code]))
    reponse.status_code = 303
    return reponse
