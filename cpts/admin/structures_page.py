"""What the page of a structure reads, bounded."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils import timezone

from cpts.admin.structures_formulaires import (
    ActeForm,
    DepartForm,
    EquipierForm,
    PieceForm,
    StructureForm,
    suggest_cpts,
)
from cpts.droits import INSTRUIRE, may_edit_structure
from cpts.enums import TypeStructure
from cpts.models import ActeStructure, Equipier, PieceStructure, PropositionFiness, Structure
from cpts.regles.vie_structures import ETAPES, list_actions, name_action
from cpts.services.structures_equipe import EQUIPE_MAX, NATURES, PIECES_MAX
from portal.accounts.models import User
from portal.accounts.portee import read_portee
from portal.core.documents import is_servable
from portal.core.historique import Changement, list_changements
from zonage.models import Departement

ACTES_MAX = 200
SITES_MAX = 100
CHANGEMENTS_MAX = 50


@dataclass(frozen=True, slots=True)
class Propose:
    """An act that may be done now, with its form. `ouvert`: sent back with faults."""

    nom: str
    libelle: str
    formulaire: forms.Form
    ouvert: bool


@dataclass(frozen=True, slots=True)
class ActeLu:
    acte: ActeStructure
    libelle: str
    auteur: str


def build_page(structure: Structure, moi: User, lies: dict[str, forms.Form]) -> dict[str, Any]:
    modifiable = may_edit_structure(moi, structure)
    equipe = Equipier.objects.for_user(moi).filter(structure=structure).select_related("praticien")
    pieces = PieceStructure.objects.for_user(moi).filter(structure=structure).select_related("document")
    return {
        "titre": structure.nom,
        "structure": structure,
        "modifiable": modifiable,
        "actes_possibles": list_proposes(structure, lies) if modifiable else [],
        "actes": list_actes(structure, moi),
        "changements": name_auteurs(list_changements(Structure, structure.pk)[:CHANGEMENTS_MAX]),
        "sites": list(structure.sites.order_by("nom", "pk").select_related("commune")[:SITES_MAX]),
        "equipe": [
            (ligne, lies.get(f"depart-{ligne.pk}") or DepartForm(cle=ligne.pk))
            for ligne in equipe.order_by("profession", "pk")[:EQUIPE_MAX]
        ],
        "pieces": [
            (piece, NATURES.get(piece.nature, piece.nature), is_servable(piece.document, agent=True))
            for piece in pieces.order_by("-depose_le", "pk")[:PIECES_MAX]
        ],
        "proposition": PropositionFiness.objects.filter(structure=structure, statut="a_traiter")
        .order_by("pk")
        .first(),
        "cpts_proposee": suggest_cpts(structure) if modifiable else None,
        "modifier": lies.get("modifier") or StructureForm(structure=structure, regions=read_regions(moi)),
        "equipier": lies.get("equipe") or EquipierForm(),
        "piece": lies.get("piece") or PieceForm(),
        "ouverts": set(lies),
        "aujourdhui": timezone.localdate(),
    }


def list_proposes(structure: Structure, lies: dict[str, forms.Form]) -> list[Propose]:
    """Those of the state; and the one that was just refused, so that what was typed is not lost."""
    actions = list_actions(structure.type, structure.statut)
    etapes = ETAPES[TypeStructure(structure.type)]
    return [
        Propose(
            action,
            etape.libelle,
            lies.get(action) or ActeForm(structure=structure, code=action, etape=etape),
            action in lies,
        )
        for action, etape in etapes.items()
        if action in actions or action in lies
    ]


def list_actes(structure: Structure, moi: User) -> list[ActeLu]:
    """The latest first."""
    lus = ActeStructure.objects.for_user(moi).filter(structure=structure).select_related("auteur")
    return [
        ActeLu(acte, name_action(structure.type, acte.action), name_personne(acte.auteur))
        for acte in lus.order_by("-survenu_le", "-pk")[:ACTES_MAX]
    ]


def name_auteurs(changements: list[Changement]) -> list[tuple[Changement, str]]:
    cles = {changement.auteur for changement in changements if changement.auteur}
    noms = {user.pk: name_personne(user) for user in User.objects.filter(pk__in=cles)} if cles else {}
    return [(c, noms.get(c.auteur or 0, "le portail")) for c in changements if c.valeurs]


def name_personne(user: User | None) -> str:
    if user is None:
        return "le portail"
    return user.get_full_name() or user.email or f"compte {user.pk}"


def read_regions(user: Any) -> list[str]:
    """The régions of who instructs; empty: all of them."""
    cles = read_portee(user).cles(INSTRUIRE)
    if "national" in cles:
        return []
    regions = {cle[7:] for cle in cles if cle.startswith("region:")}
    codes = [cle[12:] for cle in cles if cle.startswith("departement:")]
    if codes:
        regions |= set(Departement.objects.filter(code__in=codes).order_by("pk").values_list("region_id", flat=True))
    return sorted(regions) or ["-"]
