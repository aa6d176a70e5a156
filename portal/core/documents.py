"""Documents: received from a person or made by the portal, kept, given back. Never before the antivirus said « sain ».

Who may read a document is told by the app that holds it: a view finds it through the scoped object that it belongs to,
then calls `serve_document`.
"""

import hashlib
import hmac
import logging
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import content_disposition_header

from portal.core.examen import DocumentRefuse, FichierAccepte, clean_nom, examine
from portal.core.models import Document
from portal.core.models.documents import StatutAnalyse
from portal.core.outbox import post
from portal.core.stockage import OctetsAbsents, delete_octets, load_octets, write_octets

__all__ = [
    "DocumentRefuse",
    "erase_document",
    "is_servable",
    "read_octets",
    "receive_document",
    "serve_document",
    "store_document",
]
ANALYSE = "core.analyse_document"
TYPES_SERVIS = {"application/pdf", "image/png", "image/jpeg"}
PHRASES = {
    StatutAnalyse.EN_ATTENTE: (
        "Analyse en cours",
        "L'antivirus n'a pas encore fini de vérifier ce document. Revenez dans quelques minutes.",
    ),
    StatutAnalyse.INFECTE: (
        "Document rejeté : fichier infecté",
        "Ce document contient un programme malveillant : personne ne peut l'ouvrir. Déposez-en un autre.",
    ),
    StatutAnalyse.NON_ANALYSE: (
        "Document non analysé",
        "Ce portail n'a pas d'antivirus : les documents déposés ne peuvent être téléchargés que par les agents.",
    ),
}
NON_ANALYSE_FERME = "Ce portail n'a pas d'antivirus : les documents déposés ne peuvent être téléchargés par personne."
journal = logging.getLogger("maillage.documents")


@transaction.atomic
def receive_document(
    fichier: UploadedFile | FichierAccepte,
    *,
    proprietaire: Any,
    region_code: str = "",
    departement_code: str = "",
    guichet: str = "",
    perimetre: str = "",
    depose_par: Any,
) -> Document:
    """Keep what a person hands in, and ask for its analysis. Raises DocumentRefuse with a French sentence.

    The bytes are on the disk before the row: if the caller's transaction fails, the sweep takes them.
    """
    accepte = fichier if isinstance(fichier, FichierAccepte) else examine(fichier)
    analyse = bool(settings.MAILLAGE_ANTIVIRUS)
    document = _keep(
        accepte,
        statut=StatutAnalyse.EN_ATTENTE if analyse else StatutAnalyse.NON_ANALYSE,
        proprietaire=proprietaire,
        region_code=region_code,
        departement_code=departement_code,
        guichet=guichet,
        perimetre=perimetre,
        depose_par=depose_par,
    )
    if analyse:
        ask_analyse(document)
    return document


@transaction.atomic
def store_document(
    octets: bytes,
    *,
    nom: str,
    type_mime: str,
    proprietaire: Any = None,
    region_code: str = "",
    departement_code: str = "",
    guichet: str = "",
    perimetre: str = "",
) -> Document:
    """Keep what the portal made itself (a letter): nobody handed it in, nothing to analyse."""
    return _keep(
        FichierAccepte(clean_nom(nom), type_mime, octets),
        statut=StatutAnalyse.SAIN,
        analyse_le=timezone.now(),
        produit=True,
        proprietaire=proprietaire,
        region_code=region_code,
        departement_code=departement_code,
        guichet=guichet,
        perimetre=perimetre,
    )


def ask_analyse(document: Document) -> None:
    post(ANALYSE, str(document.pk), cle=f"document:{document.pk}")


def is_servable(document: Document, *, agent: bool) -> bool:
    """« Sain » for whoever may see it; « non analysé » for agents alone, and only when the setting says so."""
    if document.statut == StatutAnalyse.NON_ANALYSE:
        return agent and settings.MAILLAGE_NON_ANALYSE_AUX_AGENTS
    return document.statut == StatutAnalyse.SAIN


def serve_document(document: Document, *, agent: bool) -> HttpResponse:
    """The document as a file to keep, or a 409 page that says why not. The caller has checked who asks."""
    if not is_servable(document, agent=agent):
        return _explain(document)
    interne = settings.MAILLAGE_MEDIA_INTERNE
    try:
        reponse = HttpResponse(b"" if interne else read_octets(document))
    except OctetsAbsents:
        journal.error("document %s : octets absents ou changés", document.pk)
        raise Http404("Ce document n'est plus lisible : l'exploitant du portail en est averti.") from None
    if interne:
        reponse["X-Accel-Redirect"] = f"{interne.rstrip('/')}/{document.cle}"
    servi = document.type_mime if document.type_mime in TYPES_SERVIS else "application/octet-stream"
    reponse["Content-Type"] = servi
    reponse["Content-Disposition"] = content_disposition_header(True, clean_nom(document.nom)) or "attachment"
    reponse["X-Content-Type-Options"] = "nosniff"
    reponse["Content-Security-Policy"] = "sandbox; default-src 'none'"
    reponse["Cache-Control"] = "private, no-store"
    return reponse


def read_octets(document: Document) -> bytes:
    """The bytes, checked against their digest. Raises OctetsAbsents when they are missing or were changed."""
    octets = load_octets(document.cle)
    if not hmac.compare_digest(hashlib.sha256(octets).hexdigest(), document.empreinte):
        raise OctetsAbsents("empreinte")
    return octets


@transaction.atomic
def erase_document(document: Document) -> None:
    """The row now, its bytes once the transaction is done (or by the sweep, if the process dies in between)."""
    cle = document.cle
    document.delete()
    transaction.on_commit(lambda: delete_octets(cle))


def _keep(accepte: FichierAccepte, **champs: Any) -> Document:
    return Document.objects.create(
        nom=accepte.nom,
        type_mime=accepte.type_mime,
        taille=len(accepte.octets),
        empreinte=hashlib.sha256(accepte.octets).hexdigest(),
        cle=write_octets(accepte.octets),
        **champs,
    )


def _explain(document: Document) -> HttpResponse:
    statut = StatutAnalyse(document.statut)
    titre, phrase = PHRASES[statut]
    if statut == StatutAnalyse.NON_ANALYSE and not settings.MAILLAGE_NON_ANALYSE_AUX_AGENTS:
        phrase = NON_ANALYSE_FERME
    corps = render_to_string("core/document_indisponible.html", {"titre": titre, "phrase": phrase})
    reponse = HttpResponse(corps, status=409)
    reponse["Cache-Control"] = "private, no-store"
    return reponse
