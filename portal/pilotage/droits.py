"""Who reads which figure, and the rows behind it.

What is public is so for everybody. The rest: agents read their territory and those that hold it, coordinators their
CPTS and those that hold it.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet, Subquery

from cpts.droits import INSTRUIRE
from portal.accounts.enums import ROLES_AGENT, Role
from portal.accounts.portee import AUCUN, Portee, read_portee
from portal.pilotage.enums import Maille
from portal.pilotage.lecture import sort_territoires
from portal.pilotage.models import Objectif, Territoire
from portal.pilotage.sources.definitions import Indicateur, list_indicateurs


def filter_territoires(portee: Portee) -> Q:
    """The territories whose every figure this person reads."""
    filtre = filter_siens(portee)
    if filtre in (AUCUN, Q()):
        return filtre
    filtre |= Q(type="france")
    for type_, code in _list_cles(portee):
        meres = Territoire.objects.filter(type=type_, code=code)
        filtre |= Q(type="region", code__in=Subquery(meres.values("region_code")))
        if type_ == "cpts":
            filtre |= Q(type="departement", code__in=Subquery(meres.values("departement_code")))
    return filtre


def filter_siens(portee: Portee) -> Q:
    """The territories that are theirs: those of an agent's perimeter, the CPTS of a coordinator."""
    if "national" in portee.cles(ROLES_AGENT):
        return Q()
    filtre = AUCUN
    for type_, code in _list_cles(portee):
        if type_ == "region":
            filtre |= Q(region_code=code)
        elif type_ == "departement":
            filtre |= Q(departement_code=code)
        else:
            filtre |= Q(type="cpts", code=code)
    return filtre


def list_siens(user: Any) -> list[Territoire]:
    """The largest first: the région of an agent, the CPTS of a coordinator."""
    lus = Territoire.objects.filter(
        filter_siens(read_portee(user)), actif=True, type__in=["region", "departement", "cpts"]
    )
    return sort_territoires(lus.order_by("type", "nom", "code")[:400])


def may_read(user: Any, indicateur: Indicateur, territoire: Territoire) -> bool:
    if is_public(indicateur, territoire):
        return True
    filtre = filter_territoires(read_portee(user))
    return Territoire.objects.filter(filtre, pk=territoire.pk).exists()


def may_read_lignes(user: Any, indicateur: Indicateur, territoire: Territoire) -> bool:
    """The counts behind a figure, commune by commune or CPTS by CPTS: they say more than the figure itself."""
    if has_lignes_publiques(indicateur):
        return True
    filtre = filter_siens(read_portee(user))
    return Territoire.objects.filter(filtre, pk=territoire.pk).exists()


def is_public(indicateur: Indicateur, territoire: Territoire) -> bool:
    return territoire.type in indicateur.mailles_publiques


def is_shown(indicateur: Indicateur, maille: str, *, entier: bool) -> bool:
    """Whether a page shows the figure of a territory of that size. `entier`: its reader reads every figure of it."""
    return maille in (indicateur.mailles if entier else indicateur.mailles_publiques)


def list_entiers(user: Any, cles: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Among these territories (type, code), those of which `user` reads every figure; None: nobody in particular."""
    if user is None:
        return set()
    visibles = Territoire.objects.filter(filter_territoires(read_portee(user)), code__in=[code for _, code in cles])
    lues = visibles.order_by("type", "code").values_list("type", "code")
    return set(lues[: 2 * len(cles) + 20]) & set(cles)


def has_lignes_publiques(indicateur: Indicateur) -> bool:
    """Public at every size: nothing in its parts is kept."""
    return indicateur.mailles_publiques == indicateur.mailles


def list_objectifs(user: Any) -> QuerySet[Objectif]:
    """The targets of the figures that this person reads: every target is read as its figure is."""
    siens = Territoire.objects.filter(filter_territoires(read_portee(user)))
    lisibles = Q(territoire__in=siens)
    for maille in Maille.values:
        publics = [un.code for un in list_indicateurs().values() if maille in un.mailles_publiques]
        lisibles |= Q(territoire__type=maille, indicateur__in=publics)
    return Objectif.objects.filter(lisibles)


def may_set_objectif(user: Any, territoire: Territoire) -> bool:
    """Those who instruct that place and its administrators; the whole of France: a national mandat."""
    return read_portee(user).covers(territoire.region_code, territoire.departement_code, *INSTRUIRE)


def _list_cles(portee: Portee) -> list[tuple[str, str]]:
    """« region:27 », « departement:71 » of the agents, « cpts:… » of the coordinators."""
    agents = [cle for cle in portee.cles(ROLES_AGENT) if cle.startswith(("region:", "departement:"))]
    cpts = [cle for cle in portee.cles([Role.COORDINATEUR_CPTS]) if cle.startswith("cpts:")]
    return [(cle.partition(":")[0], cle.partition(":")[2]) for cle in sorted(agents + cpts)]
