"""Keys for the names of places: how a name is folded to be searched or sorted. Pure text, no database."""

import re
import unicodedata

LONGUEUR_MAX = 120
ARTICLES = frozenset({"le", "la", "les", "l", "aux", "las", "los"})
_ABREVIATIONS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes", "lez": "les", "nd": "notre dame"}
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})
_SUR_BARRE = re.compile(r"(?<![a-z0-9])s\s?/\s?(?=[a-z0-9])")
_SOUS_BARRE = re.compile(r"(?<![a-z0-9])s\s?/\s?s(?![a-z0-9])")
_ORDINAL = re.compile(r"(?<![a-z0-9])([0-9]{1,2})(?:er|ere|e|eme|nd|nde)(?![a-z0-9])")
_HORS_MOT = re.compile(r"[^a-z0-9]+")


def fold(texte: str) -> str:
    """Lower case, without accents nor ligatures. Bounded, so that no input is costly."""
    decompose = unicodedata.normalize("NFKD", texte[: 4 * LONGUEUR_MAX]).casefold().translate(_LIGATURES)
    return "".join(lettre for lettre in decompose if not unicodedata.combining(lettre))


def cle_tri(nom: str) -> str:
    """The key a list of names is sorted by: same order under any collation."""
    return _HORS_MOT.sub(" ", fold(nom)).strip()


def mots(texte: str) -> list[str]:
    """The words of a name in their searched form: « St Cosme s/ Loire-lès-X » → saint cosme sur loire les x."""
    plie = fold(texte)
    plie = _ORDINAL.sub(r"\1", _SUR_BARRE.sub("sur ", _SOUS_BARRE.sub("sous", plie)))
    return " ".join(_ABREVIATIONS.get(mot, mot) for mot in _HORS_MOT.split(plie)[:40] if mot).split()


def sans_article(liste: list[str]) -> tuple[str, list[str]]:
    """(leading article or "", the other words). A lone word is never taken for an article."""
    if len(liste) > 1 and liste[0] in ARTICLES:
        return liste[0], liste[1:]
    return "", liste


def cle_recherche(nom: str) -> tuple[str, str]:
    """(key, article): the words without the leading article, each after a space (« % chal% » finds word starts)."""
    article, reste = sans_article(mots(nom))
    return " " + " ".join(reste), article
