"""Pages of a list over hundreds of thousands of rows: each begins after a row, never at a rank (docs/adr/0145).

A page costs what its own rows cost, whatever comes before it: an index gives the order, and no row is skipped by
counting. The count itself stops at a bound, and at a delay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import DatabaseError, connection, transaction
from django.db.models import Model, Q, QuerySet

COMPTE_MAX = 1_000
DELAI_COMPTE_MS = 200
SEPARATEUR = "~"
M = TypeVar("M", bound=Model)


class CurseurIllisible(ValueError):
    """The address does not name a row of this list."""


@dataclass(frozen=True, slots=True)
class Ordre:
    """An order that an index gives: one column, then the key, which always ascends. `nul`: rows without a value last.

    A column that may be empty is only read in ascending order: PostgreSQL keeps it so in its indexes.
    """

    champ: str
    descend: bool = False
    nul: bool = False


@dataclass(frozen=True, slots=True)
class Curseur:
    """The row after (or before) which a page begins."""

    valeur: Any
    cle: Any


@dataclass(frozen=True, slots=True)
class PageLue(Generic[M]):
    """`precedente`, `suivante`: whether there is something on each side."""

    lignes: Sequence[M]
    precedente: bool
    suivante: bool


@dataclass(frozen=True, slots=True)
class Compte:
    """`nombre` None: too long to count. `exact` False: at least as many."""

    nombre: int | None
    exact: bool = True

    def __str__(self) -> str:
        if self.nombre is None:
            return "nombre non compté (trop de lignes)"
        return f"{'' if self.exact else 'plus de '}{self.nombre:,}".replace(",", "\u202f")


def read_page(
    lignes: QuerySet[M], ordre: Ordre, *, apres: Curseur | None = None, avant: Curseur | None = None, taille: int = 50
) -> PageLue[M]:
    """The page after `apres`, or the one before `avant`; the first one otherwise. Four queries at most."""
    if avant is not None:
        lues = _read(lignes, ordre, avant, taille + 1, recule=True)
        return PageLue(lues[:taille][::-1], len(lues) > taille, True)
    lues = _read(lignes, ordre, apres, taille + 1, recule=False)
    return PageLue(lues[:taille], apres is not None, len(lues) > taille)


def order_all(lignes: QuerySet[M], ordre: Ordre) -> QuerySet[M]:
    """The whole list in the same order, for an export."""
    return lignes.order_by(*_sort(ordre, recule=False))


def _read(lignes: QuerySet[M], ordre: Ordre, depuis: Curseur | None, nombre: int, *, recule: bool) -> list[M]:
    """Two pieces, the rows with a value then those without, each read by its own index."""
    morceaux = [False, True] if ordre.nul else [False]
    if recule:
        morceaux.reverse()
    if depuis is not None and ordre.nul:
        morceaux = morceaux[morceaux.index(depuis.valeur is None) :]
    lues: list[M] = []
    for rang, vides in enumerate(morceaux):
        borne = depuis if rang == 0 else None
        lues += _read_piece(lignes, ordre, borne, nombre - len(lues), vides=vides, recule=recule)
        if len(lues) >= nombre:
            break
    return lues


def _read_piece(
    lignes: QuerySet[M], ordre: Ordre, borne: Curseur | None, nombre: int, *, vides: bool, recule: bool
) -> list[M]:
    cle = "pk__lt" if recule else "pk__gt"
    if vides:
        reste = lignes.filter(**{f"{ordre.champ}__isnull": True})
        if borne is not None:
            reste = reste.filter(**{cle: borne.cle})
        return _load(lignes, reste.order_by("-pk" if recule else "pk"), nombre)
    pleines = lignes.filter(**{f"{ordre.champ}__isnull": False}) if ordre.nul else lignes
    if borne is not None:
        sens = "lt" if ordre.descend != recule else "gt"
        egale = Q(**{ordre.champ: borne.valeur, cle: borne.cle})
        # The first condition is the one that the index reads; the second only settles the ties.
        pleines = pleines.filter(**{f"{ordre.champ}__{sens}e": borne.valeur})
        pleines = pleines.filter(Q(**{f"{ordre.champ}__{sens}": borne.valeur}) | egale)
    return _load(lignes, pleines.order_by(*_sort(ordre, recule=recule)), nombre)


def _load(lignes: QuerySet[M], rangees: QuerySet[M], nombre: int) -> list[M]:
    """The keys first, from the index alone; then these rows with what is shown beside them.

    In one query, PostgreSQL would join what is beside every row of the territory before it sorts and cuts.
    """
    cles = list(rangees.values_list("pk", flat=True)[:nombre])
    lues = {ligne.pk: ligne for ligne in lignes.filter(pk__in=cles)} if cles else {}
    return [lues[cle] for cle in cles if cle in lues]


def _sort(ordre: Ordre, *, recule: bool) -> tuple[str, str]:
    return (f"-{ordre.champ}" if ordre.descend != recule else ordre.champ), ("-pk" if recule else "pk")


def write_curseur(ligne: Model, ordre: Ordre) -> str:
    """What the address of the next page holds: a date or a number, and a key. Never a name."""
    valeur = getattr(ligne, ordre.champ)
    texte = "" if valeur is None else valeur.isoformat() if hasattr(valeur, "isoformat") else str(valeur)
    return f"{texte}{SEPARATEUR}{ligne.pk}"


def load_curseur(modele: type[Model], ordre: Ordre, texte: str) -> Curseur | None:
    """None for an empty text. Raises CurseurIllisible."""
    if not texte:
        return None
    valeur, separe, cle = texte.partition(SEPARATEUR)
    try:
        champ = modele._meta.get_field(ordre.champ)
        pk: Any = modele._meta.pk
        if not separe or (valeur == "" and not ordre.nul):
            raise CurseurIllisible(texte)
        return Curseur(champ.to_python(valeur) if valeur else None, pk.to_python(cle))  # type: ignore[union-attr]
    except (ValidationError, ValueError, FieldDoesNotExist, OverflowError) as erreur:
        raise CurseurIllisible(texte) from erreur


def count_rows(lignes: QuerySet[Any], *, maximum: int = COMPTE_MAX, delai_ms: int = DELAI_COMPTE_MS) -> Compte:
    """How many, up to a bound; PostgreSQL itself gives up after the delay, and the page then says so."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, true)",
                [f"{delai_ms}ms"],
            )
            (ancien, _) = cursor.fetchone()
            nombre = lignes.order_by()[: maximum + 1].count()
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [ancien])
    except DatabaseError as erreur:
        if getattr(erreur.__cause__, "pgcode", None) != "57014":  # query_canceled
            raise
        return Compte(None, exact=False)
    return Compte(min(nombre, maximum), nombre <= maximum)
