"""Who sees what of prevention: campaigns and announced actions are public, drafts and small figures are not."""

from datetime import date
from typing import TYPE_CHECKING, Self

from cpts.querysets import DeCptsQuerySet, filter_cpts, filter_structures
from portal.accounts.enums import ROLES_AGENT
from portal.core.querysets import PorteeQuerySet

if TYPE_CHECKING:
    from portal.accounts.portee import Portee

PUBLICS = ("annoncee", "tenue", "annulee")


class CampagneQuerySet(PorteeQuerySet):
    """`for_user`: the agents manage them, whatever the territory (a campaign names nobody); `publiques` is for all."""

    def publiques(self) -> Self:
        return self.exclude(statut="brouillon")

    def for_portee(self, portee: "Portee") -> Self:
        return self if portee.est_agent else self.none()


class DeCampagneQuerySet(PorteeQuerySet):
    """Targets, objectives and files of a campaign: managed as it is."""

    def for_portee(self, portee: "Portee") -> Self:
        return self if portee.est_agent else self.none()


class ActionQuerySet(PorteeQuerySet):
    """The actions of a CPTS or a structure, whole; the public ones are for all."""

    def publiques(self) -> Self:
        return self.filter(publique=True, statut__in=PUBLICS)

    def a_venir(self, *, au: date) -> Self:
        return self.filter(jour__gte=au)

    def for_portee(self, portee: "Portee") -> Self:
        par_cpts, par_structure = filter_cpts(portee, "cpts__"), filter_structures(portee, "structure__")
        if not par_cpts or not par_structure:
            return self
        return self.filter(par_cpts | par_structure)


class BulletinQuerySet(DeCptsQuerySet):
    """Drafts are for those of the CPTS; what was published is for all."""

    def publies(self) -> Self:
        return self.filter(statut="publie")


class ChoixBulletinQuerySet(PorteeQuerySet):
    """Each their own."""

    def for_portee(self, portee: "Portee") -> Self:
        return self.filter(compte=portee.personne) if portee.personne else self.none()


class ReleveQuerySet(PorteeQuerySet):
    """`diffusables`: what everybody reads; `for_user`: with the small figures, where one may."""

    def courants(self) -> Self:
        return self.filter(courant=True)

    def diffusables(self) -> Self:
        return self.filter(courant=True, secret="").exclude(campagne__statut="brouillon")

    def for_portee(self, portee: "Portee") -> Self:
        return self.filter(portee.filter_territoire(*ROLES_AGENT))
