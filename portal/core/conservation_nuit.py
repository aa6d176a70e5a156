"""The night's work on what is kept: purges, copies of mails, copies of data not taken, erasures to be completed."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from portal.core.conservation import LIGNES_MAX, Categorie, Comptes, read_duree, run_conservation
from portal.core.copies import COURRIELS, list_vieux_courriels
from portal.core.effacements import complete_effacement, list_a_completer
from portal.core.mes_donnees import purge_exports
from portal.core.models import Evenement, ImportRun, PassageConservation


def run_nuit(tranche: Callable[[], AbstractContextManager[None]]) -> None:
    """The whole night's work: purges, copies of mails and of data not taken, erasures that may now be completed."""
    run_conservation(tranche)
    with tranche():
        purge_exports()
        purge_courriels()
    for effacement in list_a_completer():
        with tranche():
            complete_effacement(effacement)


def purge_courriels(*, au: datetime | None = None) -> int:
    """The files of mails older than the duration fixed. Returns how many."""
    duree = read_duree(COURRIELS)
    if duree is None:
        return 0
    vieux = list_vieux_courriels((au or timezone.now()) - duree)[:LIGNES_MAX]
    for chemin in vieux:
        chemin.unlink(missing_ok=True)
    if vieux:
        passage = PassageConservation.objects.create(
            categorie=COURRIELS, objets=len(vieux), comptes={COURRIELS: len(vieux)}, termine_le=timezone.now()
        )
        Evenement.objects.create(
            objet=f"core.passageconservation:{passage.pk}",
            action="purge",
            details={"categorie": COURRIELS, "objets": len(vieux)},
        )
    return len(vieux)


def find_rapports(limite: datetime) -> QuerySet[ImportRun]:
    return ImportRun.objects.filter(termine_le__lt=limite).exclude(rapport=[])


def purge_rapports(cles: Sequence[Any]) -> Comptes:
    return Counter({"core.importrun": ImportRun.objects.filter(pk__in=list(cles)).update(rapport=[])})


CATEGORIES = (Categorie("imports", "core.importrun", "termine_le", find_rapports, purge_rapports),)
