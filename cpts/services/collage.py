"""Rows pasted from a spreadsheet: tabs or semicolons between the cells, a heading or none, a verdict for each line."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from portal.core.examen import contains_nir
from zonage.calculs.noms import cle_tri

LIGNES_MAX = 300
TEXTE_MAX = 60_000
NIR = "numéro de sécurité sociale : retirez-le, le portail ne garde aucune donnée de patient"
OUI = frozenset({"oui", "x", "1", "o", "vrai", "signe", "present"})
JOUR = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})|(\d{4})-(\d{2})-(\d{2})")


@dataclass
class LigneLue:
    """A line as it was pasted, what was understood of it, and why it is refused (nothing: it is taken)."""

    numero: int
    brut: str
    valeurs: dict[str, Any] = field(default_factory=dict)
    fautes: list[str] = field(default_factory=list)
    note: str = ""

    @property
    def acceptee(self) -> bool:
        return not self.fautes


def read_collage(texte: str, colonnes: dict[str, Sequence[str]]) -> list[LigneLue]:
    """Cut the text into cells, named by its heading, else in the order of `colonnes` (name → accepted headings).

    Never more than `LIGNES_MAX` lines; the one after says so. Empty lines are dropped.
    """
    texte = texte[:TEXTE_MAX].replace("\u00a0", " ").replace("\u202f", " ").lstrip("\ufeff")
    separateur = "\t" if "\t" in texte else ";"
    rangs = list(enumerate(csv.reader(io.StringIO(texte), delimiter=separateur), start=1))
    lues = [(numero, [c.strip() for c in cellules]) for numero, cellules in rangs if any(c.strip() for c in cellules)]
    noms = list(colonnes)
    if lues and (entete := _read_entete(lues[0][1], colonnes)):
        noms, lues = entete, lues[1:]
    lignes = [
        LigneLue(
            numero,
            separateur.join(cellules)[:200],
            {nom: cellule for nom, cellule in zip(noms, cellules, strict=False) if nom},
            [NIR] if contains_nir(" ".join(cellules)) else [],
        )
        for numero, cellules in lues[:LIGNES_MAX]
    ]
    if len(lues) > LIGNES_MAX:
        numero, cellules = lues[LIGNES_MAX]
        faute = f"plus de {LIGNES_MAX} lignes : collez la suite en une autre fois"
        lignes.append(LigneLue(numero, separateur.join(cellules)[:200], {}, [faute]))
    return lignes


def _read_entete(cellules: Sequence[str], colonnes: dict[str, Sequence[str]]) -> list[str] | None:
    """The columns that a first line names; None when it is already data."""
    alias = {cle_tri(un): nom for nom, autres in colonnes.items() for un in (nom, *autres)}
    reconnues = [alias.get(cle_tri(cellule), "") for cellule in cellules]
    return reconnues if any(reconnues) else None


def read_jour(texte: str) -> date | None:
    """« 27/09/2024 » or « 2024-09-27 ». Raises ValueError with a French sentence."""
    if not texte:
        return None
    trouve = JOUR.fullmatch(texte)
    if trouve is None:
        raise ValueError(f"« {texte[:20]} » n'est pas un jour : écrivez 27/09/2024")
    jour, mois, annee, annee2, mois2, jour2 = trouve.groups()
    try:
        return date(int(annee or annee2), int(mois or mois2), int(jour or jour2))
    except ValueError:
        raise ValueError(f"« {texte[:20]} » n'existe pas dans le calendrier") from None


def read_montant(texte: str) -> Decimal | None:
    """« 1 234,50 » or « 150 € ». Raises ValueError with a French sentence."""
    compact = texte.replace(" ", "").replace("€", "").replace(",", ".")
    if not compact:
        return None
    try:
        montant = Decimal(compact)
    except InvalidOperation:
        raise ValueError(f"« {texte[:20]} » n'est pas un montant : écrivez 150 ou 150,50") from None
    if not montant.is_finite() or not 0 <= montant < 1_000_000 or montant != montant.quantize(Decimal("0.01")):
        raise ValueError(f"« {texte[:20]} » : un montant va de 0 à 999 999,99 €")
    return montant


def is_oui(texte: str) -> bool:
    return cle_tri(texte) in OUI
