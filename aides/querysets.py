"""Who sees a file and what hangs from it (`for_user`)."""

from typing import Any, Self

from django.db.models import Q

from portal.accounts.enums import ROLES_AGENT, ROLES_ARS, Role
from portal.core.querysets import PorteeQuerySet, TerritorialiseQuerySet, read_portee


class DemandeQuerySet(TerritorialiseQuerySet):
    """A file that was never deposited is its author's alone."""

    def for_portee(self, portee: Any) -> Self:
        return super().for_portee(portee).filter(Q(deposee_le__isnull=False) | Q(proprietaire_id=portee.personne))

    def for_agent(self, user: Any) -> Self:
        """The files of `for_user` that are somebody else's: those that one reads as an agent, deposited.

        The territory alone, without « or mine »: an index then gives the rows in their order (docs/adr/0145).
        """
        portee = read_portee(user)
        territoire = portee.filter_territoire(*ROLES_ARS)
        if territoire:
            caisse = portee.filter_territoire(Role.AGENT_CPAM) & Q(guichet="cpam")
            territoire = territoire | caisse if portee.cles([Role.AGENT_CPAM]) else territoire
        return self.filter(territoire, deposee_le__isnull=False).exclude(proprietaire_id=portee.personne)


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


class CampagneQuerySet(PorteeQuerySet):
    """The agents of the région and of its départements; a holder, those in which one has a line."""

    def for_portee(self, portee: Any) -> Self:
        cles = portee.cles(ROLES_AGENT)
        if "national" in cles:
            return self
        regions = [cle.removeprefix("region:") for cle in cles if cle.startswith("region:")]
        departements = [cle.removeprefix("departement:") for cle in cles if cle.startswith("departement:")]
        lignes: Any = self.model._meta.get_field("lignes").related_model
        siennes = Q(pk__in=lignes.objects.for_portee(portee).values("campagne"))
        return self.filter(Q(region__in=regions) | Q(region__departements__in=departements) | siennes).distinct()


class AgendaQuerySet(PorteeQuerySet):
    """One's own, and nobody else's."""

    def for_portee(self, portee: Any) -> Self:
        return self.filter(user_id=portee.personne) if portee.personne else self.none()
