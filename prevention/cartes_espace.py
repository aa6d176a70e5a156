"""The card of prevention on the home of a CPTS."""

from collections import Counter

from django.http import HttpRequest
from django.urls import reverse

from cpts.cartes_espace import Carte
from cpts.models import Cpts
from prevention.accueil import read_actions
from prevention.enums import StatutAction


def build_cartes(request: HttpRequest, cpts: Cpts) -> list[Carte]:
    lien = reverse("espace_actions", args=[cpts.code])
    etats = Counter(action.statut for action in read_actions(cpts))
    libelles = [
        f"{etats[statut]} {StatutAction(statut).label.lower()}{'s' if etats[statut] > 1 else ''}"
        for statut in StatutAction.values
        if etats[statut]
    ]
    phrases = [f"Actions : {', '.join(libelles)}"] if libelles else ["Aucune action de prévention."]
    return [Carte(60, "Mes actions", lien, phrases, [("Calendrier public", reverse("prevention"))])]
