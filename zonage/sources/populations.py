"""INSEE's legal populations of communes: one line a code, `PMUN` is the municipal population."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from portal.core.imports import Import, Ligne

COLONNES = ("COM", "PMUN", "PCAP", "PTOT")


@dataclass(frozen=True, slots=True)
class LignePopulation:
    numero: int
    code: str
    municipale: int
    comptee_a_part: int
    totale: int

    @property
    def valeurs(self) -> tuple[int, int, int]:
        return self.municipale, self.comptee_a_part, self.totale


def read_populations(lot: "Import") -> list[LignePopulation]:
    """Every line of the file. What is wrong is in the report of `lot`, by line and column."""
    populations = []
    for ligne in lot.csv(COLONNES):
        lue = _population(lot, ligne)
        if lue and not lot.is_doublon(lue.code, lue.valeurs, lue.numero, "COM"):
            populations.append(lue)
    return populations


def _population(lot: "Import", ligne: "Ligne") -> LignePopulation | None:
    erreurs = lot.erreurs
    code = lot.code_commune(ligne.numero, "COM", ligne["COM"])
    valeurs = [_habitants(lot, ligne, colonne) for colonne in COLONNES[1:]]
    if lot.erreurs > erreurs or code is None:
        return None
    municipale, a_part, totale = valeurs
    if municipale + a_part != totale:
        lot.erreur(ligne.numero, "PTOT", f"{totale} n'est pas la somme de PMUN et PCAP ({municipale} + {a_part})")
        return None
    return LignePopulation(ligne.numero, code, municipale, a_part, totale)


def _habitants(lot: "Import", ligne: "Ligne", colonne: str) -> int:
    nombre = lot.nombre(ligne.numero, colonne, ligne[colonne])
    if nombre is None:
        if not ligne[colonne]:
            lot.erreur(ligne.numero, colonne, "population absente")
        return 0
    if nombre != int(nombre) or nombre > 99_999_999:
        lot.erreur(ligne.numero, colonne, f"« {ligne[colonne][:20]} » n'est pas un nombre d'habitants")
        return 0
    return int(nombre)
