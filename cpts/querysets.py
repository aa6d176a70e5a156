"""Who sees what of a CPTS: its coordinators, the agents of its territory, the caisse that signs its ACI."""

from typing import TYPE_CHECKING, Self

from django.db.models import Q

from cpts.enums import StatutStructure
from cpts.regles.vie_structures import OUVERTES, VALIDEES
from portal.accounts.enums import ROLES_AGENT, ROLES_ARS, Role
from portal.core.querysets import PorteeQuerySet

if TYPE_CHECKING:
    from portal.accounts.portee import Portee


def filter_cpts(portee: "Portee", prefixe: str = "") -> Q:
    """The CPTS behind `prefixe` (« cpts__ »; empty: of the model Cpts) whose own rows one may read."""
    filtre = portee.filter_territoire(*ROLES_AGENT, prefixe=prefixe)
    if not filtre:
        return filtre
    codes = [cle.removeprefix("cpts:") for cle in sorted(portee.cles([Role.COORDINATEUR_CPTS])) if ":" in cle]
    return filtre | Q(**{f"{prefixe}code__in": codes})


class CptsQuerySet(PorteeQuerySet):
    """The list is public; `for_user` gives those whose members, meetings and money one may read."""

    def for_portee(self, portee: "Portee") -> Self:
        return self.filter(filter_cpts(portee))


class DeCptsQuerySet(PorteeQuerySet):
    """Rows that belong to a CPTS, itself behind `chemin`."""

    chemin = "cpts__"

    def for_portee(self, portee: "Portee") -> Self:
        return self.filter(filter_cpts(portee, self.chemin))


class DeReunionQuerySet(DeCptsQuerySet):
    chemin = "reunion__cpts__"


class DeMissionQuerySet(DeCptsQuerySet):
    chemin = "mission__cpts__"


class DExerciceQuerySet(DeCptsQuerySet):
    chemin = "exercice__cpts__"


class StructureQuerySet(PorteeQuerySet):
    """The list is public; `for_user` gives those whose teams and documents one may read."""

    def for_portee(self, portee: "Portee") -> Self:
        return self.filter(filter_structures(portee))

    def validees(self) -> Self:
        """Whose project was validated, open or not: those open, and those that are not open yet."""
        return self.filter(statut__in=VALIDEES)

    def ouvertes(self) -> Self:
        """Open, with a contract or not."""
        return self.filter(statut__in=OUVERTES)

    def contractees(self) -> Self:
        """Open, with an ACI (or the national agreement of the centres)."""
        return self.filter(statut=StatutStructure.ACI_SIGNE)

    def a_ouvrir(self) -> Self:
        """Validated, not open."""
        return self.filter(statut=StatutStructure.PROJET_VALIDE)


def filter_structures(portee: "Portee", prefixe: str = "") -> Q:
    """By the territory of the structure, or by the CPTS that it belongs to."""
    filtre = portee.filter_territoire(*ROLES_AGENT, prefixe=prefixe)
    return filtre | filter_cpts(portee, f"{prefixe}cpts__") if filtre else filtre


class DeStructureQuerySet(PorteeQuerySet):
    def for_portee(self, portee: "Portee") -> Self:
        return self.filter(filter_structures(portee, "structure__"))


class ListeCptsQuerySet(PorteeQuerySet):
    """The lists that an ARS handed in: for the agents of its territory."""

    def for_portee(self, portee: "Portee") -> Self:
        return self.filter(portee.filter_territoire(*ROLES_ARS))
