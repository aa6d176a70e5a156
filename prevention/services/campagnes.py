"""The life of a campaign: opened, then closed for good."""

from datetime import date
from typing import Any

from django.db import transaction

from portal.core.models import Evenement
from prevention.enums import StatutCampagne
from prevention.models import Campagne
from prevention.services.erreurs import TransitionImpossible, explained


def open_campagne(campagne: Campagne, *, par: Any) -> None:
    """From a draft to a season that all may read. Raises ActeRefuse."""
    if not campagne.cibles.exists():
        raise TransitionImpossible("Ajoutez d'abord une population cible : un taux sans elle ne veut rien dire.")
    _move(campagne, StatutCampagne.BROUILLON, StatutCampagne.OUVERTE, par, "ouverture", None)


def close_campagne(campagne: Campagne, *, par: Any, au: date) -> None:
    """The season is over: from now on, nothing of it is edited, not even by the owner of the tables."""
    if au < campagne.periode.lower:
        raise TransitionImpossible("Cette saison n'a pas commencé : elle ne peut pas être close.")
    _move(campagne, StatutCampagne.OUVERTE, StatutCampagne.CLOSE, par, "cloture", au)


def _move(
    campagne: Campagne, source: StatutCampagne, cible: StatutCampagne, par: Any, action: str, close_le: date | None
) -> None:
    with explained(), transaction.atomic():
        if not Campagne.objects.filter(pk=campagne.pk, statut=source).update(statut=cible, close_le=close_le):
            raise TransitionImpossible("Cette campagne n'est plus dans cet état : rouvrez sa fiche.")
        Evenement.objects.create(objet=f"prevention.campagne:{campagne.code}", action=action, auteur=par)
    campagne.refresh_from_db()
