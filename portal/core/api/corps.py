"""Reading a JSON body that may come from anyone: bounded, UTF-8, without what two readers would read differently."""

import json
import math
import re
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from rest_framework import exceptions, parsers

from portal.core.api.problemes import CorpsTropGrand, RequeteInvalide

TAILLE_MAX = 64 * 1024
PROFONDEUR_MAX = 32
CHIFFRES_MAX = 15
CROCHETS = re.compile(r"[\[\]{}]")
CHAINES = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


class StrictJSONParser(parsers.BaseParser):
    """JSON as RFC 8259 reads it: no duplicate key, NaN, huge number, deep nesting, NUL, lone surrogate."""

    media_type = "application/json"
    taille_max = TAILLE_MAX

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        meta = stream.META
        if meta.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in ("", "identity"):
            raise exceptions.UnsupportedMediaType(media_type)
        charset = re.search(r"charset\s*=\s*\"?([\w-]+)", media_type or "")
        if charset and charset[1].lower() not in ("utf-8", "utf8"):
            raise exceptions.UnsupportedMediaType(media_type)
        return read_json(self._read(stream))

    def _read(self, stream: Any) -> bytes:
        try:
            annonce = int(stream.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            annonce = 0
        corps = stream.read(self.taille_max + 1) if annonce <= self.taille_max else b""
        if annonce > self.taille_max or len(corps) > self.taille_max:
            raise CorpsTropGrand(f"Le corps de la requête dépasse {self.taille_max // 1024} Ko.")
        return corps


class StrictLotJSONParser(StrictJSONParser):
    """The same for a list of questions: a kilobyte each."""

    taille_max = 1024 * 1024


def read_json(corps: bytes) -> Any:
    """The value written in `corps`. Raises `RequeteInvalide`, which says where."""
    if not corps.strip():
        raise RequeteInvalide(
            "Le corps de la requête est vide : envoyez un objet JSON et son en-tête « Content-Length »."
        )
    try:
        texte = corps.decode("utf-8")
    except UnicodeDecodeError as erreur:
        raise RequeteInvalide(f"Le corps de la requête n'est pas en UTF-8 (octet {erreur.start + 1}).") from erreur
    _check_profondeur(texte)
    try:
        valeur = json.loads(
            texte,
            object_pairs_hook=_read_objet,
            parse_constant=_refuse_constante,
            parse_int=_read_entier,
            parse_float=_read_decimal,
        )
    except json.JSONDecodeError as erreur:
        raise RequeteInvalide(
            f"Le corps de la requête n'est pas du JSON valide (ligne {erreur.lineno}, colonne {erreur.colno})."
        ) from erreur
    except RecursionError as erreur:
        raise RequeteInvalide(f"Le JSON est imbriqué sur plus de {PROFONDEUR_MAX} niveaux.") from erreur
    _check_textes(valeur)
    return valeur


def _check_profondeur(texte: str) -> None:
    if texte.count("[") + texte.count("{") <= PROFONDEUR_MAX:
        return
    profondeur = 0
    for caractere in CROCHETS.findall(CHAINES.sub("", texte)):
        if caractere in "[{":
            profondeur += 1
            if profondeur > PROFONDEUR_MAX:
                raise RequeteInvalide(f"Le JSON est imbriqué sur plus de {PROFONDEUR_MAX} niveaux.")
        else:
            profondeur -= 1


def _read_objet(paires: list[tuple[str, Any]]) -> dict[str, Any]:
    objet = dict(paires)
    if len(objet) != len(paires):
        vus: set[str] = set()
        for cle, _ in paires:
            if cle in vus:
                nom = display_nom(cle)
                raise RequeteInvalide(f"La clé « {nom} » est écrite deux fois.", {nom: ["Clé écrite deux fois."]})
            vus.add(cle)
    return objet


def _refuse_constante(constante: str) -> NoReturn:
    raise RequeteInvalide(f"« {constante} » n'est pas un nombre JSON.")


def _read_entier(texte: str) -> int:
    if len(texte.lstrip("-")) > CHIFFRES_MAX:
        raise RequeteInvalide(f"Un nombre a plus de {CHIFFRES_MAX} chiffres.")
    return int(texte)


def _read_decimal(texte: str) -> Decimal:
    try:
        valeur = Decimal(texte) if len(texte) <= 2 * CHIFFRES_MAX else Decimal("Infinity")
    except InvalidOperation:  # an exponent beyond what a Decimal holds
        valeur = Decimal("Infinity")
    if not math.isfinite(valeur) or (valeur and abs(valeur.adjusted()) > CHIFFRES_MAX):
        raise RequeteInvalide(f"Un nombre a plus de {CHIFFRES_MAX} chiffres.")
    return valeur


def _check_textes(valeur: Any) -> None:
    """Refuse what PostgreSQL or UTF-8 cannot hold, in keys as in values. The depth is already bounded."""
    if isinstance(valeur, str):
        if (defaut := find_defaut(valeur)) is not None:
            raise RequeteInvalide(defaut)
    elif isinstance(valeur, dict):
        for cle, element in valeur.items():
            _check_textes(cle)
            _check_textes(element)
    elif isinstance(valeur, list):
        for element in valeur:
            _check_textes(element)


def find_defaut(texte: str) -> str | None:
    """Why this text cannot be stored nor shown; None when it can."""
    if "\0" in texte:
        return "Un texte contient un caractère nul (U+0000)."
    if not texte.isascii() and any("\ud800" <= caractere <= "\udfff" for caractere in texte):
        return "Un texte contient un demi-caractère Unicode isolé (U+D800 à U+DFFF)."
    return None


def display_nom(nom: str) -> str:
    """A name sent by the caller, safe to send back: short, printable."""
    lisible = "".join(caractere if caractere.isprintable() else "�" for caractere in nom[:61])
    return lisible[:60] + "…" if len(nom) > 60 else lisible
