"""What somebody reads of the contradictions found in the figures, and where each is shown and mended."""

from typing import Any

from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse

from portal.accounts.enums import ROLES_ARS
from portal.accounts.portee import read_portee
from portal.pilotage.models import Constat
from portal.pilotage.sources.controles import CONTROLES, Controle


def list_constats(user: Any) -> QuerySet[Constat]:
    """Those of one's territory; what concerns no territory is read by the agents of the whole country."""
    return Constat.objects.filter(read_portee(user).filter_territoire(*ROLES_ARS)).select_related("territoire")


def list_ouverts(user: Any) -> QuerySet[Constat]:
    """What nobody mended nor put aside, the newest first."""
    return list_constats(user).filter(resolu_le__isnull=True, ecarte_le__isnull=True).order_by("-vu_le", "-pk")


def find_controle(constat: Constat) -> Controle | None:
    return CONTROLES.get(constat.controle)


def build_recu(constat: Constat) -> str:
    """The receipt of the figure at fault on that day; empty when the finding is not that of a figure."""
    if not constat.indicateur or constat.territoire is None:
        return ""
    adresse = reverse("pilotage_recu", args=[constat.indicateur, constat.territoire.type, constat.territoire.code])
    return f"{adresse}?au={constat.jour.isoformat()}"


def build_objet(constat: Constat) -> str:
    """The page of the administration where the row at fault is read; empty when there is none."""
    modele, _, cle = constat.objet.partition(":")
    if not cle:
        return ""
    try:
        return reverse(f"admin:{modele.replace('.', '_')}_change", args=[cle])
    except NoReverseMatch:
        return ""
