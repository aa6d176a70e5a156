"""What FINESS proposes, on the home of the administration; nothing when there is nothing to decide."""

from django.http import HttpRequest
from django.urls import reverse

from cpts.droits import INSTRUIRE
from cpts.enums import StatutProposition
from cpts.models import PropositionFiness
from portal.accounts.portee import read_portee
from portal.core.accueil import LISTE_MAX, Ligne, Section, count_up_to


def list_taches(request: HttpRequest) -> list[Section]:
    portee = read_portee(request.user)
    if not portee.has_role(*INSTRUIRE):
        return []
    attendent = PropositionFiness.objects.filter(
        portee.filter_territoire(*INSTRUIRE), statut=StatutProposition.A_TRAITER
    )
    lues = list(attendent.order_by("finess", "pk")[:LISTE_MAX])
    if not lues:
        return []
    lignes = [
        Ligne(
            f"{une.get_genre_display()} : {une.finess}",
            reverse("admin:cpts_propositionfiness_change", args=[une.pk]),
            f"département {une.departement_code}",
        )
        for une in lues
    ]
    lien = reverse("admin:cpts_propositionfiness_changelist")
    return [Section("Propositions de FINESS à décider", 45, lignes, count_up_to(attendent), lien)]
