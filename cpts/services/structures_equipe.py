"""The team and the documents of a structure: immediate, journaled, kept when they end."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from cpts.droits import may_edit_structure
from cpts.models import ActeStructure, Equipier, PieceStructure, Praticien, Structure
from cpts.services.structures import name_objet
from cpts.services.structures_refus import DroitRefuse, StructureRefusee
from cpts.sources.rpps import RPPS
from portal.accounts.models import User
from portal.core.documents import receive_document
from portal.core.models import Evenement

EQUIPE_MAX = 300
PIECES_MAX = 300
NATURES = {
    "projet": "Projet de santé",
    "statuts": "Statuts de la SISA ou de l'association",
    "decision": "Décision ou courrier de l'ARS",
    "contrat": "ACI ou accord national signé",
    "labellisation": "Dossier de candidature ou décision de labellisation",
    "autre": "Autre document",
}


@dataclass(frozen=True, slots=True)
class Arrivee:
    """Somebody of the team: a RPPS, or a profession and how many."""

    profession: str
    debut: date
    nombre: int = 1
    etp: Decimal | None = None
    rpps: str = ""
    fin: date | None = None


@transaction.atomic
def add_equipier(structure: Structure, arrivee: Arrivee, *, par: User) -> Equipier:
    """Raises DroitRefuse, StructureRefusee."""
    _check_droit(par, structure)
    praticien = _find_praticien(arrivee.rpps) if arrivee.rpps else None
    if arrivee.fin and arrivee.fin <= arrivee.debut:
        raise StructureRefusee("Ces dates ne se suivent pas.", {"fin": "Le départ est après l'arrivée."})
    if Equipier.objects.filter(structure=structure).count() >= EQUIPE_MAX:
        raise StructureRefusee(f"Une équipe a {EQUIPE_MAX} lignes au plus.")
    equipier = Equipier.objects.create(
        structure=structure,
        praticien=praticien,
        profession=praticien.get_profession_display() if praticien else arrivee.profession,
        nombre=1 if praticien else arrivee.nombre,
        etp=arrivee.etp,
        periode=DateRange(arrivee.debut, arrivee.fin),
    )
    _journal(structure, "equipe", par, {"equipier": equipier.pk})
    return equipier


@transaction.atomic
def end_equipier(structure: Structure, cle: int, *, par: User, le: date) -> Equipier:
    """`le`: the first day without. Raises DroitRefuse, StructureRefusee."""
    _check_droit(par, structure)
    equipier = (
        Equipier.objects.select_for_update(no_key=True, of=("self",)).filter(structure=structure, pk=cle).first()
    )
    if equipier is None or equipier.periode.upper is not None:
        raise StructureRefusee("Cette personne n'est plus dans l'équipe.")
    if le <= equipier.periode.lower:
        raise StructureRefusee("Le départ est après l'arrivée.", {"le": "Choisissez un jour après l'arrivée."})
    equipier.periode = DateRange(equipier.periode.lower, le)
    equipier.save(update_fields=["periode"])
    _journal(structure, "depart", par, {"equipier": equipier.pk})
    return equipier


@transaction.atomic
def add_piece(
    structure: Structure,
    fichier: UploadedFile,
    *,
    nature: str,
    libelle: str = "",
    par: User,
    acte: ActeStructure | None = None,
) -> PieceStructure:
    """Raises DroitRefuse, StructureRefusee, DocumentRefuse."""
    _check_droit(par, structure)
    if nature not in NATURES:
        raise StructureRefusee("Choisissez la nature du document.", {"nature": "Choisissez dans la liste."})
    if PieceStructure.objects.filter(structure=structure).count() >= PIECES_MAX:
        raise StructureRefusee(f"Une structure a {PIECES_MAX} documents au plus.")
    document = receive_document(
        fichier,
        proprietaire=par,
        region_code=structure.region_code,
        departement_code=structure.departement_code,
        guichet="ars",
        perimetre=f"cpts:{structure.cpts_id}" if structure.cpts_id else "",
        depose_par=par,
    )
    piece = PieceStructure.objects.create(
        structure=structure, document=document, acte=acte, nature=nature, libelle=libelle.strip()[:160]
    )
    _journal(structure, "piece", par, {"piece": piece.pk, "nature": nature})
    return piece


def _find_praticien(rpps: str) -> Praticien:
    compact = "".join(rpps.split())
    trouve = Praticien.objects.filter(pk=compact).first() if RPPS.fullmatch(compact) else None
    if trouve is None:
        raise StructureRefusee("Ce praticien est inconnu.", {"rpps": "Aucun praticien de l'annuaire n'a ce RPPS."})
    return trouve


def _check_droit(par: User, structure: Structure) -> None:
    if not may_edit_structure(par, structure):
        raise DroitRefuse("Cette structure n'est pas de votre territoire.")


def _journal(structure: Structure, action: str, par: User, details: dict[str, Any]) -> None:
    Evenement.objects.create(objet=name_objet(structure), action=action, auteur=par, details=details)
