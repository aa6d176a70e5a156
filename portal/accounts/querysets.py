from datetime import date
from typing import TYPE_CHECKING, Self

from django.db.models import QuerySet

if TYPE_CHECKING:
    from portal.accounts.models import Mandat  # noqa: F401
    from portal.accounts.portee import Portee


class MandatQuerySet(QuerySet["Mandat"]):
    def en_vigueur(self, *, au: date) -> Self:
        return self.filter(periode__contains=au, organisation__active=True)


class TerritorialiseQuerySet(QuerySet):  # type: ignore[type-arg]
    """Rows of a person, seen by the agents of their territory too (`portal.accounts.models.Territorialise`)."""

    def for_portee(self, portee: "Portee") -> Self:
        return self.filter(portee.filter_territorialise())
