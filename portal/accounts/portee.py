"""What somebody may see and do today: read once a request from the mandats in force, used by every right.

One function per model says who sees a row: `Model.objects.for_user(user)`. All of them start from here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.utils import timezone

from portal.accounts.enums import ROLES_AGENT, ROLES_ARS, Role

AUCUN = Q(pk__in=[])


@dataclass(frozen=True)
class MandatLu:
    """A mandat in force: `cle` is « national », « region:27 », « departement:71 » or « cpts:… »."""

    id: int
    role: Role
    cle: str
    organisation: int


@dataclass(frozen=True)
class Portee:
    """Who asks, and on what territory with what role. `technique`: a superuser, who keeps the machine running."""

    personne: int | None
    mandats: tuple[MandatLu, ...] = ()
    technique: bool = False

    def cles(self, roles: Iterable[Role] | None = None) -> frozenset[str]:
        """The territories over which one of these roles is held (every role: None)."""
        voulus = None if roles is None else frozenset(roles)
        cles = {mandat.cle for mandat in self.mandats if voulus is None or mandat.role in voulus}
        return frozenset(cles | ({"national"} if self.technique else set()))

    def has_role(self, *roles: Role) -> bool:
        return self.technique or any(mandat.role in roles for mandat in self.mandats)

    @cached_property
    def est_agent(self) -> bool:
        """Works in the administration."""
        return self.has_role(*ROLES_AGENT)

    def covers(self, region_code: str, departement_code: str, *roles: Role) -> bool:
        """Whether one of these roles is held over this place."""
        cles = self.cles(roles)
        return not cles.isdisjoint({"national", f"region:{region_code}", f"departement:{departement_code}"})

    @cached_property
    def organisations(self) -> frozenset[int]:
        return frozenset(mandat.organisation for mandat in self.mandats)

    def filter_territoire(self, *roles: Role, prefixe: str = "") -> Q:
        """The rows (`region_code`, `departement_code`, behind `prefixe`) over which one of these roles is held."""
        cles = self.cles(roles)
        if "national" in cles:
            return Q()
        regions = [cle.removeprefix("region:") for cle in sorted(cles) if cle.startswith("region:")]
        departements = [cle.removeprefix("departement:") for cle in sorted(cles) if cle.startswith("departement:")]
        filtre = AUCUN
        if regions:
            filtre |= Q(**{f"{prefixe}region_code__in": regions})
        if departements:
            filtre |= Q(**{f"{prefixe}departement_code__in": departements})
        return filtre

    def filter_territorialise(self, prefixe: str = "") -> Q:
        """The rows that one may read: one's own, those of one's territory, those that one's caisse pays."""
        filtre = self.filter_territoire(*ROLES_ARS, prefixe=prefixe)
        if not filtre:
            return filtre
        caisse = self.filter_territoire(Role.AGENT_CPAM, prefixe=prefixe)
        if caisse != AUCUN:
            filtre |= caisse & Q(**{f"{prefixe}guichet": "cpam"})
        return filtre | Q(**{f"{prefixe}proprietaire_id": self.personne}) if self.personne else filtre


PERSONNE = Portee(None)


def read_portee(user: Any, *, au: date | None = None) -> Portee:
    """One query, kept on the object `user`, which lives one request: a mandat ended last night gives nothing."""
    if user is None or not user.is_authenticated or not user.is_active:
        return PERSONNE
    jour = au or timezone.localdate()
    gardees: dict[date, Portee] | None = getattr(user, "_portees", None)  # of the person, behind `request.user`
    if gardees is None:
        gardees = user._portees = {}
    if jour not in gardees:
        lus = user.mandats.en_vigueur(au=jour).order_by("pk")[:100]
        mandats = tuple(MandatLu(lu.pk, Role(lu.role), lu.cle, lu.organisation_id) for lu in lus)
        gardees[jour] = Portee(user.pk, mandats, bool(user.is_superuser))
    return gardees[jour]
