"""What prevention says on the home of the coordinators' space."""

from datetime import timedelta

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from cpts.models import Cpts
from portal.core.accueil import LISTE_MAX, Ligne, Section
from prevention.enums import StatutAction
from prevention.models import ActionPrevention

BIENTOT = timedelta(days=60)


def list_sections(request: HttpRequest, cpts: Cpts) -> list[Section]:
    """The actions to close (their day is past, their counts are missing), and those that come."""
    au = timezone.localdate()
    siennes = ActionPrevention.objects.for_user(request.user).filter(cpts=cpts).order_by("jour", "pk")
    a_clore = siennes.filter(statut=StatutAction.ANNONCEE, jour__lt=au)[:LISTE_MAX]
    a_venir = siennes.filter(
        statut__in=[StatutAction.ANNONCEE, StatutAction.BROUILLON], jour__range=(au, au + BIENTOT)
    )
    lien = reverse("espace_actions", args=[cpts.code])
    return [
        Section(
            "Actions à clore",
            30,
            [_build(cpts, action, "nombre de participants attendu", retard=True) for action in a_clore],
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


def _build(cpts: Cpts, action: ActionPrevention, detail: str, *, retard: bool = False) -> Ligne:
    return Ligne(action.titre, reverse("espace_action", args=[cpts.code, action.pk]), detail, action.jour, retard)
