"""Asking for an aid: from an answer to a draft, its form saved as it is written, its deposit."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from aides.catalogue import catalogue
from aides.dossiers.depot import (
    GUICHETS,
    DepotRefuse,
    ZoneChangee,
    delete_brouillon,
    file_brouillon,
    new_cle,
    open_brouillon,
    prepare_ouverture,
    read_version,
    save_brouillon,
    show_zone,
)
from aides.dossiers.erreurs import ActeInvalide, ActeRefuse, VersionPerimee
from aides.dossiers.etats import Statut
from aides.dossiers.formulaires import Saisie, read_saisie
from aides.dossiers.lecture import NOMS_GUICHET, find_sienne
from aides.dossiers.pieces import join_piece, remove_piece
from aides.forms import Demande as Adresse
from aides.forms import read_demande
from aides.forms_dossiers import PieceForm, describe_erreurs
from aides.models import Demande
from aides.regles.dispositifs import Dispositif, Version
from aides.services import FaitsInvalides
from aides.views.dispositifs import LIBELLES_GUICHET
from aides.views.dossiers_page import build_page
from aides.views.verifier import describe_reponses
from portal.accounts.models import User
from portal.core.documents import receive_document
from portal.core.erreurs import render_error
from zonage.recherche import CommuneInconnue

GESTES = ("enregistrer", "ajouter", "deposer")
CLE_MAX = 64


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def dossier_new(request: HttpRequest) -> HttpResponse:
    """What will be asked, of whom, with which answers; then the draft. Anybody may read it, an account opens it."""
    params = request.GET.copy()
    code = params.pop("dispositif", [""])[-1]
    adresse = read_demande(params)
    dispositif = catalogue().dispositif(code)
    if dispositif is None:
        return render_error(
            request, 404, message="Aucun dispositif ne porte ce nom : partez de la réponse de la vérification."
        )
    retour = f"{reverse('resultat')}?{adresse.query()}"
    contexte = {"dispositif": dispositif, "retour": retour, "guichet": LIBELLES_GUICHET.get(dispositif.guichet, "")}
    if dispositif.guichet not in GUICHETS:
        return render(request, "aides/dossiers/ailleurs.html", contexte)
    faits = dict(adresse.faits)
    try:
        if adresse.erreurs:
            raise FaitsInvalides(adresse.erreurs)
        ouverture = prepare_ouverture(code, adresse.commune, faits, au=timezone.localdate())
        if request.method == "POST" and request.user.is_authenticated:
            cle = request.POST.get("cle", "")[:CLE_MAX] or new_cle()
            demande = open_brouillon(
                read_personne(request), dispositif=code, commune=adresse.commune, faits=faits, cle=cle
            )
            return redirect(reverse("dossier_brouillon", args=[demande.pk]))
    except (ActeRefuse, FaitsInvalides, CommuneInconnue) as refus:
        statut = refus.statut_http if isinstance(refus, ActeRefuse) else 400
        return render(request, "aides/dossiers/refus_ouverture.html", contexte | {"refus": str(refus)}, status=statut)
    contexte |= {
        "ouverture": ouverture,
        "version": ouverture.version,
        "reponses": describe_reponses(adresse.faits, ()),
        "guichet_court": NOMS_GUICHET[dispositif.guichet],
        "cle": new_cle(),
        **_build_connexion(dispositif, adresse),
    }
    return render(request, "aides/dossiers/nouvelle.html", contexte)


def _build_connexion(dispositif: Dispositif, adresse: Adresse) -> dict[str, str]:
    """Where to sign in or to open an account, coming back to the same page."""
    ici = f"{reverse('dossier_new')}?{urlencode({'dispositif': dispositif.code})}&{adresse.at(None).query()}"
    suite = urlencode({"next": ici})
    return {
        "ici": ici,
        "connexion_url": f"{reverse('connexion')}?{suite}",
        "inscription_url": f"{reverse('inscription')}?{suite}",
    }


def read_personne(request: HttpRequest) -> User:
    """Who is signed in: these views ask for it."""
    return cast("User", request.user)


def redirect(adresse: str) -> HttpResponseRedirect:
    """After a POST: a refresh of the page that follows sends nothing again."""
    reponse = HttpResponseRedirect(adresse)
    reponse.status_code = 303
    return reponse


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def dossier_brouillon(request: HttpRequest, identifiant: UUID) -> HttpResponse:
    demande = get_object_or_404(find_sienne(request.user, identifiant))
    if demande.statut != Statut.BROUILLON and not is_script(request):
        return redirect(reverse("dossier_detail", args=[demande.pk]))
    try:
        version = read_version(demande, au=timezone.localdate())
    except ActeInvalide as refus:
        return render_error(request, 404, message=str(refus))
    if request.method != "POST":
        return render(request, "aides/dossiers/brouillon.html", build_page(request, demande, version))
    saisie, erreurs = read_saisie(request.POST, demande, version)
    if is_script(request):
        return save_script(request, demande, saisie, erreurs)
    return act(request, demande, version, saisie, erreurs)


def is_script(request: HttpRequest) -> bool:
    """Saved by the page itself, while it is written."""
    return request.headers.get("X-Maillage") == "enregistrement"


def read_numero_version(donnees: QueryDict) -> int:
    lue = donnees.get("version", "")
    return int(lue) if lue.isascii() and lue.isdigit() and len(lue) < 9 else 0


def save_script(request: HttpRequest, demande: Demande, saisie: Saisie, erreurs: Mapping[str, str]) -> HttpResponse:
    if erreurs:
        return JsonResponse({"erreurs": erreurs}, status=422)
    try:
        enregistree = save_brouillon(
            demande, par=read_personne(request), version=read_numero_version(request.POST), saisie=saisie
        )
    except ActeRefuse as refus:
        return JsonResponse({"refus": str(refus)}, status=refus.statut_http)
    le = timezone.localtime(enregistree.modifiee_le)
    return JsonResponse({"version": enregistree.version, "le": format_heure(le)})


def format_heure(instant: Any) -> str:
    """« 10 h 32 »."""
    return f"{instant.hour}\u00a0h\u00a0{instant.minute:02d}"


def act(
    request: HttpRequest, demande: Demande, version: Version, saisie: Saisie, erreurs: dict[str, str]
) -> HttpResponse:
    """One button of the form: save, join a document, remove one, file. What was typed is never lost."""
    geste = request.POST.get("geste", "enregistrer")
    formulaire = PieceForm(request.POST, request.FILES)
    if not formulaire.is_valid():
        erreurs = erreurs | {"fichier": describe_erreurs(formulaire, "fichier") or "Choisissez un autre fichier."}
    elif geste == "ajouter" and not formulaire.cleaned_data["fichier"]:
        erreurs = erreurs | {"fichier": "Choisissez un fichier à joindre."}
    if erreurs:
        return refuse(request, demande, version, saisie, erreurs, statut=422)
    numero = read_numero_version(request.POST)
    try:
        with transaction.atomic():
            if fichier := formulaire.cleaned_data["fichier"]:
                join_fichier(request, demande, version, fichier, formulaire.cleaned_data["nature"])
            if geste == "deposer":
                file_brouillon(demande, par=read_personne(request), version=numero, saisie=saisie)
                return redirect(reverse("dossier_detail", args=[demande.pk]))
            save_brouillon(demande, par=read_personne(request), version=numero, saisie=saisie)
            if geste.startswith("retirer-") and geste.removeprefix("retirer-").isdecimal():
                remove_piece(demande, par=read_personne(request), piece=int(geste.removeprefix("retirer-")[:18]))
    except ActeRefuse as refus:
        return explain(request, demande, version, saisie, refus, numero)
    ancre = {"ajouter": "#pieces"}.get(geste, "#pieces" if geste.startswith("retirer-") else "")
    section = request.POST.get("section", "")
    ancre = f"#{section}" if section in ("situation", "lieu", "coordonnees", "pieces", "message") else ancre
    return redirect(f"{reverse('dossier_brouillon', args=[demande.pk])}?enregistre=1{ancre}")


def join_fichier(request: HttpRequest, demande: Demande, version: Version, fichier: Any, nature: str) -> None:
    document = receive_document(
        fichier,
        proprietaire=request.user,
        region_code=demande.region_code,
        departement_code=demande.departement_code,
        guichet=demande.guichet,
        depose_par=read_personne(request),
    )
    join_piece(demande, par=read_personne(request), document=document, nature=nature, version=version)


def explain(
    request: HttpRequest, demande: Demande, version: Version, saisie: Saisie, refus: ActeRefuse, numero: int
) -> HttpResponse:
    """Why the deposit or the saving was refused. But for a stale form, what was typed is saved in the draft."""
    if isinstance(refus, VersionPerimee):
        demande.refresh_from_db()
        return refuse(request, demande, version, saisie, {}, statut=409, refus=refus)
    if isinstance(refus, DepotRefuse | ZoneChangee) or (isinstance(refus, ActeInvalide) and refus.erreurs):
        demande = save_brouillon(demande, par=read_personne(request), version=numero, saisie=saisie)
        if isinstance(refus, ZoneChangee):
            show_zone(demande, au=timezone.localdate())
        erreurs = refus.erreurs if isinstance(refus, ActeInvalide) else {}
        return refuse(request, demande, version, saisie, erreurs, statut=refus.statut_http, refus=refus)
    demande.refresh_from_db()
    if demande.statut != Statut.BROUILLON:
        return redirect(reverse("dossier_detail", args=[demande.pk]))
    return refuse(request, demande, version, saisie, {}, statut=refus.statut_http, refus=refus)


def refuse(
    request: HttpRequest,
    demande: Demande,
    version: Version,
    saisie: Saisie,
    erreurs: Mapping[str, str],
    *,
    statut: int,
    refus: ActeRefuse | None = None,
) -> HttpResponse:
    contexte = build_page(request, demande, version, saisie=saisie, erreurs=erreurs, refus=refus)
    return render(request, "aides/dossiers/brouillon.html", contexte, status=statut)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def dossier_supprimer(request: HttpRequest, identifiant: UUID) -> HttpResponse:
    demande = get_object_or_404(find_sienne(request.user, identifiant))
    if demande.statut != Statut.BROUILLON:
        return redirect(reverse("dossier_detail", args=[demande.pk]))
    if request.method == "POST":
        delete_brouillon(demande, par=read_personne(request))
        return redirect(f"{reverse('dossier_list')}?supprime=1")
    dispositif = catalogue().dispositif(demande.dispositif)
    contexte = {"demande": demande, "dispositif": dispositif.nom if dispositif else demande.dispositif}
    return render(request, "aides/dossiers/supprimer.html", contexte)
