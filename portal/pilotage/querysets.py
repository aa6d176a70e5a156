"""Questions about the targets and the saved views."""

from datetime import date
from typing import Any, Self

from django.db.models import F, Q, QuerySet

from portal.core.querysets import PorteeQuerySet


class ObjectifQuerySet(QuerySet):  # type: ignore[type-arg]
    """Who reads which is said by `portal.pilotage.droits.list_objectifs`: as the figure itself."""

    def en_vigueur(self, *, au: date) -> Self:
        return self.filter(Q(fin__isnull=True) | Q(fin__gt=au), debut__lte=au)

    def comptant(self) -> Self:
        """Without those that another one of the same day replaced."""
        return self.exclude(fin=F("debut"))


class VueQuerySet(PorteeQuerySet):
    """One's own views, and those that are shared with one of one's organisations."""

    def for_portee(self, portee: Any) -> Self:
        if portee.personne is None:
            return self.none()
        partagees = Q(organisation_id__in=sorted(portee.organisations))
        return self.filter(Q(proprietaire_id=portee.personne) | partagees)
