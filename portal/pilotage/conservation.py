"""What erasing an account takes away of the steering: the views that somebody kept."""

from collections import Counter

from portal.core.conservation import Comptes
from portal.core.effacements import Retenue
from portal.pilotage.models import Vue


class EffaceurVues:
    """Their names and what they show are the person's; the targets that somebody entered stay, under a number."""

    def list_retenues(self, user_id: int) -> list[Retenue]:
        return []

    def erase(self, user_id: int, *, garder: bool) -> Comptes:
        return Counter({"pilotage.vue": Vue.objects.filter(proprietaire_id=user_id).delete()[0]})
