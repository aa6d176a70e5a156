"""What both builders of rules share: errors with their path, facts, values, days."""

from datetime import date
from typing import Any

from aides.regles.faits import FAITS, Fait, FaitInvalide, clean_fait


class RegleInvalide(ValueError):
    """A scheme that does not load: file, path inside it, reason, in French."""

    def __init__(self, chemin: str, motif: str, *, fichier: str = "") -> None:
        self.chemin, self.motif, self.fichier = chemin, motif, fichier
        super().__init__(" : ".join(partie for partie in (fichier, chemin, motif) if partie))


def read_fait(code: str, chemin: str) -> Fait:
    if code not in FAITS:
        raise RegleInvalide(chemin, f"fait inconnu : {code}")
    return FAITS[code]


def read_valeur(fait: Fait, brut: Any, chemin: str) -> Any:
    try:
        valeur = clean_fait(fait, brut)
    except FaitInvalide as erreur:
        raise RegleInvalide(chemin, str(erreur)) from erreur
    if valeur is None:
        raise RegleInvalide(chemin, "une valeur est attendue")
    return valeur


def read_jour(texte: str, chemin: str) -> date:
    try:
        return date.fromisoformat(texte)
    except ValueError as erreur:
        raise RegleInvalide(chemin, f"la date {texte} n'existe pas") from erreur
