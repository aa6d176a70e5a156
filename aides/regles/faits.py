"""The vocabulary of facts: what may be known of a person, how it is asked, and which values it takes.

A fact that is absent is unknown (« je ne sais pas »). No fact identifies anybody: an age, never a day of birth.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from aides.regles.situation import Valeur
from aides.regles.vocabulaire import VOCABULAIRE

JOUR_MIN, JOUR_MAX = date(1950, 1, 1), date(2060, 12, 31)
NE_SAIT_PAS = "nsp"
MOIS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)


class TypeFait(StrEnum):
    BOOL = "bool"
    ENTIER = "entier"
    DECIMAL = "decimal"
    DATE = "date"
    CHOIX = "choix"


class FaitInvalide(ValueError):
    """A value that the fact does not take; the message is French and says what to write instead."""


@dataclass(frozen=True, slots=True)
class Fait:
    """One fact. `passages`: the values that the person can decide to reach, with the sentence that says so.

    A passage is (value before or None for any, value after or None for any number, sentence).
    `suppose`: the fact is asked only once another one has one of these values.
    """

    code: str
    type: TypeFait
    libelle: str
    question: str
    aide: str
    choix: tuple[tuple[str, str], ...] = ()
    unite: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    pas: Decimal = Decimal(1)
    passages: tuple[tuple[Valeur | None, Valeur | None, str], ...] = ()
    suppose: tuple[str, tuple[Valeur, ...]] | None = None

    @property
    def modifiable(self) -> bool:
        return bool(self.passages)

    def can_be_asked(self, faits: Mapping[str, Valeur]) -> bool:
        return self.suppose is None or faits.get(self.suppose[0]) in self.suppose[1]


def _build(code: str, brut: Mapping[str, object]) -> Fait:
    champs = dict(brut)
    champs["type"] = TypeFait(str(champs["type"]))
    return Fait(code=code, **champs)  # type: ignore[arg-type]


FAITS: Mapping[str, Fait] = {code: _build(code, brut) for code, brut in VOCABULAIRE.items()}


def clean_fait(fait: Fait, brut: object) -> Valeur | None:
    """The typed value of what was typed or sent as JSON; None for « je ne sais pas ». Raises FaitInvalide."""
    if brut is None or brut == "" or brut == NE_SAIT_PAS:
        return None
    match fait.type:
        case TypeFait.BOOL:
            return _clean_bool(fait, brut)
        case TypeFait.CHOIX:
            return _clean_choix(fait, brut)
        case TypeFait.DATE:
            return _clean_date(fait, brut)
        case _:
            return _clean_nombre(fait, brut)


def _clean_bool(fait: Fait, brut: object) -> bool:
    if isinstance(brut, bool):
        return brut
    if brut in ("oui", "non"):
        return brut == "oui"
    raise FaitInvalide(f"« {fait.libelle} » : répondez « oui », « non » ou « nsp » (je ne sais pas).")


def _clean_choix(fait: Fait, brut: object) -> str:
    if isinstance(brut, str) and any(brut == valeur for valeur, _ in fait.choix):
        return brut
    attendues = ", ".join(valeur for valeur, _ in fait.choix)
    raise FaitInvalide(f"« {fait.libelle} » : choisissez une valeur parmi {attendues}.")


def _clean_date(fait: Fait, brut: object) -> date:
    jour: date | None = None
    if isinstance(brut, date):
        jour = brut
    elif isinstance(brut, str) and len(brut) == 10 and brut.isascii():
        texte = "-".join(reversed(brut.split("/"))) if "/" in brut else brut
        try:
            jour = date.fromisoformat(texte)
        except ValueError:
            jour = None
    if jour is None:
        raise FaitInvalide(f"« {fait.libelle} » : écrivez une date qui existe, AAAA-MM-JJ ou JJ/MM/AAAA.")
    if not JOUR_MIN <= jour <= JOUR_MAX:
        raise FaitInvalide(f"« {fait.libelle} » : donnez une date entre {JOUR_MIN.year} et {JOUR_MAX.year}.")
    return jour


def _clean_nombre(fait: Fait, brut: object) -> int | Decimal:
    nombre: Decimal | None = None
    if isinstance(brut, int | float | Decimal) and not isinstance(brut, bool):
        nombre = Decimal(str(brut))
    elif isinstance(brut, str) and len(brut) <= 20 and brut.isascii():
        try:
            nombre = Decimal(brut.strip().replace(",", "."))
        except InvalidOperation:
            nombre = None
    if nombre is None or not nombre.is_finite():
        raise FaitInvalide(f"« {fait.libelle} » : écrivez un nombre, par exemple {_exemple(fait)}.")
    if not (fait.minimum or Decimal(0)) <= nombre <= (nombre if fait.maximum is None else fait.maximum):
        bornes = f"{format_nombre(fait.minimum or Decimal(0))} et {format_nombre(fait.maximum or Decimal(0))}"
        raise FaitInvalide(f"« {fait.libelle} » : donnez un nombre entre {bornes}.")
    if nombre % fait.pas:
        raise FaitInvalide(f"« {fait.libelle} » : comptez par pas de {format_nombre(fait.pas)}.")
    return int(nombre) if fait.type is TypeFait.ENTIER else nombre.normalize() + 0


def _exemple(fait: Fait) -> str:
    return format_nombre((fait.minimum or Decimal(0)) + fait.pas)


def format_nombre(nombre: int | Decimal) -> str:
    """1234.50 → « 1 234,5 », with the narrow no-break space of French typography."""
    exact = Decimal(nombre)
    texte = f"{exact:,.2f}" if exact != exact.to_integral_value() else f"{exact:,.0f}"
    if "." in texte:
        texte = texte.rstrip("0").rstrip(".")
    return texte.replace(",", "\u202f").replace(".", ",")


def format_jour(jour: date) -> str:
    return f"{'1er' if jour.day == 1 else jour.day} {MOIS[jour.month - 1]} {jour.year}"


def format_valeur(fait: Fait, valeur: Valeur) -> str:
    """A value as a person reads it."""
    if isinstance(valeur, bool):
        return "Oui" if valeur else "Non"
    if isinstance(valeur, date):
        return format_jour(valeur)
    if isinstance(valeur, int | Decimal):
        return f"{format_nombre(valeur)} {fait.unite}".strip()
    return next((libelle for code, libelle in fait.choix if code == valeur), str(valeur))
