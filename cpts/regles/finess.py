"""FINESS numbers: nine signs, the first two say the département, the last is the Luhn key of the others.

The same form names a legal entity (EJ) and a site (ET): the file says which, the number does not. In Corsica the
letter counts for its rank (A 1, B 2). The rule was read from the numbers themselves: no text gives it.
"""

import re
from typing import Final

FORME: Final = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{7}", re.ASCII)
SEPARATEURS: Final = re.compile(r"[\s.\-\u00a0\u202f]+")
SCIENTIFIQUE: Final = re.compile(r"[0-9]+(?:[.,][0-9]+)?E[+]?[0-9]+")
RANGS: Final = {"A": 1, "B": 2}


class FinessRefuse(ValueError):
    """Not a FINESS number. The French sentence says what to do."""


def has_cle(finess: str) -> bool:
    """Whether the ninth digit is the Luhn key of the eight signs before it."""
    total = 0
    for rang, signe in enumerate(reversed(finess)):
        valeur = (RANGS[signe] if signe in RANGS else int(signe)) * (1 + rang % 2)
        total += valeur - 9 if valeur > 9 else valeur
    return total % 10 == 0


def compute_cle(debut: str) -> str:
    """The key of eight signs."""
    return next(cle for cle in "0123456789" if has_cle(debut + cle))


def read_finess(texte: str, *, cle: bool = True) -> str:
    """The number, without spaces, in capitals. `cle` False: as published, its key not asked. Raises FinessRefuse."""
    compact = SEPARATEURS.sub("", texte).upper()
    if SCIENTIFIQUE.fullmatch(compact) and "E" in compact:
        raise FinessRefuse("Ce numéro a été tronqué par un tableur : recopiez les neuf signes du répertoire FINESS.")
    if len(compact) == 8 and compact.isascii() and compact.isdigit():
        raise FinessRefuse("Ce numéro n'a que huit chiffres : un zéro manque peut-être au début.")
    if not FORME.fullmatch(compact):
        raise FinessRefuse("Un numéro FINESS a neuf chiffres, par exemple 710780263 (en Corse : 2A ou 2B, puis sept).")
    if cle and not has_cle(compact):
        raise FinessRefuse("La clé de ce numéro FINESS est inexacte : un chiffre est faux, relisez-le.")
    return compact


def is_finess(texte: str) -> bool:
    try:
        read_finess(texte)
    except FinessRefuse:
        return False
    return True
