"""Where a value of law comes from, and the day it was read there."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Reference:
    """A text and the day somebody read it. `verifie_le` is None when nobody did: nothing may be decided from it."""

    code: str
    texte: str
    verifie_le: date | None = None
    lien: str = ""
