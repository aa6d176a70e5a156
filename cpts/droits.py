"""What somebody may do to a CPTS or a structure. What they may read is `Model.objects.for_user(user)`."""

from typing import Any

from cpts.models import Cpts, Structure
from portal.accounts.enums import Role
from portal.accounts.portee import Portee, read_portee

INSTRUIRE = (Role.INSTRUCTEUR, Role.VALIDEUR, Role.ADMINISTRATEUR)
DECIDER = (Role.VALIDEUR, Role.ADMINISTRATEUR)


def is_coordinateur(portee: Portee, cpts: Cpts) -> bool:
    return f"cpts:{cpts.code}" in portee.cles([Role.COORDINATEUR_CPTS])


def may_edit(user: Any, cpts: Cpts) -> bool:
    """Write what is immediate and journaled (meetings, members, proofs, drafts): coordinators, and who instructs."""
    portee = read_portee(user)
    return is_coordinateur(portee, cpts) or may_instruct(user, cpts)


def may_instruct(user: Any, cpts: Cpts) -> bool:
    """Do the acts of the ARS on this CPTS."""
    return read_portee(user).covers(cpts.region_code, cpts.departement_code, *INSTRUIRE)


def may_decide(user: Any, cpts: Cpts) -> bool:
    """Approve what changes the contract: never one's own coordination."""
    portee = read_portee(user)
    decide = portee.covers(cpts.region_code, cpts.departement_code, *DECIDER)
    return decide and not is_coordinateur(portee, cpts)


def may_edit_structure(user: Any, structure: Structure) -> bool:
    return read_portee(user).covers(structure.region_code, structure.departement_code, *INSTRUIRE)
