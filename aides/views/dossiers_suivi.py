"""My files: where each one is, what is asked, what was decided, what is paid. Read by their applicant alone."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from aides.dossiers.depot import complete_demande, read_version, retire_demande
from aides.dossiers.erreurs import ActeRefuse
from aides.dossiers.etats import Statut
from aides.dossiers.formulaires import COORDONNEES, Saisie, list_attestations, list_pieces, read_saisie
from aides.dossiers.lecture import (
    NOMS_GUICHET,
    can_withdraw,
    describe_delai,
    find_contrat,
    find_demande_correction,
    find_sienne,
    list_actes,
    list_courriers,
    list_pieces_lues,
    list_siennes,
    summarize,
)
from aides.forms_dossiers import PieceForm, ReponseForm, RetraitForm, describe_erreurs
from aides.models import Courrier, Demande, PieceDossier
from aides.regles.dispositifs import Version
from aides.regles.faits import FAITS
from aides.services import FaitsInvalides, clean_faits
from aides.views.dossiers import join_fichier, read_numero_version, read_personne, redirect
from aides.views.dossiers_page import list_questions, read_lue
from aides.views.verifier import describe_reponses
from portal.core.documents import serve_document
from portal.core.forms import ACCEPTES

PAGES_MAX = 50


@never_cache
@login_required
@require_safe
def dossier_list(request: HttpRequest) -> HttpResponse:
    lue = request.GET.get("page", "1")
    page = min(int(lue), PAGES_MAX) if lue.isascii() and lue.isdigit() and 0 < len(lue) < 4 and int(lue) else 1
    dossiers, suite = list_siennes(request.user, page=page)
    contexte = {
        "dossiers": dossiers,
        "page": page,
        "precedente": page - 1,
        "suivante": page + 1 if suite and page < PAGES_MAX else 0,
        "supprime": request.GET.get("supprime") == "1",
    }
    return render(request, "aides/dossiers/liste.html", contexte)


@never_cache
@login_required
@require_safe
def dossier_detail(request: HttpRequest, identifiant: UUID) -> HttpResponse:
    demande = get_object_or_404(find_sienne(request.user, identifiant))
    if demande.statut == Statut.BROUILLON:
        return redirect(reverse("dossier_brouillon", args=[demande.pk]))
    return render(request, "aides/dossiers/detail.html", build_detail(request, demande))


def build_detail(request: HttpRequest, demande: Demande, **plus: Any) -> dict[str, Any]:
    user = request.user
    contrat, echeances = find_contrat(demande, user)
    version = read_version(demande, au=timezone.localdate())
    return {
        "demande": demande,
        "resume": summarize(demande),
        "guichet": NOMS_GUICHET.get(demande.guichet, demande.guichet),
        "delai": describe_delai(demande, au=timezone.localdate()),
        "actes": list_actes(demande, user),
        "correction": find_demande_correction(demande, user),
        "pieces": list_pieces_lues(demande, user),
        "demandees": list_pieces(version),
        "courriers": list_courriers(demande, user),
        "contrat": contrat,
        "echeances": echeances,
        "reponses": read_reponses(demande),
        "coordonnees": [(champ.libelle, demande.coordonnees.get(code)) for code, champ in COORDONNEES.items()],
        "retirable": can_withdraw(demande),
        "accepte": ACCEPTES,
        "erreurs": {},
        "reponse": "",
        **list_corrigibles(demande, version),
        **plus,
    }


def list_corrigibles(demande: Demande, version: Version, *, envoi: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The answers as fields, while a correction is asked. `envoi`: what was typed, with what is wrong in it."""
    if demande.statut != Statut.INCOMPLETE:
        return {}
    saisie = Saisie(demande.faits)
    erreurs: dict[str, str] = {}
    if envoi is not None:
        saisie, erreurs = read_saisie(envoi, demande, version)
    fautes = {code: phrase for code, phrase in erreurs.items() if code in FAITS}
    questions = list_questions(version, saisie, read_lue(demande, saisie), fautes, envoi or {})
    return {"questions": questions, "corrige": envoi is not None and (saisie.faits != demande.faits or bool(fautes))}


def read_reponses(demande: Demande) -> list[tuple[str, str, str]]:
    try:
        return describe_reponses(clean_faits(demande.faits), ())
    except FaitsInvalides:
        return []


@never_cache
@login_required
@require_safe
def dossier_accuse(request: HttpRequest, identifiant: UUID) -> HttpResponse:
    """The receipt of the deposit, made to be printed."""
    demande = get_object_or_404(find_sienne(request.user, identifiant), deposee_le__isnull=False)
    version = read_version(demande, au=timezone.localdate())
    contexte = {
        "demande": demande,
        "resume": summarize(demande),
        "guichet": NOMS_GUICHET.get(demande.guichet, demande.guichet),
        "reponses": read_reponses(demande),
        "pieces": list_pieces_lues(demande, request.user),
        "attestations": list(list_attestations(version).values()),
    }
    return render(request, "aides/dossiers/accuse.html", contexte)


@never_cache
@login_required
@require_http_methods(["POST"])
def dossier_repondre(request: HttpRequest, identifiant: UUID) -> HttpResponse:
    """Join a document, or answer what was asked. Both in one form: what is typed is kept."""
    demande = get_object_or_404(find_sienne(request.user, identifiant))
    piece, reponse = PieceForm(request.POST, request.FILES), ReponseForm(request.POST)
    ajoute = request.POST.get("geste") == "ajouter"
    erreurs = {}
    if not piece.is_valid():
        erreurs["fichier"] = describe_erreurs(piece, "fichier") or "Choisissez un autre fichier."
    elif ajoute and not piece.cleaned_data["fichier"]:
        erreurs["fichier"] = "Choisissez un fichier à joindre."
    if not ajoute and not reponse.is_valid():
        erreurs["reponse"] = describe_erreurs(reponse, "reponse")
    version_regle = read_version(demande, au=timezone.localdate())
    faits = None
    if corrige := request.POST.get("corrige") == "oui":
        saisie, fautes = read_saisie(request.POST, demande, version_regle)
        faits = saisie.faits
        erreurs |= {code: phrase for code, phrase in fautes.items() if code in FAITS}
    if erreurs:
        return refuse(request, demande, erreurs, statut=422)
    numero = read_numero_version(request.POST)
    try:
        with transaction.atomic():
            if fichier := piece.cleaned_data["fichier"]:
                join_fichier(request, demande, version_regle, fichier, piece.cleaned_data["nature"])
                demande.refresh_from_db()
                numero += 1
            if not ajoute:
                reponse_lue = reponse.cleaned_data["reponse"]
                complete_demande(
                    demande, par=read_personne(request), version=numero, commentaire=reponse_lue, faits=faits
                )
    except ActeRefuse as refus:
        demande.refresh_from_db()
        return refuse(request, demande, {"reponse": str(refus)}, statut=refus.statut_http)
    if ajoute and (request.POST.get("reponse") or corrige):
        demande.refresh_from_db()
        return render(
            request, "aides/dossiers/detail.html", build_detail(request, demande, **read_typees(request, demande))
        )
    return redirect(f"{reverse('dossier_detail', args=[demande.pk])}{'#correction' if ajoute else ''}")


def read_typees(request: HttpRequest, demande: Demande) -> dict[str, Any]:
    """What was typed, given back as it was."""
    version = read_version(demande, au=timezone.localdate())
    typees: dict[str, Any] = {"reponse": request.POST.get("reponse", "")[:5000]}
    return typees | (list_corrigibles(demande, version, envoi=request.POST) if "corrige" in request.POST else {})


def refuse(request: HttpRequest, demande: Demande, erreurs: dict[str, str], *, statut: int) -> HttpResponse:
    contexte = build_detail(request, demande, erreurs=erreurs, **read_typees(request, demande))
    return render(request, "aides/dossiers/detail.html", contexte, status=statut)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def dossier_retirer(request: HttpRequest, identifiant: UUID) -> HttpResponse:
    demande = get_object_or_404(find_sienne(request.user, identifiant))
    if not can_withdraw(demande):
        return redirect(reverse("dossier_detail", args=[demande.pk]))
    contexte = {"demande": demande, "resume": summarize(demande), "motif": "", "erreur": ""}
    if request.method != "POST":
        return render(request, "aides/dossiers/retirer.html", contexte)
    formulaire = RetraitForm(request.POST)
    contexte["motif"] = request.POST.get("motif", "")[:2000]
    if not formulaire.is_valid():
        contexte["erreur"] = describe_erreurs(formulaire, "motif")
        return render(request, "aides/dossiers/retirer.html", contexte, status=422)
    try:
        retire_demande(
            demande,
            par=read_personne(request),
            version=read_numero_version(request.POST),
            commentaire=formulaire.cleaned_data["motif"],
        )
    except ActeRefuse as refus:
        demande.refresh_from_db()
        contexte |= {"erreur": str(refus), "resume": summarize(demande)}
        return render(request, "aides/dossiers/retirer.html", contexte, status=refus.statut_http)
    return redirect(reverse("dossier_detail", args=[demande.pk]))


@never_cache
@login_required
@require_safe
def dossier_piece(request: HttpRequest, identifiant: UUID, piece: int) -> HttpResponse:
    demande = get_object_or_404(find_sienne(request.user, identifiant))
    siennes = PieceDossier.objects.for_user(request.user).select_related("document")
    return serve_document(get_object_or_404(siennes, demande=demande, pk=piece).document, agent=False)


@never_cache
@login_required
@require_safe
def dossier_courrier(request: HttpRequest, identifiant: UUID, courrier: int) -> HttpResponse:
    demande = get_object_or_404(find_sienne(request.user, identifiant))
    siens = Courrier.objects.for_user(request.user).select_related("document")
    document = get_object_or_404(siens, demande=demande, pk=courrier, annule_le=None).document
    if document is None:
        raise Http404("Ce courrier n'est pas encore prêt : revenez dans quelques minutes.")
    return serve_document(document, agent=False)
