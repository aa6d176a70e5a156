"""What an address of the check says: a commune, a day, facts. Everything lives in the query string, in one order.

A wrong value never loses the others: it is named in `erreurs`, and the rest is kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from urllib.parse import urlencode

from django.http import QueryDict

from aides.faits_url import dump_faits, parse_faits
from aides.regles.faits import FAITS, NE_SAIT_PAS, format_jour
from aides.regles.situation import Valeur

JOUR_MIN, JOUR_MAX = date(2010, 1, 1), date(2040, 12, 31)
LIEU_MAX = 200
VALEUR_MAX = 40
"""The longest value of a fact that is worth reading."""
RESERVES = frozenset({"commune", "lieu", "au", "modifier", "posees", "voie", "ancien", NE_SAIT_PAS})


class JourInvalide(ValueError):
    """The message is French and says which days are accepted."""


@dataclass(frozen=True, slots=True)
class Demande:
    """One check, as its address says it. `au` is None when the address names no day: the reader means today.

    `nsp`: the facts answered « je ne sais pas », which are not asked again. `posees`: the facts of the form just sent.
    `voie`: a street was typed and dropped. `ancien`: the former code asked for. Both are said once, then gone.
    """

    commune: str = ""
    lieu: str = ""
    au: date | None = None
    faits: Mapping[str, Valeur] = field(default_factory=dict)
    nsp: tuple[str, ...] = ()
    modifier: str = ""
    posees: tuple[str, ...] = ()
    voie: bool = False
    ancien: str = ""
    erreurs: Mapping[str, str] = field(default_factory=dict)

    @property
    def profession(self) -> str:
        return str(self.faits.get("profession", ""))

    def parametres(self, *, sans: tuple[str, ...] = ()) -> list[tuple[str, str]]:
        """The canonical parameters: commune, day, then the facts in the order of the vocabulary."""
        valeurs = dict(dump_faits(self.faits)) | dict.fromkeys(self.nsp, NE_SAIT_PAS)
        fixes = [("commune", self.commune), ("au", self.au.isoformat() if self.au else "")]
        faits = [(code, valeurs[code]) for code in FAITS if code in valeurs]
        return [(nom, valeur) for nom, valeur in fixes + faits if valeur and nom not in sans]

    def query(self, *, sans: tuple[str, ...] = ()) -> str:
        return urlencode(self.parametres(sans=sans))

    def at(self, au: date | None) -> "Demande":
        return replace(self, au=au)


def read_demande(params: QueryDict) -> Demande:
    autres: list[tuple[str, tuple[str, ...]]] = []
    erreurs: dict[str, str] = {}
    commune = ""
    for nom, valeurs in params.lists():
        if nom == "commune":
            commune = read_once([(nom, tuple(valeurs))], erreurs).get(nom, "").strip().upper()
        else:
            autres.append((nom, tuple(valeurs)))
    if commune and not is_code_commune(commune):
        erreurs["commune"] = (
            "Le code de commune a cinq caractères, par exemple 71076 : cherchez la commune par son nom."
        )
        commune = ""
    reste = _read_reste(tuple(autres))
    return replace(reste, commune=commune, erreurs={**erreurs, **reste.erreurs})


@lru_cache(maxsize=1024)
def _read_reste(params: tuple[tuple[str, tuple[str, ...]], ...]) -> Demande:
    """All but the commune: one set of answers is asked for many communes. Shared: never written to."""
    erreurs: dict[str, str] = {}
    simples = read_once(params, erreurs)
    lieu = simples.get("lieu", "").strip()
    if len(lieu) > LIEU_MAX:
        erreurs["lieu"] = f"La commune ou l'adresse tient en {LIEU_MAX} caractères au plus."
        lieu = ""
    au = None
    try:
        au = parse_jour(simples.get("au", ""))
    except JourInvalide as erreur:
        erreurs["au"] = str(erreur)
    lus = parse_faits({nom: valeur for nom, valeur in simples.items() if nom not in RESERVES})
    erreurs |= lus.erreurs
    for nom in simples.keys() - RESERVES - FAITS.keys():
        erreurs[nom[:VALEUR_MAX]] = "Le portail ne connaît pas cette information : retirez-la de l'adresse."
    ignores = {code for nom, valeurs in params if nom == NE_SAIT_PAS for code in valeurs if code in FAITS}
    ignores |= {code for code in FAITS if simples.get(code) == NE_SAIT_PAS}
    nsp = tuple(code for code in FAITS if code in ignores and code not in lus.faits and code not in erreurs)
    modifier = simples.get("modifier", "")
    posees = tuple(code for code in simples.get("posees", "").split(",") if code in FAITS)
    return Demande(
        lieu=lieu,
        au=au,
        faits=lus.faits,
        nsp=nsp,
        modifier=modifier if modifier in FAITS else "",
        posees=posees,
        voie=simples.get("voie") == "1",
        ancien=ancien if is_code_commune(ancien := simples.get("ancien", "").upper()) else "",
        erreurs=erreurs,
    )


def is_code_commune(texte: str) -> bool:
    return len(texte) == 5 and texte.isalnum() and texte.isascii()


def read_once(params: Iterable[tuple[str, Sequence[str]]], erreurs: dict[str, str]) -> dict[str, str]:
    """Each parameter once, readable, and of a reasonable length; the others are named in `erreurs`."""
    simples: dict[str, str] = {}
    for nom, valeurs in params:
        valeur = valeurs[-1]
        if nom == NE_SAIT_PAS:
            continue
        if not is_readable(nom) or not is_readable(valeur):
            erreurs[nom if is_readable(nom) else "adresse"] = "Cette valeur contient un caractère illisible."
        elif len(set(valeurs)) > 1:
            erreurs[nom[:VALEUR_MAX]] = "Cette information est donnée deux fois, avec deux valeurs différentes."
        elif nom in RESERVES or len(valeur) <= VALEUR_MAX:
            simples[nom] = valeur
        else:
            erreurs[nom[:VALEUR_MAX]] = "Cette valeur est trop longue."
    return simples


def is_readable(texte: str) -> bool:
    return "\0" not in texte and not any("\ud800" <= caractere <= "\udfff" for caractere in texte)


def parse_jour(texte: str) -> date | None:
    """« 2026-01-31 » or « 31/01/2026 »; None when empty. Raises JourInvalide."""
    texte = texte.strip()
    if not texte:
        return None
    if len(texte) == 10 and texte.count("/") == 2:
        texte = "-".join(reversed(texte.split("/")))
    try:
        jour = date.fromisoformat(texte) if len(texte) == 10 else None
    except ValueError:
        jour = None
    if jour is None:
        raise JourInvalide("Écrivez une date qui existe, sous la forme JJ/MM/AAAA, par exemple 31/12/2025.")
    if not JOUR_MIN <= jour <= JOUR_MAX:
        raise JourInvalide(f"Choisissez une date entre le {format_jour(JOUR_MIN)} et le {format_jour(JOUR_MAX)}.")
    return jour
