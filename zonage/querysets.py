"""Questions about the territory, chainable. The day has no default."""

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db.models import F, FilteredRelation, Q, QuerySet

if TYPE_CHECKING:
    from zonage.models import Classement, Commune, ZoneCommune  # noqa: F401


class CommuneQuerySet(QuerySet["Commune"]):
    def with_niveau(self, profession: str, *, au: date) -> Self:
        """Annotate `niveau` (code) and `statut_zone` on that day (both NULL: the file does not know).

        One row each: the exclusion constraint of the read table allows one match.
        """
        du_jour = Q(zones__profession=profession, zones__periode__contains=au)
        return self.alias(du_jour=FilteredRelation("zones", condition=du_jour)).annotate(
            niveau=F("du_jour__niveau_id"), statut_zone=F("du_jour__statut")
        )


class EnVigueurQuerySet(QuerySet):  # type: ignore[type-arg]
    def en_vigueur(self, *, au: date) -> Self:
        """The rows whose period holds that day."""
        return self.filter(periode__contains=au)
