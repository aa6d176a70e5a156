"""What somebody may do in prevention. What they may read is `Model.objects.for_user(user)`."""

from collections.abc import Callable
from datetime import date
from typing import Any

from cpts.droits import DECIDER, INSTRUIRE
from portal.accounts.enums import ROLES_AGENT, Role
from portal.accounts.portee import read_portee
from prevention.models import Campagne, Releve
from prevention.territoires import list_communes


def may_manage(user: Any, campagne: Campagne) -> bool:
    """Write the campaign, its targets and objectives, and hand in files: over its région, or all France."""
    return read_portee(user).covers(campagne.region_code or "-", "-", *INSTRUIRE)


def may_create(user: Any, region_code: str) -> bool:
    return read_portee(user).covers(region_code or "-", "-", *INSTRUIRE)


def may_close(user: Any, campagne: Campagne) -> bool:
    return read_portee(user).covers(campagne.region_code or "-", "-", *DECIDER)


def may_correct(user: Any, releve: Releve) -> bool:
    """Replace a figure: whoever instructs its territory, or manages its campaign."""
    lieu = read_portee(user).covers(releve.region_code or "-", releve.departement_code or "-", *INSTRUIRE)
    return lieu or may_manage(user, releve.campagne)


def may_read_petits(user: Any, region_code: str, departement_code: str) -> bool:
    """See small numbers: the agents of the place."""
    return read_portee(user).covers(region_code or "-", departement_code or "-", *ROLES_AGENT)


def build_voit(user: Any, *, au: date) -> Callable[[Releve], bool]:
    """Which figures this person may see, small ones included (`prevention.lecture.Voit`)."""
    siennes: set[str] = set()
    codes = {cle.removeprefix("cpts:") for cle in read_portee(user).cles([Role.COORDINATEUR_CPTS]) if ":" in cle}
    for code in sorted(codes):
        siennes |= set(list_communes("cpts", code, au=au))

    def voit(releve: Releve) -> bool:
        if not releve.secret or may_read_petits(user, releve.region_code, releve.departement_code):
            return True
        cles = siennes if releve.territoire_type == "commune" else codes if releve.territoire_type == "cpts" else ()
        return releve.territoire_code in cles

    return voit
