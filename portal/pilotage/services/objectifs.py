"""Setting a target, which ends the one before; ending one. Nothing is ever removed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from portal.core.models import Evenement
from portal.pilotage.lecture import find_territoires
from portal.pilotage.models import Objectif, Territoire
from portal.pilotage.services.territoires import refresh_territoires
from portal.pilotage.sources.objectifs import ObjectifLu, load_objectifs

VERROU = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


class ObjectifRefuse(Exception):
    """Nothing was written. The sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Saisie:
    """What is aimed at, and the text that says so."""

    indicateur: str
    territoire: Territoire
    debut: date
    valeur: Decimal
    source: str
    echeance: date | None = None
    reference: str = ""
    demonstration: bool = False


@transaction.atomic
def set_objectif(saisie: Saisie, *, par: Any = None) -> Objectif:
    """From that day it replaces the one in force, and lasts until the next one already set."""
    _lock(saisie.indicateur, saisie.territoire.pk)
    siens = Objectif.objects.filter(indicateur=saisie.indicateur, territoire=saisie.territoire).comptant()
    suivant = siens.filter(debut__gt=saisie.debut).order_by("debut").first()
    for ancien in siens.en_vigueur(au=saisie.debut):
        motif = f"Remplacé par l'objectif fixé le {saisie.debut:%d/%m/%Y}"
        Objectif.objects.filter(pk=ancien.pk).update(fin=saisie.debut, motif_fin=motif)
    fait = Objectif.objects.create(
        indicateur=saisie.indicateur,
        territoire=saisie.territoire,
        debut=saisie.debut,
        fin=suivant.debut if suivant else None,
        valeur=saisie.valeur,
        echeance=saisie.echeance,
        source=saisie.source,
        reference=saisie.reference,
        demonstration=saisie.demonstration,
        saisi_par=par,
    )
    _record(fait, "fixer", par, {"valeur": str(fait.valeur), "debut": fait.debut.isoformat()})
    return fait


@transaction.atomic
def end_objectif(objectif: Objectif, fin: date, motif: str, *, par: Any) -> None:
    """It counts no more from that day; its first day: it never counted. Raises ObjectifRefuse."""
    _lock(objectif.indicateur, objectif.territoire_id)
    objectif.refresh_from_db()
    if not motif.strip():
        raise ObjectifRefuse("Dites pourquoi cet objectif ne vaut plus.")
    if fin < objectif.debut:
        raise ObjectifRefuse(f"Cet objectif commence le {objectif.debut:%d/%m/%Y} : il ne finit pas avant.")
    if objectif.fin is not None and fin >= objectif.fin:
        raise ObjectifRefuse(f"Cet objectif finit déjà le {objectif.fin:%d/%m/%Y}. Fixez-en un autre pour la suite.")
    Objectif.objects.filter(pk=objectif.pk).update(fin=fin, motif_fin=motif.strip())
    _record(objectif, "terminer", par, {"fin": fin.isoformat()})


def load_publies(avance: Callable[[str], None]) -> str:
    """Those of the texts: what is there already, or was replaced since, stays."""
    avance("Objectifs des textes")
    return _load([lu for lu in load_objectifs() if not lu.demonstration])


def load_tous(avance: Callable[[str], None]) -> str:
    """Those of the texts, and those invented for the demonstration, marked as such."""
    avance("Objectifs")
    return _load(load_objectifs())


@transaction.atomic
def _load(lus: "list[ObjectifLu] | tuple[ObjectifLu, ...]") -> str:
    territoires = _find_territoires(lus)
    ecrits = 0
    for lu in lus:
        territoire = territoires.get(lu.territoire)
        if territoire is None or _is_known(lu, territoire):
            continue
        saisie = Saisie(
            *(lu.indicateur, territoire, lu.debut, lu.valeur, lu.source, lu.echeance, lu.reference, lu.demonstration)
        )
        set_objectif(saisie)
        ecrits += 1
    absents = sum(lu.territoire not in territoires for lu in lus)
    suite = f", {absents} sans territoire connu" if absents else ""
    return f"Objectifs : {len(lus)}, dont {ecrits} écrits{suite}."


def _is_known(lu: ObjectifLu, territoire: Territoire) -> bool:
    return Objectif.objects.filter(indicateur=lu.indicateur, territoire=territoire, debut=lu.debut).exists()


def _find_territoires(lus: "list[ObjectifLu] | tuple[ObjectifLu, ...]") -> dict[tuple[str, str], Territoire]:
    """The dimension of the measures is made first when it lacks some: before the first run of the night."""
    cles = [lu.territoire for lu in lus]
    trouves = {(t.type, t.code): t for t in find_territoires(cles)}
    if len(trouves) < len(set(cles)):
        with connection.cursor() as cursor:
            refresh_territoires(cursor)
        trouves = {(t.type, t.code): t for t in find_territoires(cles)}
    return trouves


def _lock(indicateur: str, territoire: int) -> None:
    """Two people setting the same target wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute(VERROU, [f"pilotage.objectif:{indicateur}:{territoire}"])


def _record(objectif: Objectif, action: str, par: Any, details: dict[str, str]) -> None:
    objet = f"pilotage.objectif:{objectif.pk}"
    Evenement.objects.create(
        objet=objet, action=action, auteur=par, details={"indicateur": objectif.indicateur, **details}
    )
