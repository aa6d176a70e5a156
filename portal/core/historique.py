"""The rows as they were: who changed what, when, before and after (pghistory, docs/adr/0102).

A trigger keeps a copy of each tracked row at each change, whoever writes it; the context says who asked and for which
act. The journal (`Evenement`) says that an act was done; this says what it did to the data.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import pghistory
from django.db.models import Field, ForeignKey, Model, QuerySet

CHANGEMENTS_MAX = 200
M = TypeVar("M", bound=type[Model])
TECHNIQUES = frozenset({"version", "modifiee_le"})


def historise(*, exclude: Sequence[str] = (), fields: Sequence[str] = (), nom: str | None = None) -> Callable[[M], M]:
    """Track a model: a copy at its birth, at each change and at its end, that nobody changes. `nom`: of the copies."""
    suivi: Callable[[M], M] = pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
        exclude=list(exclude) or None,
        fields=list(fields) or None,
        context_field=pghistory.ContextJSONField(),
        context_id_field=None,  # type: ignore[arg-type]
        model_name=nom,
        append_only=True,
    )
    return suivi


@dataclass(frozen=True, slots=True)
class Valeur:
    """A field before and after, as words."""

    champ: str
    avant: str
    apres: str


@dataclass(frozen=True, slots=True)
class Changement:
    """One writing of a row. `auteur`: the key of the account that asked; None: the portal itself."""

    survenu_le: datetime
    genre: str
    auteur: int | None
    acte: str
    valeurs: tuple[Valeur, ...]


GENRES = {"insert": "création", "update": "modification", "delete": "suppression"}


def list_changements(modele: type[Model], cle: object) -> list[Changement]:
    """What happened to a row, the latest first, bounded. Ask for the right on the row before."""
    evenements: QuerySet[Any] = modele.pgh_event_model.objects.filter(pgh_obj_id=cle)  # type: ignore[attr-defined]
    copies = list(evenements.order_by("-pgh_id")[: CHANGEMENTS_MAX + 1])
    changements = []
    for rang, copie in enumerate(copies[:CHANGEMENTS_MAX]):
        avant = copies[rang + 1] if rang + 1 < len(copies) else None
        contexte = copie.pgh_context or {}
        valeurs = tuple(_compare(modele, avant, copie)) if copie.pgh_label != "delete" else ()
        genre = GENRES.get(copie.pgh_label, copie.pgh_label)
        auteur, acte = contexte.get("user"), contexte.get("acte", "")
        changements.append(Changement(copie.pgh_created_at, genre, auteur, acte, valeurs))
    return changements


def _compare(modele: type[Model], avant: Any, apres: Any) -> list[Valeur]:
    suivis = {champ.attname for champ in apres._meta.concrete_fields}
    lignes = []
    for champ in modele._meta.concrete_fields:
        if champ.attname not in suivis or champ.name in TECHNIQUES or champ.primary_key:
            continue
        nouvelle = getattr(apres, champ.attname)
        ancienne = getattr(avant, champ.attname) if avant is not None else None
        if nouvelle != ancienne and not (avant is None and nouvelle in (None, "", {}, [])):
            lignes.append(Valeur(str(champ.verbose_name), _say(champ, ancienne), _say(champ, nouvelle)))
    return lignes


def _say(champ: "Field[Any, Any] | ForeignKey[Any, Any]", valeur: Any) -> str:
    """A value as a person reads it; a link shows its key: following it would ask the database line by line."""
    if valeur is None or valeur == "":
        return "—"
    if isinstance(valeur, bool):
        return "oui" if valeur else "non"
    if isinstance(valeur, datetime):
        return f"{valeur:%d/%m/%Y %H:%M}"
    choix = dict(champ.flatchoices) if champ.flatchoices else {}
    if choix and valeur in choix:
        return str(choix[valeur])
    if isinstance(champ, ForeignKey):
        return f"n° {valeur}"
    return str(valeur)[:300]
