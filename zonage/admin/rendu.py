"""What the pages of an arrêté share: how a page is drawn, how a refusal is said, how an address list is cut."""

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.core.fichiers import FichierRefuse
from zonage.comparaisons import classes_de
from zonage.models import Arrete
from zonage.services import PublicationImpossible
from zonage.services.brouillons import SaisieRefusee
from zonage.services.brouillons_fichier import FichierDejaRecu

GABARITS = "admin/zonage/arrete"
PAR_PAGE = 50
ACTIONS = {
    "creer": "Brouillon créé",
    "modifier": "Fiche modifiée",
    "copier": "Zonage en vigueur copié",
    "classer": "Communes classées",
    "completer": "Communes absentes classées",
    "retirer_ligne": "Ligne retirée",
    "deposer_fichier": "Fichier déposé",
    "corriger_ligne": "Ligne du fichier corrigée",
    "ecarter_ligne": "Ligne du fichier écartée",
    "appliquer_fusions": "Fusions appliquées",
    "proposer": "Proposé",
    "reprendre": "Repris en brouillon",
    "publier": "Publié",
    "retirer": "Publication retirée",
}


def render_page(
    request: HttpRequest, nom: str, titre: str, *, refus: Exception | None = None, **contexte: Any
) -> HttpResponse:
    """A page of the administration. A form with errors or a refusal gives the status that says so."""
    formulaires = [valeur for cle, valeur in contexte.items() if cle.startswith("formulaire")]
    statut = find_statut(refus) if refus else 422 if any(lu.is_bound and lu.errors for lu in formulaires) else 200
    commun = {"titre": titre, "refus": refuse(refus), "interieure": nom != "detail", **contexte}
    return render(request, f"{GABARITS}/{nom}.html", commun, status=statut)


def find_statut(refus: Exception) -> int:
    return 409 if isinstance(refus, PublicationImpossible) else 422


def refuse(refus: Exception | None) -> dict[str, Any] | None:
    """The sentences of a refusal, and the arrêté that it names."""
    if refus is None:
        return None
    phrases: Sequence[str] = refus.fautes if isinstance(refus, SaisieRefusee) else [str(refus)]
    if isinstance(refus, FichierRefuse) and refus.ligne:
        phrases = [f"Ligne {refus.ligne} : {refus}"]
    return {"phrases": phrases, "lien": refus.arrete if isinstance(refus, FichierDejaRecu) else None}


def paginate(lignes: Any, numero: str, *, par_page: int = PAR_PAGE) -> Page:  # type: ignore[type-arg]
    """An unreadable or too high number gives the nearest page."""
    return Paginator(lignes, par_page).get_page(numero)


def describe_arrete(arrete: Arrete) -> list[tuple[str, object]]:
    """The facts of an arrêté, in the order of its page. Empty ones are left out."""
    fin = arrete.periode.upper
    faits: list[tuple[str, object]] = [
        ("Région", arrete.region.nom),
        ("Profession", arrete.get_profession_display()),
        ("Numéro", arrete.numero),
        ("Signé le", arrete.date_signature),
        ("Publié au recueil le", arrete.date_publication),
        ("Prend effet le", arrete.periode.lower),
        ("Cesse le (exclu)", fin),
        ("Source", arrete.source),
        ("Origine", arrete.get_origine_display()),
        ("Motif", arrete.motif),
    ]
    return [(nom, valeur) for nom, valeur in faits if valeur]


def name_classes(profession: str) -> dict[str, str]:
    return {code: classe.libelle for code, classe in classes_de(profession).items()}
