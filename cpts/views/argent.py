"""The ledger of the ACI in the space: read by the coordinators, granted and paid amounts entered by ARS and CPAM."""

from collections.abc import Iterator
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from cpts.enums import VoletAci
from cpts.erreurs import ActeInvalide
from cpts.forms_espace import MontantsForm, MotifForm
from cpts.models import Cpts, ExerciceAci, LigneAci, Mission
from cpts.services.argent import ExerciceLu, LigneLue, build_livre
from cpts.services.argent_actes import (
    Versement,
    close_exercice,
    list_versements,
    may_pay,
    record_montants,
    reopen_exercice,
)
from cpts.services.missions import LIBELLES_MISSION
from cpts.services.missions_calculs import list_preuves
from cpts.views.espace import dans_espace
from cpts.views.espace_pages import Saisie, read_cles, redirect, render_page, reserve
from cpts.views.missions import find_lien
from portal.core.exports import Apropos, export_csv, export_xlsx

RUBRIQUE = "espace_argent"
FAITS = {
    "montants": "Montants enregistrés.",
    "clos": "Exercice clos : ses montants ne changent plus.",
    "rouvert": "Exercice rouvert.",
}
FONCTIONNEMENT = "Fonctionnement"
COLONNES = (
    "Exercice", "Début", "Fin", "Taille", "Poste", "Volet", "Prévu (€)", "Estimé (€)", "Accordé (€)",
    "Avance versée (€)", "Versée le", "Solde versé (€)", "Versé le", "Trop-perçu, au moins (€)", "Au plus (€)",
    "Origine du montant",
)  # fmt: skip


def name_poste(ligne: LigneLue) -> str:
    return LIBELLES_MISSION.get(ligne.mission, FONCTIONNEMENT)


@require_http_methods(["GET", "HEAD", "POST"])
@dans_espace
@reserve(may_pay, lecture=True)
def argent(request: HttpRequest, cpts: Cpts) -> HttpResponse:
    """Year by year; POST closes or reopens one."""
    saisie = Saisie()
    if request.method == "POST":
        reponse = saisie.attempt(lambda: change_exercice(request, cpts, saisie))
        if reponse:
            return reponse
    au = timezone.localdate()
    livre = build_livre(cpts, au=au)
    contexte = {
        "titre": "Argent de l'ACI",
        "livre": [describe(exercice, au) for exercice in livre],
        "versements": [describe_versement(v, au) for v in select_versements(list_versements(livre), au)],
        "peut_payer": may_pay(request.user, cpts),
        "trop_percus": list_trop_percus(livre),
        "fin_anticipee": any(exercice.annee.arret == cpts.aci_fin_le for exercice in livre if exercice.annee.arret),
        "demonstration": any(ligne.demonstration for exercice in livre for ligne in exercice.lignes),
        "au": au,
        "fait": FAITS.get(request.GET.get("fait", "")),
    }
    return render_page(request, cpts, RUBRIQUE, "argent", contexte, saisie)


def list_trop_percus(livre: list[ExerciceLu]) -> list[tuple[ExerciceLu, LigneLue, str]]:
    return [
        (exercice, ligne, name_poste(ligne)) for exercice in livre for ligne in exercice.lignes if ligne.trop_percu
    ]


def describe(exercice: ExerciceLu, au: Any) -> dict[str, Any]:
    return {
        "lu": exercice,
        "lignes": [(ligne, name_poste(ligne)) for ligne in exercice.lignes],
        "courant": exercice.annee.debut <= au < exercice.annee.terme,
        "motif": MotifForm(initial={"version": exercice.exercice.version}, prefix=f"e{exercice.exercice.pk}"),
    }


def describe_versement(versement: Versement, au: Any) -> dict[str, Any]:
    return {
        "lu": versement,
        "poste": name_poste(versement.ligne),
        "retard": versement.is_retard(au),
    }


def select_versements(versements: list[Versement], au: Any) -> list[Versement]:
    """What is late and the twelve next; what was paid is on the lines."""
    ouverts = [v for v in versements if v.fait_le is None]
    return [v for v in ouverts if v.le < au][-20:] + [v for v in ouverts if v.le >= au][:12]


def change_exercice(request: HttpRequest, cpts: Cpts, saisie: Saisie) -> HttpResponse:
    lus = ExerciceAci.objects.for_user(request.user).filter(cpts=cpts).select_related("cpts")
    cles = read_cles([request.POST.get("exercice", "")])
    exercice = lus.filter(pk__in=cles).order_by("pk").first()
    if exercice is None:
        raise ActeInvalide("Choisissez un exercice de cette CPTS.")
    champs: dict[str, Any] = {}
    if request.POST.get("geste") == "rouvrir":
        champs = saisie.clean("motif", MotifForm(request.POST, prefix=f"e{exercice.pk}"))
    fait = "clos"
    if champs:
        reopen_exercice(exercice, par=request.user, version=champs["version"], motif=champs["motif"])
        fait = "rouvert"
    else:
        version = request.POST.get("version", "")
        close_exercice(exercice, par=request.user, version=int(version) if version.isdigit() else -1)
    return redirect(f"{reverse('espace_argent', args=[cpts.code])}?fait={fait}#e{exercice.pk}")


@require_http_methods(["GET", "HEAD", "POST"])
@dans_espace
@reserve(may_pay, lecture=True)
def argent_ligne(request: HttpRequest, cpts: Cpts, cle: int) -> HttpResponse:
    """One line of the ledger: how it is computed, the proofs behind it, what was granted and paid."""
    lues = LigneAci.objects.for_user(request.user).filter(exercice__cpts=cpts).select_related("exercice__cpts")
    ligne = get_object_or_404(lues, pk=cle)
    saisie = Saisie()
    if request.method == "POST":

        def act() -> HttpResponse:
            champs = saisie.clean("montants", MontantsForm(request.POST))
            record_montants(ligne, par=request.user, **champs)
            return redirect(f"{reverse('espace_argent_ligne', args=[cpts.code, ligne.pk])}?fait=montants")

        if reponse := saisie.attempt(act):
            return reponse
    livre = build_livre(cpts, au=timezone.localdate())
    exercice, lue = find_lue(livre, ligne)
    missions = list(Mission.objects.filter(cpts=cpts, type=ligne.mission).order_by("pk")[:1])
    preuves = list_preuves(missions, exercice.annee.debut, exercice.annee.fin)
    initial = {nom: getattr(ligne, nom, None) for nom in MontantsForm.base_fields}
    initial["version"] = exercice.exercice.version
    contexte = {
        "titre": f"{name_poste(lue)}, {VoletAci(lue.volet).label.lower()}",
        "exercice": exercice,
        "ligne": lue,
        "mission": missions[0] if missions else None,
        "preuves": [(preuve, find_lien(cpts, preuve)) for preuve in preuves],
        "formulaire": saisie.show("montants", lambda: MontantsForm(initial=initial)),
        "peut_payer": may_pay(request.user, cpts) and exercice.exercice.clos_le is None,
        "fait": FAITS.get(request.GET.get("fait", "")),
    }
    return render_page(request, cpts, RUBRIQUE, "argent_ligne", contexte, saisie)


def find_lue(livre: list[ExerciceLu], ligne: LigneAci) -> tuple[ExerciceLu, LigneLue]:
    for exercice in livre:
        for lue in exercice.lignes:
            if lue.ligne is not None and lue.ligne.pk == ligne.pk:
                return exercice, lue
    raise Http404


@require_safe
@dans_espace
def argent_export(request: HttpRequest, cpts: Cpts, forme: str) -> HttpResponse:
    if forme not in ("csv", "xlsx"):
        raise Http404
    livre = build_livre(cpts, au=timezone.localdate())
    nom = f"aci-{cpts.code}-{timezone.localdate():%Y-%m-%d}"
    if forme == "csv":
        return cast("HttpResponse", export_csv(nom, COLONNES, list_lignes(livre)))
    return cast(
        "HttpResponse", export_xlsx(nom, COLONNES, list_lignes(livre), apropos=Apropos("Argent de l'ACI", cpts.nom))
    )


def list_lignes(livre: list[ExerciceLu]) -> Iterator[tuple[Any, ...]]:
    """A cell left empty is « à renseigner »: its origin says so."""
    for exercice in livre:
        for lue in exercice.lignes:
            ligne, estimation, trop = lue.ligne, lue.estimation, lue.trop_percu
            yield (
                exercice.annee.rang,
                exercice.annee.debut,
                exercice.annee.terme,
                exercice.taille,
                name_poste(lue),
                VoletAci(lue.volet).label,
                lue.prevu,
                estimation.montant if estimation else None,
                ligne.accorde if ligne else None,
                ligne.avance if ligne else None,
                ligne.avance_le if ligne else None,
                ligne.solde if ligne else None,
                ligne.solde_le if ligne else None,
                trop.minimum if trop else None,
                trop.maximum if trop else None,
                lue.origine + (" (exemple inventé)" if lue.demonstration else ""),
            )
