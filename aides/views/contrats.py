"""My contracts: what is late, what comes next, what to provide; and the yearly declaration. Their holder alone."""

import re
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from aides.contrats.campagnes import describe_etat, is_ouverte, read_horloge
from aides.contrats.preuves import join_preuve, keep_preuve
from aides.contrats.radar import EN_COURS, HORIZONS, list_siens
from aides.contrats.reglements import declare_ligne, find_base
from aides.dossiers.erreurs import ActeRefuse, DroitRefuse
from aides.dossiers.lecture import name_dispositif
from aides.forms_dossiers import PieceForm, describe_erreurs
from aides.models import Campagne, Contrat, Echeance, LigneCampagne
from portal.accounts.models import User
from portal.core.forms import ACCEPTES

LIGNES_MAX = 60
CAMPAGNES_MAX = 20
NOMBRE = re.compile(r"-?[0-9]{1,9}([.][0-9]{1,4})?")


def read_personne(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise DroitRefuse("Connectez-vous.")
    return request.user


def find_section(request: HttpRequest) -> tuple[str, dict[str, Any]] | None:
    """The link of the page of the account, for who holds a contract or instructs files."""
    nombre = Contrat.objects.for_user(request.user).filter(proprietaire_id=request.user.pk).count()
    return "aides/contrats/_section.html", {"contrats": nombre}


def find_siennes(request: HttpRequest) -> QuerySet[LigneCampagne]:
    """One's own lines: an agent settles those of others in the administration."""
    lignes = LigneCampagne.objects.for_user(request.user).filter(proprietaire_id=request.user.pk)
    siennes: QuerySet[LigneCampagne] = lignes.select_related(
        "campagne", "echeance__contrat__demande", "piece__document"
    )
    return siennes


@never_cache
@login_required
@require_safe
def contrat_list(request: HttpRequest) -> HttpResponse:
    return render(request, "aides/contrats/liste.html", build_liste(request))


def build_liste(request: HttpRequest, **plus: Any) -> dict[str, Any]:
    au = timezone.localdate()
    lu = request.GET.get("horizon", "")
    horizon = int(lu) if lu in {str(jours) for jours in HORIZONS} else 90
    contrats = list_siens(request.user, au=au, horizon=horizon)
    campagnes = Campagne.objects.filter(pk__in=find_siennes(request).values("campagne"))
    return {
        "contrats": contrats,
        "horizon": horizon,
        "horizons": HORIZONS,
        "en_cours": EN_COURS,
        "campagnes": [
            (campagne, name_dispositif(campagne.dispositif), describe_etat(campagne, au), is_ouverte(campagne, au))
            for campagne in campagnes.order_by("-annee", "dispositif", "pk")[:CAMPAGNES_MAX]
        ],
        "accepte": ACCEPTES,
        "jointe": request.GET.get("jointe", ""),
        "faute": None,
        **plus,
    }


@never_cache
@login_required
@require_http_methods(["POST"])
def contrat_preuve(request: HttpRequest, echeance: int) -> HttpResponse:
    """Join the proof of a duty. Refused, the page comes back with why, beside the duty."""
    siennes = Echeance.objects.for_user(request.user).filter(proprietaire_id=request.user.pk)
    ligne = get_object_or_404(siennes, pk=echeance)
    formulaire = PieceForm(request.POST, request.FILES)
    phrase, statut = "", 422
    if not formulaire.is_valid():
        phrase = describe_erreurs(formulaire, "fichier") or "Choisissez un autre fichier."
    elif not formulaire.cleaned_data["fichier"]:
        phrase = "Choisissez un fichier à joindre."
    else:
        try:
            join_preuve(ligne, formulaire.cleaned_data["fichier"], par=read_personne(request))
        except ActeRefuse as refus:
            phrase, statut = str(refus), refus.statut_http
    if not phrase:
        return HttpResponseRedirect(f"{reverse('contrat_list')}?jointe={ligne.pk}#e-{ligne.pk}")
    contexte = build_liste(request, faute=(ligne.pk, phrase), faute_libelle=ligne.libelle)
    return render(request, "aides/contrats/liste.html", contexte, status=statut)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def campagne_declaration(request: HttpRequest, campagne: int) -> HttpResponse:
    """The lines of one campaign, each with its own form: one declaration, one button."""
    lignes = list(find_siennes(request).filter(campagne_id=campagne).order_by("pk")[:LIGNES_MAX])
    if not lignes:
        get_object_or_404(find_siennes(request), campagne_id=campagne)
    if request.method != "POST":
        return render(request, "aides/contrats/campagne.html", build_campagne(request, lignes))
    ligne = next((lue for lue in lignes if str(lue.pk) == request.POST.get("ligne")), None)
    if ligne is None:
        return HttpResponseRedirect(reverse("campagne_declaration", args=[campagne]))
    erreurs, statut = declare(request, ligne)
    if not erreurs:
        return HttpResponseRedirect(
            f"{reverse('campagne_declaration', args=[campagne])}?declaree={ligne.pk}#l-{ligne.pk}"
        )
    fraiches = list(find_siennes(request).filter(campagne_id=campagne).order_by("pk")[:LIGNES_MAX])
    contexte = build_campagne(request, fraiches, faute=ligne.pk, erreurs=erreurs)
    return render(request, "aides/contrats/campagne.html", contexte, status=statut)


def declare(request: HttpRequest, ligne: LigneCampagne) -> tuple[dict[str, str], int]:
    """Do it. What is wrong, by field (empty: done), and the status of the page."""
    formulaire = PieceForm(request.POST, request.FILES)
    erreurs = {}
    if not formulaire.is_valid():
        erreurs["fichier"] = describe_erreurs(formulaire, "fichier") or "Choisissez un autre fichier."
    try:
        base = read_base(request.POST.get("base", ""))
    except ValueError as refus:
        erreurs["base"] = str(refus)
    if erreurs:
        return erreurs, 422
    version = request.POST.get("version", "")
    try:
        with transaction.atomic():
            piece = None
            if fichier := formulaire.cleaned_data["fichier"]:
                intitule = f"Déclaration {ligne.campagne.annee} : {ligne.echeance.libelle}"
                piece = keep_preuve(ligne.echeance.contrat, fichier, par=read_personne(request), intitule=intitule)
            declare_ligne(
                ligne,
                par=read_personne(request),
                base=base,
                piece=piece,
                version=int(version) if version.isdecimal() and len(version) < 9 else 0,
            )
    except ActeRefuse as refus:
        champs = getattr(refus, "erreurs", {})
        return (dict(champs) if "base" in champs else {"ligne": str(refus)}), refus.statut_http
    return {}, 200


def read_base(texte: str) -> Decimal | None:
    """« 123 456,78 » as a person writes it. Raises ValueError with a sentence."""
    nu = "".join(texte.split()).replace("\u202f", "").replace("€", "").replace(",", ".")
    if not nu:
        return None
    if NOMBRE.fullmatch(nu) is None:
        raise ValueError("Écrivez un nombre, par exemple 123456 ou 98 765.")
    return Decimal(nu)


def build_campagne(request: HttpRequest, lignes: list[LigneCampagne], **plus: Any) -> dict[str, Any]:
    campagne = lignes[0].campagne
    maintenant = read_horloge()
    faute = plus.get("faute")
    lues = []
    for ligne in lignes:
        try:
            base = find_base(ligne)
        except ActeRefuse:
            base = None
        typee = request.POST.get("base", "")[:40] if ligne.pk == faute else ""
        lues.append((ligne, base, typee))
    return {
        "campagne": campagne,
        "dispositif": name_dispositif(campagne.dispositif),
        "etat": describe_etat(campagne, maintenant.date()),
        "ouverte": is_ouverte(campagne, maintenant.date()),
        "lignes": lues,
        "accepte": ACCEPTES,
        "declaree": request.GET.get("declaree", ""),
        "erreurs": {},
        "faute": None,
        **plus,
    }
