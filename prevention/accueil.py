"""What prevention says on the home of the coordinators' space."""

from datetime import timedelta
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from cpts.models import Cpts, Rattachement
from portal.accounts.enums import Role
from portal.accounts.portee import read_portee
from portal.core.accueil import LISTE_MAX, Ligne, Section
from prevention.enums import StatutAction
from prevention.models import ActionPrevention

BIENTOT = timedelta(days=60)
ACTIONS_LUES = 2_000


def list_sections(request: HttpRequest, cpts: Cpts) -> list[Section]:
    """The actions to close (their day is past, their counts are missing), and those that come."""
    au = timezone.localdate()
    siennes = read_actions(cpts)
    a_clore = [action for action in siennes if action.statut == StatutAction.ANNONCEE and action.jour < au]
    a_venir = [
        action
        for action in siennes
        if action.statut in (StatutAction.ANNONCEE, StatutAction.BROUILLON) and au <= action.jour <= au + BIENTOT
    ]
    lien = reverse("espace_actions", args=[cpts.code])
    return [
        Section(
            "Actions à clore",
            30,
            [_build(cpts, action, "nombre de participants attendu", retard=True) for action in a_clore[:LISTE_MAX]],
            lien=f"{lien}?etat=annoncee",
        ),
        Section(
            "Mes prochaines actions",
            60,
            [_build(cpts, action, str(action.get_statut_display())) for action in a_venir[:LISTE_MAX]],
            lien=lien,
            vide="Aucune action dans les deux mois.",
        ),
    ]


def find_section(request: HttpRequest) -> tuple[str, dict[str, Any]] | None:
    """On « Mon compte »: the choice of the bulletins, for who may get them."""
    concerne = is_coordinateur_quelque_part(request.user) or Rattachement.objects.for_user(request.user).exists()
    return ("prevention/_compte.html", {}) if concerne else None


def is_coordinateur_quelque_part(user: Any) -> bool:
    return any(":" in cle for cle in read_portee(user).cles([Role.COORDINATEUR_CPTS]))


def read_actions(cpts: Cpts) -> list[ActionPrevention]:
    """The actions of a CPTS that one may open, by day: read once for the sections and the card of its home.

    What is shown of them is kept on the CPTS, as any prefetch is: it lives as long as the request.
    """
    courtes = ActionPrevention.objects.only("cpts", "titre", "statut", "jour").order_by("jour", "pk")[:ACTIONS_LUES]
    prefetch_related_objects([cpts], Prefetch("actions", courtes, to_attr="actions_accueil"))
    return list(cpts.actions_accueil)  # type: ignore[attr-defined]


def _build(cpts: Cpts, action: ActionPrevention, detail: str, *, retard: bool = False) -> Ligne:
    return Ligne(action.titre, reverse("espace_action", args=[cpts.code, action.pk]), detail, action.jour, retard)
