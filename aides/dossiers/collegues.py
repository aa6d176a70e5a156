"""Who instructs, over a file or over a territory: those with a mandat in force there, in the order of their names."""

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from portal.accounts.enums import Role, TypePerimetre
from portal.accounts.models import Mandat, User

COLLEGUES_MAX = 300


def list_collegues(
    *, regions: Collection[str], departements: Collection[str], sauf: int | None, cpam: bool, partout: bool = False
) -> list[User]:
    """One query, whatever the size of the administration. `partout`: whatever their territory; `cpam`: theirs too.

    Whether somebody may instruct a given file is what `aides.dossiers.droits.list_acteurs` says.
    """
    roles = [Role.INSTRUCTEUR, Role.VALIDEUR, *([Role.AGENT_CPAM] if cpam else [])]
    mandats = Mandat.objects.en_vigueur(au=timezone.localdate()).filter(role__in=roles, user=OuterRef("pk"))
    if not partout:
        mandats = mandats.filter(
            Q(perimetre=TypePerimetre.NATIONAL)
            | Q(perimetre=TypePerimetre.REGION, perimetre_code__in=regions)
            | Q(perimetre=TypePerimetre.DEPARTEMENT, perimetre_code__in=departements)
        )
    candidats = User.objects.filter(Exists(mandats), is_active=True)
    if sauf is not None:
        candidats = candidats.exclude(pk=sauf)
    return list(candidats.order_by("last_name", "first_name", "pk")[:COLLEGUES_MAX])
