"""The filters that somebody keeps for a list, and shares with the colleagues of their organisations."""

from typing import Any

from django.db import IntegrityError, transaction

from portal.core.models import FiltreEnregistre

FILTRES_MAX = 50


class FiltreRefuse(Exception):
    """Nothing was kept. The sentence says what to do."""


def list_filtres(user: Any, liste: str) -> list[FiltreEnregistre]:
    """One's own first, then those that colleagues share."""
    lus = FiltreEnregistre.objects.for_user(user).filter(liste=liste).order_by("nom", "pk")[: 2 * FILTRES_MAX]
    return sorted(lus, key=lambda filtre: filtre.proprietaire_id != user.pk)


def save_filtre(user: Any, liste: str, nom: str, requete: str, *, partage: bool) -> FiltreEnregistre:
    """Keep it under a new name. Raises FiltreRefuse."""
    propre = " ".join(nom.split())
    if not propre or len(propre) > 60:
        raise FiltreRefuse("Donnez à ce filtre un nom de 60 caractères au plus.")
    siens = FiltreEnregistre.objects.filter(proprietaire=user, liste=liste)
    if siens.count() >= FILTRES_MAX:
        raise FiltreRefuse(f"Vous avez déjà {FILTRES_MAX} filtres pour cette liste : supprimez-en un d'abord.")
    try:
        with transaction.atomic():
            return FiltreEnregistre.objects.create(
                proprietaire=user, liste=liste, nom=propre, requete=requete[:1000], partage=partage
            )
    except IntegrityError as erreur:
        raise FiltreRefuse(f"Vous avez déjà un filtre « {propre} » : donnez-lui un autre nom.") from erreur


def remove_filtre(user: Any, liste: str, identifiant: str) -> None:
    """One's own alone. Raises FiltreRefuse."""
    siens = FiltreEnregistre.objects.filter(proprietaire=user, liste=liste)
    if not identifiant.isdecimal() or len(identifiant) > 18 or not siens.filter(pk=int(identifiant)).delete()[0]:
        raise FiltreRefuse("Ce filtre n'existe plus, ou il est à un collègue.")
