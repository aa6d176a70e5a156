"""Who sees a row: `Model.objects.for_user(user)`, the one question of pages, administration, exports and tasks.

The core knows no app: `settings.MAILLAGE_DROITS` names the function that reads what somebody may see
(`portal.accounts.portee.read_portee`).
"""

from abc import ABCMeta, abstractmethod
from typing import Any, Self

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.module_loading import import_string


def read_portee(user: Any) -> Any:
    """What `user` may see and do today (`portal.accounts.portee.Portee`)."""
    return import_string(settings.MAILLAGE_DROITS)(user)


class PorteeQuerySet(QuerySet, metaclass=ABCMeta):  # type: ignore[type-arg]
    """A model of personal data: `for_portee` says the rows seen. Without it, no row can be asked for."""

    @abstractmethod
    def for_portee(self, portee: Any) -> Self: ...

    def for_user(self, user: Any) -> Self:
        return self.for_portee(read_portee(user))


class TerritorialiseQuerySet(PorteeQuerySet):
    """Rows of a person, seen by the agents of their territory too: theirs, or those of the row behind `parent`."""

    parent = ""

    def for_portee(self, portee: Any) -> Self:
        return self.filter(portee.filter_territorialise(self.parent))


class DocumentQuerySet(TerritorialiseQuerySet):
    """One's own, those of one's territory, and those that the coordinators of one's CPTS share."""

    def for_portee(self, portee: Any) -> Self:
        lignes = portee.filter_territorialise(self.parent)
        partages = sorted(cle for cle in portee.cles() if cle.startswith("cpts:"))
        return self.filter(lignes | Q(perimetre__in=partages) if lignes and partages else lignes)


class FiltreQuerySet(PorteeQuerySet):
    """One's own filters, and those that the colleagues of one's organisations share."""

    def for_portee(self, portee: Any) -> Self:
        partages = Q(partage=True, proprietaire__mandats__organisation_id__in=sorted(portee.organisations))
        visibles = self.model._default_manager.filter(partages).values("pk")
        return self.filter(Q(proprietaire_id=portee.personne) | Q(pk__in=visibles))


class TravauxQuerySet(PorteeQuerySet):
    """The runs of imports: for the agents, whatever the territory (official files name nobody)."""

    def for_portee(self, portee: Any) -> Self:
        return self if portee.est_agent else self.none()


class EvenementQuerySet(PorteeQuerySet):
    """The journal: whole for a national mandat, else what one did oneself, and what concerns nobody's file.

    The acts on a file are read from the page of the file, once the file itself was found by its own `for_user`.
    """

    PERSONNELS = ("aides.demande:", "aides.contrat:", "aides.echeance:", "aides.lignecampagne:", "cpts.",
                  "accounts.", "core.document:", "prevention.actionprevention:", "prevention.bulletin:")  # fmt: skip

    def for_portee(self, portee: Any) -> Self:
        if "national" in portee.cles():
            return self
        if not portee.est_agent:
            return self.filter(auteur_id=portee.personne) if portee.personne else self.none()
        personnels = Q()
        for prefixe in self.PERSONNELS:
            personnels |= Q(objet__startswith=prefixe)
        return self.filter(Q(auteur_id=portee.personne) | ~personnels)
