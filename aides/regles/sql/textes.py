"""SQL text, written safely: constants are quoted here and nowhere else, names come from the vocabulary."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from aides.regles.situation import Valeur

ALIAS = "s"
VRAI, FAUX, INCONNU = "true", "false", "NULL::boolean"
NOM = re.compile(r"[a-z][a-z0-9_]{0,62}")


def column(nom: str) -> str:
    """A column of the relation. Raises ValueError for what is not a plain name."""
    return f"{ALIAS}.{name(nom)}"


def name(nom: str) -> str:
    if not NOM.fullmatch(nom):
        raise ValueError(f"{nom!r} is not a plain SQL name")
    return f'"{nom}"'


def literal(valeur: Valeur) -> str:
    """A constant, typed. PostgreSQL reads it back as the same value (standard_conforming_strings, its default)."""
    if isinstance(valeur, bool):
        return VRAI if valeur else FAUX
    if isinstance(valeur, date):
        return f"DATE '{valeur.isoformat()}'"
    if isinstance(valeur, int):
        return str(valeur)
    if isinstance(valeur, Decimal):
        return f"{valeur:f}::numeric"
    if "\0" in valeur:
        raise ValueError("a text with a NUL is not a constant")
    return "'" + valeur.replace("'", "''") + "'::text"


def literals(valeurs: Iterable[Valeur]) -> str:
    return ", ".join(literal(valeur) for valeur in valeurs)


def both(*expressions: str) -> str:
    """AND; what is known beforehand is folded away."""
    return _fold("AND", VRAI, FAUX, expressions)


def either(*expressions: str) -> str:
    """OR; what is known beforehand is folded away."""
    return _fold("OR", FAUX, VRAI, expressions)


def _fold(mot: str, neutre: str, absorbant: str, expressions: Iterable[str]) -> str:
    restantes = list(dict.fromkeys(expression for expression in expressions if expression != neutre))
    if absorbant in restantes:
        return absorbant
    if not restantes:
        return neutre
    return restantes[0] if len(restantes) == 1 else "(" + f" {mot} ".join(restantes) + ")"
