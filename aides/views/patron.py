"""A page rendered once with holes, filled for each commune: what the pages of many communes have in common.

The holes are words drawn at random when the process starts: nothing that a person or a datum writes can hold one.
"""

import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_TIRAGE = secrets.token_hex(16)


def make_trou(nom: str) -> str:
    """The word that stands for `nom`: letters and digits, the same once escaped for HTML or for an address."""
    return f"trou{nom}{_TIRAGE}"


@dataclass(frozen=True, slots=True)
class Patron:
    """The bytes of a page, cut at its holes: fixed, name of a hole, fixed, …"""

    morceaux: tuple[bytes, ...]
    noms: tuple[str, ...]

    @classmethod
    def cut(cls, page: str) -> "Patron":
        parties = re.split(f"trou([a-z]+){_TIRAGE}", page)
        return cls(tuple(fixe.encode() for fixe in parties[::2]), tuple(parties[1::2]))

    def fill(self, valeurs: Mapping[str, str]) -> bytes:
        """`valeurs` are already HTML. A hole without a value raises KeyError."""
        octets = {nom: valeur.encode() for nom, valeur in valeurs.items()}
        suite = [self.morceaux[0]]
        for nom, fixe in zip(self.noms, self.morceaux[1:], strict=True):
            suite += (octets[nom], fixe)
        return b"".join(suite)


class Patrons:
    """The last patterns used. `objets` count in the key by identity, and are held: no other takes their place."""

    def __init__(self, taille: int) -> None:
        self.taille = taille
        self.gardes: OrderedDict[tuple[object, ...], tuple[tuple[object, ...], Patron]] = OrderedDict()

    def get(self, cle: tuple[object, ...], objets: tuple[object, ...], build: Callable[[], str]) -> Patron:
        entiere = (*cle, *map(id, objets))
        garde = self.gardes.get(entiere)
        if garde is not None:
            return garde[1]
        patron = Patron.cut(build())
        self.gardes[entiere] = (objets, patron)
        while len(self.gardes) > self.taille:
            self.gardes.popitem(last=False)
        return patron

    def clear(self) -> None:
        self.gardes.clear()
