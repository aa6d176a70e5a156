"""Facts in an address: a link that can be shared, in one order only, with no personal data. « nsp »: I do not know."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from aides.regles.faits import FAITS, NE_SAIT_PAS, FaitInvalide, clean_fait
from aides.regles.situation import Valeur

LONGUEUR_MAX = 40


@dataclass(frozen=True, slots=True)
class FaitsLus:
    """`faits`: what could be read. `inconnus`: the facts answered « je ne sais pas », not to be asked again.

    `erreurs`: a French sentence for each value that cannot be read; the other answers are kept.
    """

    faits: dict[str, Valeur]
    erreurs: dict[str, str]
    inconnus: tuple[str, ...] = ()


def parse_faits(params: Mapping[str, str]) -> FaitsLus:
    """Reads the facts of a query string, in the order of the vocabulary; other parameters are left to the caller."""
    faits: dict[str, Valeur] = {}
    erreurs: dict[str, str] = {}
    inconnus: list[str] = []
    for code, fait in FAITS.items():
        brut = params.get(code)
        if brut is None or not brut.strip():
            continue
        brut = brut.strip()
        if brut == NE_SAIT_PAS:
            inconnus.append(code)
            continue
        if len(brut) > LONGUEUR_MAX:
            erreurs[code] = f"« {fait.libelle} » : la réponse est trop longue, choisissez-en une de la liste."
            continue
        try:
            valeur = clean_fait(fait, brut)
        except FaitInvalide as erreur:
            erreurs[code] = str(erreur)
        else:
            if valeur is not None:
                faits[code] = valeur
    return FaitsLus(faits, erreurs, tuple(inconnus))


def dump_faits(faits: Mapping[str, Valeur], inconnus: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """The parameters of an address, in the order of the vocabulary: the same facts always give the same link."""
    paires = []
    for code in FAITS:
        if code in faits:
            paires.append((code, dump_valeur(faits[code])))
        elif code in inconnus:
            paires.append((code, NE_SAIT_PAS))
    return paires


def dump_valeur(valeur: Valeur) -> str:
    if isinstance(valeur, bool):
        return "oui" if valeur else "non"
    if isinstance(valeur, date):
        return valeur.isoformat()
    if isinstance(valeur, Decimal):
        return f"{valeur.normalize():f}"
    return str(valeur)
