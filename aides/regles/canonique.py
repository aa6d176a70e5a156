"""The one JSON text of a rule, which its SHA-256 names: fixed spacing, numbers with the digits they were written with.

Keys keep their order, which is that of the page (zones of an amount, texts of law).
It is also YAML: `load_texte` reads it and finds the same scheme, so that an archive keeps one kind of text.
"""

import hashlib
import json
from decimal import Decimal
from typing import Any

from aides.regles.ecriture import RegleInvalide

TAILLE_MAX = 200_000
CHIFFRES_MAX = 15


def dump_canonique(brut: Any) -> str:
    """The canonical text. Raises TypeError on what no rule holds (a float, a date)."""
    match brut:
        case None | bool() | str():
            return json.dumps(brut, ensure_ascii=False)
        case int():
            return str(brut)
        case Decimal():
            return f"{brut:f}"
        case dict():
            paires = (f"{json.dumps(cle, ensure_ascii=False)}: {dump_canonique(brut[cle])}" for cle in brut)
            return "{" + ", ".join(paires) + "}"
        case list() | tuple():
            return "[" + ", ".join(dump_canonique(valeur) for valeur in brut) + "]"
    raise TypeError(f"{type(brut).__name__} has no place in a rule")


def dump_lisible(brut: Any, marge: int = 0) -> str:
    """The same, indented, for a person and for a comparison line by line."""
    retrait = "  " * (marge + 1)
    if isinstance(brut, dict) and brut:
        lignes = [
            f"{retrait}{json.dumps(cle, ensure_ascii=False)}: {dump_lisible(brut[cle], marge + 1)}" for cle in brut
        ]
        return "{\n" + ",\n".join(lignes) + "\n" + "  " * marge + "}"
    if isinstance(brut, list | tuple) and any(isinstance(valeur, dict | list) for valeur in brut):
        lignes = [f"{retrait}{dump_lisible(valeur, marge + 1)}" for valeur in brut]
        return "[\n" + ",\n".join(lignes) + "\n" + "  " * marge + "]"
    return dump_canonique(brut)


def digest(texte: str) -> str:
    return hashlib.sha256(texte.encode()).hexdigest()


def parse_json(texte: str) -> Any:
    """What a JSON text holds, decimals exact. Raises RegleInvalide with the place of the fault."""
    if len(texte.encode("utf-8", "replace")) > TAILLE_MAX:
        raise RegleInvalide("", f"texte trop long ({TAILLE_MAX} octets au plus)")
    try:
        brut = json.loads(
            texte,
            parse_float=_read_decimal,
            parse_int=_read_int,
            parse_constant=_refuse,
            object_pairs_hook=_build_objet,
        )
    except RecursionError as erreur:
        raise RegleInvalide("", "imbrication trop profonde") from erreur
    except json.JSONDecodeError as erreur:
        raise RegleInvalide(f"ligne {erreur.lineno}", "JSON illisible : vérifiez virgules et guillemets") from erreur
    _check_textes(brut, "")
    return brut


def _read_decimal(texte: str) -> Decimal:
    nombre = Decimal(texte)
    if len(nombre.as_tuple().digits) > CHIFFRES_MAX or abs(nombre.adjusted()) > CHIFFRES_MAX:
        raise RegleInvalide("", f"le nombre {texte[:30]} a trop de chiffres ({CHIFFRES_MAX} au plus)")
    return nombre


def _read_int(texte: str) -> int:
    if len(texte.lstrip("-")) > CHIFFRES_MAX:
        raise RegleInvalide("", f"le nombre {texte[:30]} a trop de chiffres ({CHIFFRES_MAX} au plus)")
    return int(texte)


def _refuse(texte: str) -> Any:
    raise RegleInvalide("", f"{texte} n'est pas un nombre")


def _build_objet(paires: list[tuple[str, Any]]) -> dict[str, Any]:
    objet = dict(paires)
    if len(objet) != len(paires):
        cles = [cle for cle, _ in paires]
        doubles = sorted({cle for cle in cles if cles.count(cle) > 1})
        raise RegleInvalide("", f"clé répétée : {', '.join(doubles)}")
    return objet


def _check_textes(brut: Any, chemin: str) -> None:
    """A control character, a line separator or half a pair would not survive being printed and read again."""
    if isinstance(brut, str) and not all(_is_readable(caractere) for caractere in brut):
        raise RegleInvalide(chemin.strip("."), "le texte contient un caractère illisible : retapez-le")
    if isinstance(brut, dict):
        for cle, valeur in brut.items():
            _check_textes(cle, chemin)
            _check_textes(valeur, f"{chemin}.{cle}")
    if isinstance(brut, list):
        for rang, valeur in enumerate(brut):
            _check_textes(valeur, f"{chemin}.{rang}")


def _is_readable(caractere: str) -> bool:
    if caractere == "\n":
        return True
    rang = ord(caractere)
    return (
        rang >= 32
        and not 0x7F <= rang <= 0x9F
        and not 0xD800 <= rang <= 0xDFFF
        and caractere not in "\u2028\u2029\ufeff\ufffe\uffff"
    )
