"""The public page of a structure: its next actions of prevention. One query."""

from datetime import date

from cpts.models import Structure
from prevention.enums import StatutAction
from prevention.fiche_commune import ACTIONS_MAX
from prevention.models import ActionPrevention
from zonage.fiches import Fiche


def build_fiche(structure: Structure, *, aujourdhui: date) -> Fiche:
    lues = (
        ActionPrevention.objects.publiques()
        .filter(structure=structure, jour__gte=aujourdhui)
        .order_by("jour", "debut", "pk")
        .values("pk", "titre", "jour", "lieu", "statut", "demonstration", "commune__nom")[:ACTIONS_MAX]
    )
    contexte = {"actions": list(lues), "annulee": StatutAction.ANNULEE.value}
    return Fiche("prevention", "Prévention à venir", "prevention/_structure.html", contexte)
