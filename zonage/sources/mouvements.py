"""INSEE's movements of communes (v_mvtcommune): what each code became, and on which day."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from portal.core.imports import Import, Ligne

COLONNES = ("MOD", "DATE_EFF", "TYPECOM_AV", "COM_AV", "LIBELLE_AV", "TYPECOM_AP", "COM_AP", "LIBELLE_AP")
TYPES = frozenset({"COM", "ARM", "COMA", "COMD"})
MODALITES = frozenset({"10", "20", "21", "30", "31", "32", "33", "34", "35", "41", "50", "70", "71"})
LIBELLE_MAX = 100


@dataclass(frozen=True, slots=True)
class LigneMouvement:
    """One line. `code_avant` is empty for a commune created from nothing."""

    date_effet: date
    modalite: str
    type_avant: str
    code_avant: str
    nom_avant: str
    type_apres: str
    code_apres: str
    nom_apres: str

    @property
    def cle(self) -> tuple[str, ...]:
        jour = self.date_effet.isoformat()
        return (jour, self.modalite, self.type_avant, self.code_avant, self.type_apres, self.code_apres)


def read_mouvements(lot: "Import") -> list[LigneMouvement]:
    """Every line of the file. What is wrong is in the report of `lot`, by line and column."""
    mouvements = []
    for ligne in lot.csv(COLONNES):
        mouvement = _mouvement(lot, ligne)
        if mouvement and not lot.is_doublon(mouvement.cle, mouvement, ligne.numero, "COM_AV"):
            mouvements.append(mouvement)
    return mouvements


def _mouvement(lot: "Import", ligne: "Ligne") -> LigneMouvement | None:
    erreurs = lot.erreurs
    try:
        jour = date.fromisoformat(ligne["DATE_EFF"])
    except ValueError:
        lot.erreur(ligne.numero, "DATE_EFF", f"« {ligne['DATE_EFF'][:20]} » n'est pas une date (AAAA-MM-JJ attendu)")
        return None
    if ligne["MOD"] not in MODALITES:
        lot.erreur(ligne.numero, "MOD", f"type d'événement inconnu : « {ligne['MOD'][:20]} »")
    avant = _cote(lot, ligne, "AV", facultatif=True)
    apres = _cote(lot, ligne, "AP", facultatif=False)
    if lot.erreurs > erreurs:
        return None
    return LigneMouvement(jour, ligne["MOD"], *avant, *apres)


def _cote(lot: "Import", ligne: "Ligne", suffixe: str, *, facultatif: bool) -> tuple[str, str, str]:
    type_, code, nom = (ligne[f"{colonne}_{suffixe}"] for colonne in ("TYPECOM", "COM", "LIBELLE"))
    if facultatif and not (type_ or code):
        return "", "", ""
    if type_ not in TYPES:
        lot.erreur(ligne.numero, f"TYPECOM_{suffixe}", f"type de commune inconnu : « {type_[:20]} »")
    if not nom or len(nom) > LIBELLE_MAX:
        lot.erreur(ligne.numero, f"LIBELLE_{suffixe}", f"nom absent ou de plus de {LIBELLE_MAX} caractères")
    return type_, lot.code_commune(ligne.numero, f"COM_{suffixe}", code) or "", nom
