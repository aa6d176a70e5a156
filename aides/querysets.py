"""Who sees a file and what hangs from it (`for_user`)."""

from typing import Any, Self

from django.db.models import Q

from portal.core.querysets import TerritorialiseQuerySet


class DemandeQuerySet(TerritorialiseQuerySet):
    """A file that was never deposited is its author's alone."""

    def for_portee(self, portee: Any) -> Self:
        return super().for_portee(portee).filter(Q(deposee_le__isnull=False) | Q(proprietaire_id=portee.personne))


class DuDossierQuerySet(TerritorialiseQuerySet):
    """What hangs from a file is seen by who sees the file."""

    parent = "demande__"

    def for_portee(self, portee: Any) -> Self:
        depose = Q(demande__deposee_le__isnull=False) | Q(demande__proprietaire_id=portee.personne)
        return super().for_portee(portee).filter(depose)


class ActeDossierQuerySet(DuDossierQuerySet):
    """An act between agents is not shown to who asks, even to an agent who asks for oneself."""

    def for_portee(self, portee: Any) -> Self:
        return super().for_portee(portee).exclude(visible=False, demande__proprietaire_id=portee.personne)


class AvenantQuerySet(TerritorialiseQuerySet):
    parent = "contrat__"
